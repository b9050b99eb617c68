// Covers: The format of targets where nobody named one.
import { expect, it } from 'vitest'
import { defaultTargetFormat } from '../../src/plan/default-target-format.ts'
import { sourceListOf } from './source-list-of.ts'

it.each([
  [[], 'ndjson'],
  [['a.csv'], 'ndjson'],
  [['a.tsv'], 'ndjson'],
  [['a.ndjson'], 'csv'],
  [['a.json', 'b.ndjson'], 'csv'],
  [['a.json', 'b.csv'], 'ndjson'],
  [['a.bytes'], 'ndjson'],
  [['a.bytes', 'b.json'], 'csv'],
])('the sources %j become %s', (sources, format) => {
  expect(defaultTargetFormat(sourceListOf(sources))).toBe(format)
})
