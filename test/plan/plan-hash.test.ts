import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { FormatName } from '../../src/model/format-name.ts'
import { MappingSchema } from '../../src/model/mapping.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import type { SourceFormat } from '../../src/model/source-list.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { filePlanHash, manifestHash, planHash } from '../../src/plan/plan-hash.ts'
import { optionsOf } from './options-of.ts'
import { sourceListOf } from './source-list-of.ts'

const FORMATS: readonly SourceFormat[] = ['csv', 'tsv', 'ndjson', 'json', 'bytes']

/** The source formats whose files an option makes run again. */
function concerned(options: Partial<MigrateOptions>, to: FormatName): SourceFormat[] {
  const before = buildDataPlan(optionsOf(), to)
  const after = buildDataPlan(optionsOf(options), to)
  return FORMATS.filter((format) => filePlanHash(before, format) !== filePlanHash(after, format))
}

it.each<[Partial<MigrateOptions>, FormatName, SourceFormat[]]>([
  [{}, 'csv', []],
  [{ delim: ';' }, 'ndjson', ['csv']],
  [{ quote: "'" }, 'ndjson', ['csv', 'tsv']],
  [{ ragged: 'pad' }, 'ndjson', ['csv', 'tsv']],
  [{ maxNesting: 3 }, 'csv', ['ndjson', 'json']],
  [{ duplicateKeys: 'last' }, 'csv', ['ndjson', 'json']],
  [{ outDelim: ';' }, 'csv', ['csv', 'tsv', 'ndjson', 'json']],
  [{ outDelim: ';' }, 'tsv', []],
  [{ outCrlf: true }, 'tsv', ['csv', 'tsv', 'ndjson', 'json']],
  [{ outCrlf: true, outQuote: "'", nested: 'flatten' }, 'ndjson', []],
  [{ select: 'a' }, 'ndjson', ['csv', 'tsv', 'ndjson', 'json']],
  [{ drop: 'a' }, 'ndjson', ['csv', 'tsv', 'ndjson', 'json']],
  [{ encoding: 'windows-1252' }, 'ndjson', ['csv', 'tsv', 'ndjson', 'json']],
  [{ maxRecordSize: 100 }, 'ndjson', ['csv', 'tsv', 'ndjson', 'json']],
  [{ engine: 'stream', lossy: true }, 'ndjson', ['csv', 'tsv', 'ndjson', 'json']],
  // What changes no byte.
  [{ bwlimit: '1M', latency: '5ms' }, 'ndjson', []],
  [
    { engine: 'reference', threads: 3, chunkSize: 7, checksum: true, maxRejects: 5, fsync: false, retries: 0 },
    'ndjson',
    [],
  ],
])('the options %j with targets in %s concern the sources in %j', (options, to, formats) => {
  expect(concerned(options, to)).toEqual(formats)
  const planOf = (given: Partial<MigrateOptions>) => planHash(buildDataPlan(optionsOf(given), to), 'replace')
  expect(planOf(options) === planOf({})).toBe(formats.length === 0)
})

it('the format of targets and the way they are named are part of the plan', () => {
  const csv = buildDataPlan(optionsOf(), 'csv')
  expect(planHash(csv, 'append')).not.toBe(planHash(csv, 'replace'))
  expect(planHash(buildDataPlan(optionsOf(), 'json'), 'replace')).not.toBe(planHash(csv, 'replace'))
  expect(filePlanHash(buildDataPlan(optionsOf(), 'json'), 'csv')).not.toBe(filePlanHash(csv, 'csv'))
  expect(filePlanHash(csv, 'tsv')).not.toBe(filePlanHash(csv, 'csv'))
})

function csvHash(options: Partial<MigrateOptions>): string {
  return filePlanHash(buildDataPlan(optionsOf(options), 'csv'), 'csv')
}

function hashesOf(mapping: unknown): string[] {
  const plan = buildDataPlan(optionsOf(), 'csv', MappingSchema.parse(mapping))
  return [planHash(plan, 'replace'), filePlanHash(plan, 'csv'), filePlanHash(plan, 'ndjson')]
}

it('a mapping is part of the plan, but for one that only drops, which is --drop', () => {
  const mappings = [
    { columns: { a: 'integer' } },
    { columns: { a: 'number' } },
    { columns: { a: { type: 'integer', required: true } } },
    { columns: { b: { from: 'a', type: 'integer' } } },
    { columns: { a: 'integer' }, rest: 'drop' },
    { columns: { a: 'integer' }, drop: ['b'] },
    { drop: ['b'] },
  ].map(hashesOf)
  expect(new Set(mappings.flat()).size).toBe(mappings.flat().length)
  const dropping = buildDataPlan(optionsOf({ drop: 'b' }), 'csv')
  expect(mappings.at(-1)![0]).toBe(planHash(dropping, 'replace'))
})

it('the order in which columns are dropped changes nothing, that in which they are selected does', () => {
  expect(csvHash({ drop: 'a,b' })).toBe(csvHash({ drop: 'b,a' }))
  expect(csvHash({ select: 'a,b' })).not.toBe(csvHash({ select: 'b,a' }))
})

it('hashes stay what they are from version to version, as long as the semantics do', () => {
  const plan = buildDataPlan(optionsOf(), 'ndjson')
  expect([planHash(plan, 'replace'), filePlanHash(plan, 'csv'), filePlanHash(plan, 'bytes')]).toMatchInlineSnapshot(`
    [
      "fccf3eb92f5569e3541e8588c47826cb763292cdcf098c41626dde0e29ca605d",
      "91eabb2b961065c7ca902585c9e4f2790eb7b8fe4022f2c8c708ae90e716a245",
      "e24e5b79cc1c85a360cf02bfb478d4d77453d9417b7c0e96e9a94bf2d4aca01a",
    ]
  `)
})

it('so do those of every format, with options that concern it', () => {
  const targets = ['csv', 'tsv', 'ndjson', 'json'] as const
  const hashes = targets.flatMap((to) =>
    [{}, { delim: ';', outDelim: '|', ragged: 'pad', maxNesting: 9, nested: 'flatten' } as const].flatMap((options) => {
      const plan = buildDataPlan(optionsOf(options), to)
      return [planHash(plan, 'append'), ...FORMATS.map((format) => filePlanHash(plan, format))]
    }),
  )
  expect(createHash('sha256').update(hashes.join('\n')).digest('hex')).toMatchInlineSnapshot(
    `"be475f078a171fa47adfedc86278f5703287bea74a84bbb780934307bc36a071"`,
  )
})

it.each([
  ['a size', sourceListOf(['a.csv', 'x/b.csv'], 11)],
  ['a time', sourceListOf(['a.csv', 'x/b.csv'], 10, 1001n)],
  ['a name', sourceListOf(['a.csv', 'x/c.csv'])],
  ['a folder', sourceListOf(['a.csv', 'y/b.csv'])],
  ['another file', sourceListOf(['a.csv', 'x/b.csv', 'x/c.csv'])],
  ['a format', sourceListOf(['a.tsv', 'x/b.csv'])],
])('%s changes the manifest hash', (_what, files) => {
  const before = manifestHash('plan', sourceListOf(['a.csv', 'x/b.csv']))
  expect(manifestHash('plan', files)).not.toBe(before)
  expect(manifestHash('plan', sourceListOf(['a.csv', 'x/b.csv']))).toBe(before)
  expect(manifestHash('other plan', sourceListOf(['a.csv', 'x/b.csv']))).not.toBe(before)
})
