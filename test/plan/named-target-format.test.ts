import { describe, expect, it } from 'vitest'
import { formatOfName } from '../../src/formats/registry.ts'
import { namedTargetFormat } from '../../src/plan/named-target-format.ts'

describe('a target that --out names', () => {
  it.each([
    ['y.csv', 'csv'],
    ['y.TSV', 'tsv'],
    ['a.b.ndjson', 'ndjson'],
    ['y.jsonl', 'ndjson'],
    ['y.json', 'json'],
    ['y', null],
    ['.hidden', null],
  ])('%s is to be %s', (name, format) => {
    expect(namedTargetFormat(name, formatOfName)).toBe(format)
  })

  it.each([
    ['y.csv.gz', 'targets are written as they are, not compressed: try --out y.csv'],
    ['y.ndjson.zst', 'targets are written as they are, not compressed: try --out y.ndjson'],
    ['y.json.bz2', 'targets are written as they are, not compressed: try --out y.json'],
    ['y.gz', 'end the name in one of .csv, .tsv, .ndjson, .json, or say the format with --to'],
    ['x.parquet', 'end the name in one of .csv, .tsv, .ndjson, .json, or say the format with --to'],
    ['x.xlsx', 'end the name in one of .csv, .tsv, .ndjson, .json, or say the format with --to'],
    ['x.txt', 'end the name in one of .csv, .tsv, .ndjson, .json, or say the format with --to'],
    ['x.csv~', 'end the name in one of .csv, .tsv, .ndjson, .json, or say the format with --to'],
    ['x.', 'end the name in one of .csv, .tsv, .ndjson, .json, or say the format with --to'],
    ['x.\u001b', 'end the name in one of .csv, .tsv, .ndjson, .json, or say the format with --to'],
  ])('%s is refused: its name would lie', (name, hint) => {
    expect(() => namedTargetFormat(name, formatOfName)).toThrow(
      expect.objectContaining({ code: 'WRONG_USE', hint, message: expect.not.stringMatching(/\u001b/) as string }),
    )
  })
})
