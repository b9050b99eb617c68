// Covers: The reader of csv against the rules of docs/semantics.md, written down once more: random texts and dialects.
import * as fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../../support/fuzz-runs.ts'
import { parseCsv } from './csv-driver.ts'
import { readByThePage, type PlainDialect } from './read-by-the-page.ts'

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS })

const text = fc.string({
  unit: fc.constantFrom('a', 'b', ',', ';', '"', '"', "'", '\n', '\n', '\r', '\\', ' ', '\t'),
  maxLength: 40,
  // Longer than strings usually are: what costs a line must show on the next one.
  size: 'max',
})

const dialect: fc.Arbitrary<PlainDialect> = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    quote: fc.constantFrom('"', "'", ''),
    escape: fc.constantFrom('quote', '\\', ''),
    trimsAroundQuotes: fc.boolean(),
    isRfc: fc.boolean(),
  })
  .map((given) => ({ ...given, escape: given.escape === 'quote' ? given.quote : given.escape }))

const codeOf = (character: string): number => (character === '' ? -1 : character.charCodeAt(0))

it('reads every record as the page says, with kernels and without, whatever the dialect and wherever chunks end', () => {
  fc.assert(
    fc.property(text, dialect, fc.constantFrom(1, 2, 3, 7, 64, 4096), (tail, plain, chunkBytes) => {
      const { delimiter } = plain
      const head = `a${delimiter}b\n`
      const source = head + tail
      const { rows, rejects, places } = parseCsv(
        source,
        {
          delimiter: codeOf(delimiter),
          quote: codeOf(plain.quote),
          escape: codeOf(plain.escape),
          quotes: plain.isRfc ? 'rfc' : 'lenient',
          trimAroundQuotes: plain.trimsAroundQuotes,
          unterminatedQuote: 'reject',
        },
        { chunkBytes },
      )
      const got = [
        ...rows.map((fields, row) => ({ at: places[row]![2], fields, raw: places[row]![3] })),
        ...rejects.map(({ code, byteStart, raw }) => ({ at: byteStart, code, raw })),
      ]
        .toSorted((one, other) => one.at - other.at)
        .map(({ at: _at, ...rest }) => rest)
      const expected = readByThePage(tail, plain).map(({ fields, fault, raw }) => {
        if (fault !== null) return { code: fault, raw }
        return fields.length === 2 ? { fields, raw } : { code: 'FIELD_COUNT', raw }
      })
      expect(got).toEqual(expected)
    }),
    { numRuns: fuzzRuns(3000) },
  )
})
