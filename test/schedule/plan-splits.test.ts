import { describe, expect, it } from 'vitest'
import { SourceList } from '../../src/model/source-list.ts'
import { planSplits } from '../../src/schedule/plan-splits.ts'

function splitsOf(
  sizes: readonly number[],
  threads: number,
  splitBytes = 10,
  canSplit: (index: number) => boolean = () => true,
): number[] {
  const files = new SourceList()
  const folder = files.addFolder('')
  sizes.forEach((sizeBytes, index) => files.add(folder, `${index}.csv`, sizeBytes, 0n, 'csv'))
  return [...planSplits(files, Uint32Array.from(sizes.keys()), { threads, splitBytes, canSplit })]
}

describe('planSplits', () => {
  it.each<[string, number[], number, number[]]>([
    ['one large file', [1000], 8, [0]],
    ['a large file beside small ones', [1000, 1, 1, 1, 1, 1], 8, [0]],
    ['fewer large files than threads', [1000, 1000, 1000], 8, [0, 1, 2]],
    ['as many files as threads', [1000, 1000, 1000, 1000], 4, []],
    ['many times as many', Array.from({ length: 40 }, () => 1000), 4, []],
    ['one file more than threads', [1000, 1000, 1000, 1000, 1000], 4, [4]],
    ['a large file that comes last', [100, 100, 100, 100, 1000], 4, [4]],
    ['one thread', [1000], 1, []],
    ['files that are not larger than the limit', [10, 9], 8, []],
    ['no files', [], 8, []],
  ])('%s', (_, sizes, threads, expected) => {
    expect(splitsOf(sizes, threads)).toEqual(expected)
  })

  it('leaves files whole that cannot be cut', () => {
    expect(splitsOf([1000, 1000], 8, 10, (index) => index === 1)).toEqual([1])
  })
})
