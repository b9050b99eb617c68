// Covers: The names of targets.
import { expect, it } from 'vitest'
import { targetName, targetNames } from '../../src/plan/target-names.ts'
import { sourceListOf } from './source-list-of.ts'

it.each([
  ['b.csv', 'replace', 'b.ndjson'],
  ['b.csv', 'append', 'b.csv.ndjson'],
  ['b.CSV', 'replace', 'b.ndjson'],
  ['b', 'replace', 'b.ndjson'],
  ['b', 'append', 'b.ndjson'],
  ['b.csv.gz', 'replace', 'b.ndjson'],
  ['b.csv.ZST', 'replace', 'b.ndjson'],
  ['b.gz', 'replace', 'b.ndjson'],
  ['.gz', 'replace', '.gz.ndjson'],
  ['b.csv.gz', 'append', 'b.csv.gz.ndjson'],
  ['b.2024.csv', 'replace', 'b.2024.ndjson'],
  ['.csv', 'replace', '.csv.ndjson'],
  ['.hidden.csv', 'replace', '.hidden.ndjson'],
  ['b.', 'replace', 'b.ndjson'],
  ['...', 'replace', '...ndjson'],
  ['b.ndjson', 'replace', 'b.ndjson'],
] as const)('the source %s by the rule %s makes %s', (name, rule, expected) => {
  expect(targetName(name, 'csv', { rule, extension: 'ndjson' })).toBe(expected)
})

it.each(['replace', 'append'] as const)('a copied file keeps its name by the rule %s', (rule) => {
  expect(targetName('photo.jpg', 'bytes', { rule, extension: 'ndjson' })).toBe('photo.jpg')
})

it('targets keep the folders of their sources', () => {
  const targets = targetNames(sourceListOf(['a.csv', 'x/y/b.csv']), {
    rule: 'replace',
    extension: 'json',
    singleName: null,
  })
  expect([targets.length, targets.path(0), targets.path(1)]).toEqual([2, 'a.json', 'x/y/b.json'])
})

it('a target that the user named has that name, in the top of the target tree', () => {
  const targets = targetNames(sourceListOf(['a.csv']), { rule: 'append', extension: 'json', singleName: 'result.txt' })
  expect(targets.path(0)).toBe('result.txt')
})
