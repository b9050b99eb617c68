import { expect, it } from 'vitest'
import { findCollisions, refuseCollisions } from '../../src/plan/find-collisions.ts'
import { targetNames } from '../../src/plan/target-names.ts'
import { sourceListOf } from './source-list-of.ts'

function targetsOf(sources: readonly string[]) {
  const files = sourceListOf(sources)
  return { files, targets: targetNames(files, { rule: 'replace', extension: 'ndjson', singleName: null }) }
}

it.each<[string[], [number, number][]]>([
  [['a.csv', 'b.csv', 'x/a.csv'], []],
  [['a.csv', 'a.tsv'], [[0, 1]]],
  [['a.csv', 'A.csv'], [[0, 1]]],
  [['é.csv', 'e\u0301.csv'], [[0, 1]]],
  [['É.csv', 'e\u0301.csv'], [[0, 1]]],
  [['x/a.csv', 'X/a.csv'], [[0, 1]]],
  [['x/a.csv', 'X/b.csv'], []],
  [
    ['a.csv', 'a.tsv', 'a.json'],
    [
      [0, 1],
      [0, 2],
    ],
  ],
  // The source that the user did not get converted in an earlier run: itself its target.
  [['a.csv', 'a.ndjson'], [[0, 1]]],
  [['straße.csv', 'strasse.csv'], []],
  // A target in the place of a folder on the way to another.
  [['a.csv', 'a.ndjson/b.csv'], [[1, 0]]],
  [['a.csv', 'A.NDJSON/x/b.csv', 'A.NDJSON/x/c.csv'], [[1, 0]]],
  [['x/a.csv', 'a.ndjson/b.csv'], []],
])('of the sources %j these pairs collide: %j', (sources, pairs) => {
  const { count, examples } = findCollisions(targetsOf(sources).targets)
  expect(examples.map(({ first, second }) => [first, second])).toEqual(pairs)
  expect(count).toBe(pairs.length)
})

/** `--target-name append` would help. */
const APPENDED = targetsOf([]).targets

it('--target-name append is named only where it helps', () => {
  const { files, targets } = targetsOf(['X.json', 'x.json', 'y[1].json', 'Y[1].json'])
  expect(() => refuseCollisions(files, targets, targets)).toThrow(
    expect.objectContaining({
      hint: expect.stringMatching(/^rename one of each two.* --exclude \/x\.json --exclude '\/Y\\\[1\\\]\.json'$/),
    }),
  )
})

it('the error names both sources, at most three pairs, and the number of all', () => {
  const { files, targets } = targetsOf(['1', '2', '3', '4', '5'].flatMap((name) => [`${name}\n.csv`, `${name}\n.tsv`]))
  expect(() => refuseCollisions(files, targets, APPENDED)).toThrow(
    expect.objectContaining({
      code: 'TARGET_COLLISION',
      message: [
        '1\\x0a.csv and 1\\x0a.tsv would both make 1\\x0a.ndjson; ',
        '2\\x0a.csv and 2\\x0a.tsv would both make 2\\x0a.ndjson; ',
        '3\\x0a.csv and 3\\x0a.tsv would both make 3\\x0a.ndjson, and 2 more',
      ].join(''),
      hint: expect.stringContaining('--target-name append'),
    }),
  )
})

it('sources without collisions are not refused', () => {
  const { files, targets } = targetsOf(['a.csv', 'b.csv'])
  expect(() => refuseCollisions(files, targets, APPENDED)).not.toThrow()
})
