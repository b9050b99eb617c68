// What the fuzzer tries: each target is a random case and what must hold for it.
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { MigrationError } from '../../src/errors/migration-error.ts'
import { formatNames } from '../../src/formats/registry.ts'
import type { FormatName } from '../../src/model/format-name.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { applyChanges, changes, options, pieces, rawBytes } from '../support/arbitraries.ts'
import { checkRejects } from '../support/check-rejects.ts'
import { planOf } from '../support/converter.ts'
import type { Converted, Converter } from '../support/converter.ts'
import { recordsSource, tableSource } from './sources.ts'
import type { Source } from './sources.ts'
import { convertInAllWays } from './ways.ts'
import type { Case } from './ways.ts'

export interface Target {
  readonly name: string
  readonly cases: fc.Arbitrary<Case>
  /** @throws Error where something does not hold. */
  check(converter: Converter, conversion: Case): Promise<void>
}

const CHUNK_SIZES = [1, 2, 3, 5, 7, 16, 31, 64, 65, 100, 128, 255, 512, 1000, 4096]
const RECORD_SIZES = [65_536, 65_536, 65_536, 65_536, 1, 3, 5, 10, 20, 64, 100, 200, 500]

/** A record of JSON repeats the names of a table, which may be many and long. */
const LONGEST_JSON_BYTES = 1024 * 1024

const chunkSize = fc.constantFrom(...CHUNK_SIZES)

/** Larger sources in larger chunks: more cases are worth more than more chunks in one. */
const MAX_CHUNKS = 400
const chunkSizeFor = (bytes: Buffer, chunkSize: number): number =>
  CHUNK_SIZES.find((size) => size >= chunkSize && size * MAX_CHUNKS >= bytes.length) ?? chunkSize
const maxRecordSize = fc.constantFrom(...RECORD_SIZES)
const to = fc.constantFrom(...formatNames())
const anyFrom = fc.constantFrom(...formatNames())
const someOptions = fc.oneof(fc.constant<Partial<MigrateOptions>>({}), options)

/** Cases of one kind of source, read as `from`. */
function casesOf(source: fc.Arbitrary<Source>, from: fc.Arbitrary<FormatName>): fc.Arbitrary<Case> {
  return fc
    .record({ source, from, to, someOptions, maxRecordSize, chunkSize })
    .map(({ source, from, to, someOptions, maxRecordSize, chunkSize }) => ({
      bytes: source.bytes,
      from,
      to,
      options: { ...someOptions, ...source.options, maxRecordSize },
      chunkSize: chunkSizeFor(source.bytes, chunkSize),
    }))
    .filter(({ to, options }) => isTaken(to, options))
}

function isTaken(to: FormatName, options: Partial<MigrateOptions>): boolean {
  try {
    planOf(to, options)
    return true
  } catch (error) {
    if (error instanceof MigrationError) return false
    throw error
  }
}

const plain = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Source> => bytes.map((bytes) => ({ bytes, options: {} }))

/** A source with a few bytes of it changed. */
const damaged = (source: fc.Arbitrary<Source>): fc.Arbitrary<Source> =>
  fc
    .tuple(source, changes(3))
    .map(([{ bytes, options }, changes]) => ({ bytes: applyChanges(bytes, changes), options }))

async function checkSameInAllWays(converter: Converter, conversion: Case): Promise<void> {
  const { rejects } = await convertInAllWays(converter, conversion)
  checkRejects(conversion.bytes, rejects)
}

/** What a conversion without rejects has made comes back the same when it is brought to another format and back again. */
async function checkRoundTrip(converter: Converter, conversion: Case): Promise<void> {
  const { from, to, chunkSize } = conversion
  const clean = await convertInAllWays(converter, { ...conversion, to: from as FormatName })
  // JSON keeps no names without a record.
  if (clean.target === null || !clean.result.isConverted || clean.result.records.written === 0) return
  const bytes = clean.target
  const options = { maxRecordSize: LONGEST_JSON_BYTES }
  const there = await convertInAllWays(converter, { bytes, from, to, options, chunkSize })
  const back = await convertInAllWays(converter, {
    bytes: whole(there),
    from: to,
    to: from as FormatName,
    options,
    chunkSize,
  })
  assert.equal(whole(back).toString('latin1'), bytes.toString('latin1'))
}

function whole({ target, rejects, result }: Converted): Buffer {
  assert(target !== null, `it fails: ${JSON.stringify(result)}`)
  assert.equal(rejects.length, 0, `rejects: ${JSON.stringify(rejects[0])}`)
  return target
}

function roundTripsOf(source: fc.Arbitrary<Source>, from: FormatName, via: readonly FormatName[]): fc.Arbitrary<Case> {
  return fc
    .record({ source, to: fc.constantFrom(...via), chunkSize })
    .map(({ source: { bytes, options }, to, chunkSize }) => ({
      bytes,
      from,
      to,
      options: { ...options, maxRecordSize: LONGEST_JSON_BYTES },
      chunkSize: chunkSizeFor(bytes, chunkSize),
    }))
}

export const TARGETS: readonly Target[] = [
  { name: 'bytes', cases: casesOf(plain(rawBytes(300)), anyFrom), check: checkSameInAllWays },
  { name: 'pieces', cases: casesOf(plain(pieces(200)), anyFrom), check: checkSameInAllWays },
  ...(['csv', 'tsv'] as const).map((from) => ({
    name: from,
    cases: casesOf(damaged(tableSource(from)), fc.constant(from)),
    check: checkSameInAllWays,
  })),
  ...(['ndjson', 'json'] as const).map((from) => ({
    name: from,
    cases: casesOf(damaged(recordsSource(from)), fc.constant(from)),
    check: checkSameInAllWays,
  })),
  {
    name: 'wrong-format',
    cases: casesOf(fc.oneof(tableSource('csv'), recordsSource('json')), anyFrom),
    check: checkSameInAllWays,
  },
  {
    name: 'table-round-trip',
    cases: roundTripsOf(tableSource('csv'), 'csv', formatNames()),
    check: checkRoundTrip,
  },
  {
    name: 'records-round-trip',
    cases: roundTripsOf(recordsSource('ndjson'), 'ndjson', ['ndjson', 'json']),
    check: checkRoundTrip,
  },
]
