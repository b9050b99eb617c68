import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseCsv } from './csv-driver.ts'
import type { SourceOptions } from './csv-driver.ts'
import { fuzzRuns } from '../../support/fuzz-runs.ts'

const bytes = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\\', ' ', '#', '\xff'), maxLength: 40 })

const options: fc.Arbitrary<SourceOptions> = fc.record({
  escape: fc.constantFrom(0x22, 0x5c, -1),
  quotes: fc.constantFrom('lenient', 'rfc'),
  trimAroundQuotes: fc.boolean(),
  comment: fc.constantFrom(-1, 0x23),
  hasHeader: fc.constant(false),
  unterminatedQuote: fc.constant('reject'),
})

const chunkBytes = fc.constantFrom(1, 2, 3, 7, 4096)

/** What a record is, whether it was held or skipped. */
function recordsOf(source: string, options: SourceOptions, chunkBytes: number, maxRecordBytes: number) {
  const { places, rejects } = parseCsv(source, { ...options, maxRecordBytes }, { chunkBytes })
  const records = [
    ...places.map(([record, line, start, raw]) => ({ record, line, start, end: start + raw.length })),
    ...rejects.map(({ record, line, byteStart, byteEnd }) => ({ record, line, start: byteStart, end: byteEnd })),
  ]
  return records.sort((one, other) => one.record - other.record)
}

it('finds the same records as the scanner, whatever the largest record may be', () => {
  fc.assert(
    fc.property(
      bytes,
      options,
      chunkBytes,
      fc.constantFrom(1, 2, 3, 4, 5, 8, 12),
      (tail, options, chunkBytes, maxRecordBytes) => {
        // The first record decides on the columns, so it must never be the one that is too large.
        const source = `a\n${tail}`
        expect(recordsOf(source, options, chunkBytes, maxRecordBytes)).toEqual(recordsOf(source, options, 4096, 1000))
      },
    ),
    { numRuns: fuzzRuns(1500) },
  )
})

it('gives the same outcome for random bytes in chunks of any size', () => {
  fc.assert(
    fc.property(
      bytes,
      options,
      chunkBytes,
      fc.constantFrom(1, 2, 5, 9, 50),
      (source, options, chunkBytes, maxRecordBytes) => {
        const plan = { ...options, maxRecordBytes }
        const whole = parseCsv(source, plan)
        expect(parseCsv(source, plan, { chunkBytes })).toEqual(whole)
        expect(whole.recordCount).toBe(whole.rows.length + whole.rejects.length)
      },
    ),
    { numRuns: fuzzRuns(1500) },
  )
})
