// Covers: The index of many paths.
import { expect, it } from 'vitest'
import { PathIndex } from '../../src/plan/path-index.ts'

function indexOf(paths: readonly string[]): PathIndex {
  return new PathIndex({ length: paths.length, path: (index) => paths[index] ?? '' })
}

it.each([0, 1, 2, 3, 4, 1000, 4096])('each of %d paths is found under its number, and no other path', (count) => {
  const paths = Array.from({ length: count }, (_, index) => `folder-${index % 7}/file-${index}.csv`)
  const index = indexOf(paths)
  expect(paths.map((path) => index.find(path))).toEqual(paths.map((_, at) => at))
  expect(['', 'folder-0', 'folder-1/file-0.csv', 'FOLDER-0/file-0.csv'].map((path) => index.find(path))).toEqual([
    -1, -1, -1, -1,
  ])
})

it('of equal paths the first is found', () => {
  expect(indexOf(['a', 'b', 'a']).find('a')).toBe(0)
})
