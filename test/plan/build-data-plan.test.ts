// Covers: What options become for worker threads, and which combinations are refused.
import { expect, it } from 'vitest'
import { csvSettings } from '../../src/formats/csv/csv-settings.ts'
import { MappingSchema } from '../../src/model/mapping.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { optionsOf } from './options-of.ts'

it('the defaults make this plan', () => {
  expect(buildDataPlan(optionsOf(), 'ndjson')).toEqual({
    engine: 'kernel',
    encoding: 'utf-8',
    formats: {
      csv: {
        source: {
          delimiter: 44,
          quote: 34,
          escape: 34,
          comment: -1,
          hasHeader: true,
          nullText: null,
          skipLines: 0,
          quotes: 'lenient',
          trimAroundQuotes: false,
          ragged: 'reject',
          duplicateColumns: 'fail',
          unterminatedQuote: 'fail',
        },
        target: { delimiter: 44, quote: 34, hasHeader: true, lineEnd: 'lf', nullText: null, nested: 'json' },
      },
      json: { maxNesting: 512, duplicateKeys: 'reject' },
    },
    targetFormat: 'ndjson',
    select: null,
    drop: [],
    columns: [],
    maxRecordBytes: 16_777_216,
    maxRejects: null,
    maxExpansion: 1000,
    chunkBytes: 262_144,
    splitBytes: 64 * 1024 * 1024,
    hashSources: false,
    pacing: null,
  })
})

it.each<[Partial<MigrateOptions>, object]>([
  [{ quote: "'" }, { formats: { csv: { source: { quote: 39, escape: 39 } } } }],
  [{ quote: 'none' }, { formats: { csv: { source: { quote: -1, escape: -1 } } } }],
  [{ escape: '\\' }, { formats: { csv: { source: { quote: 34, escape: 92 } } } }],
  [{ escape: 'none' }, { formats: { csv: { source: { escape: -1 } } } }],
  [{ nullstr: 'NA' }, { formats: { csv: { source: { nullText: 'NA' }, target: { nullText: 'NA' } } } }],
  [{ outCrlf: true, outQuote: 'none' }, { formats: { csv: { target: { lineEnd: 'crlf', quote: -1 } } } }],
  [{ encoding: 'UTF8' }, { encoding: 'utf-8' }],
  [{ encoding: 'utf-16' }, { encoding: 'utf-16le' }],
  [{ engine: 'stream', lossy: true }, { engine: 'stream' }],
  [{ bwlimit: '200M' }, { pacing: { bytesPerSecond: 200 * 1024 ** 2, latencyMs: 0 } }],
  [{ latency: '5ms' }, { pacing: { bytesPerSecond: null, latencyMs: 5 } }],
  [
    { select: 'a=b,c' },
    {
      select: [
        { name: 'a', source: 'b' },
        { name: 'c', source: 'c' },
      ],
    },
  ],
  [{ select: 'a=b', drop: 'a' }, { drop: ['a'] }],
  [{ maxRejects: '5%' }, { maxRejects: { share: 0.05 } }],
])('the options %j make a plan with %j', (options, part) => {
  expect(buildDataPlan(optionsOf(options), 'csv')).toMatchObject(part)
})

it.each<[Partial<MigrateOptions>, string]>([
  [{ delim: '"' }, '--quote and --delim are both "\\""'],
  [{ delim: '\\', escape: '\\' }, '--escape and --delim are both "\\\\"'],
  [{ comment: ',' }, '--comment and --delim are both ","'],
  [{ comment: '"' }, '--comment and --quote are both "\\""'],
  [{ escape: '#', comment: '#' }, '--comment and --escape are both "#"'],
  [{ delim: '\n' }, '--delim cannot be "\\n", which ends records'],
  [{ delim: '\r' }, '--delim cannot be "\\r", which ends records'],
  [{ quote: '\t' }, '--quote cannot be "\\t"'],
  [{ outQuote: '\n' }, '--out-quote cannot be "\\n"'],
  [{ outDelim: '\n' }, '--out-delim cannot be "\\n", which ends records'],
  [{ outDelim: '"' }, '--out-quote and --out-delim are both "\\""'],
  [{ nullstr: 'a,b' }, '--nullstr "a,b" holds ","'],
  [{ nullstr: 'a\n' }, '--nullstr "a\\n" holds "\\n"'],
  [{ maxRecordSize: 0 }, '--max-record-size 0 is not between 1 and 268435455 bytes'],
  [{ maxRecordSize: '256MiB' }, '--max-record-size 268435456 is not between'],
  [{ chunkSize: 0 }, '--chunk-size 0 is not between'],
  [{ encoding: 'klingon' }, '--encoding "klingon" is not known'],
  [{ engine: 'stream' }, '--engine stream loses values'],
  [{ select: '' }, '--select names no column'],
  [{ select: 'a=' }, '--select names a column without a name'],
  [{ select: 'a=b', drop: 'b' }, 'column "b" is in both --select and --drop'],
])('the options %j are refused: %s', (options, message) => {
  expect(() => buildDataPlan(optionsOf(options), 'csv')).toThrow(
    expect.objectContaining({ code: 'WRONG_USE', phase: 'options', message: expect.stringContaining(message) }),
  )
})

it('a null text may hold what is special in csv only, when targets are json', () => {
  expect(csvSettings(buildDataPlan(optionsOf({ nullstr: 'a,b' }), 'json')).source.nullText).toBe('a,b')
})

it.each<[Partial<MigrateOptions>, string]>([
  [{ select: 'a' }, '--select and --drop'],
  [{ drop: 'a' }, '--select and --drop'],
  [{ engine: 'stream', lossy: true }, 'knows no mapping'],
])('a mapping does not go together with %j', (options, problem) => {
  const map = { columns: { a: 'integer' } } as const
  expect(() => buildDataPlan(optionsOf({ map, ...options }), 'ndjson', MappingSchema.parse(map))).toThrow(problem)
})

it('a mapping becomes a selection, or columns that are renamed in their places', () => {
  const x = { x: { from: 'a', type: 'json' } }
  const [keep, drop] = ['keep', 'drop'].map((rest) =>
    buildDataPlan(optionsOf(), 'ndjson', MappingSchema.parse({ columns: x, rest })),
  )
  const columns = [{ name: 'x', source: 'a', type: 'json', emptyIsNull: false, isRequired: false }]
  expect(keep).toMatchObject({ select: null, columns })
  expect(drop).toMatchObject({ select: [{ name: 'x', source: 'a' }], columns })
})
