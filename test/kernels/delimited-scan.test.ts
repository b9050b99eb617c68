import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCsv, type SourceOptions } from '../formats/csv/csv-driver.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

/** The driver throws where the kernel differs. */
function expectAgreement(text: string, options: SourceOptions, chunkBytes?: number): void {
  expect(() => parseCsv(text, options, chunkBytes === undefined ? {} : { chunkBytes })).not.toThrow()
}

/** Text that crosses many blocks of 64 bytes, mostly regular, with every kind of odd record in between. */
const regular = fc.constantFrom(
  '1,2,3\n',
  'a,"b,c",d\n',
  '"x ""y""",,\n',
  'ab,cd,ef\r\n',
  '"line\nend",u,v\n',
  ',,\n',
  '"",1,""\r\n',
)
const ODD_RECORDS = [
  '\n',
  '1,2\n',
  '1,2,3,4\n',
  'x"y,2,3\n',
  'x"y,2",3,4\n',
  '"a"b,2,3\n',
  'a,"b" ,c\n',
  'a\rb,2,3\n',
  '"q"\r,2,3\n',
  '#,"comment\n',
  '# it\'s "one\n',
  ' "y,z",1\n',
  'NULL,"NULL",NUL\n',
  'long field of more than sixteen bytes,2,3\n',
  '5" pipe,2,3\n',
  '"open\n',
  '#,"comment\n1,2,3\n",,\n',
]
const odd = fc.constantFrom(...ODD_RECORDS)
const filler = fc
  .string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '0'), maxLength: 70 })
  .map((text) => `${text},${text},x\n`)
const lines = fc.array(
  fc.oneof({ weight: 8, arbitrary: regular }, { weight: 1, arbitrary: odd }, { weight: 2, arbitrary: filler }),
  {
    minLength: 1,
    maxLength: 120,
  },
)
const bytes = fc.string({
  unit: fc.constantFrom('a', ',', '"', '\n', '\r', '#', ' ', '""', '",', '"\n', '\r\n'),
  maxLength: 600,
})

const dialects: readonly SourceOptions[] = [
  {},
  { unterminatedQuote: 'reject' },
  { comment: '#'.charCodeAt(0), unterminatedQuote: 'reject' },
  { nullText: 'NULL', unterminatedQuote: 'reject' },
  { quote: -1, escape: -1 },
  { hasHeader: false, unterminatedQuote: 'reject', quotes: 'rfc' },
  { maxRecordBytes: 40, unterminatedQuote: 'reject' },
  { ragged: 'pad', unterminatedQuote: 'reject' },
]

describe('the delimited kernel sees what the reference sees', () => {
  for (const options of dialects) {
    it(`in long texts with odd records, as ${JSON.stringify(options)}`, () => {
      fc.assert(
        fc.property(lines, fc.integer({ min: 1, max: 400 }), (parts, chunkBytes) => {
          const text = Buffer.from(`h1,h2,h3\n${parts.join('')}`).toString('latin1')
          expectAgreement(text, options, chunkBytes)
          expectAgreement(text, options, 8192)
        }),
        { numRuns: fuzzRuns(60) },
      )
    })

    it(`in random text, as ${JSON.stringify(options)}`, () => {
      fc.assert(
        fc.property(bytes, (text) => expectAgreement(`h1,h2\n${text}`, options)),
        { numRuns: fuzzRuns(300) },
      )
    })
  }

  it('in a file of one column, where a blank line is a value', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a\n', '\n', '"b\n"\n', '\r\n', '""\n', 'c"\n')), (parts) => {
        expectAgreement(`h\n${parts.join('')}`, { unterminatedQuote: 'reject' })
      }),
    )
  })

  for (const record of ODD_RECORDS) {
    it(`wherever in a block ${JSON.stringify(record)} stands`, () => {
      for (let length = 0; length < 130; length++) {
        const text = `h1,h2,h3\n${'p'.repeat(length)},b,c\n${record}1,2,3\n"x,""y""\n",,\n7,8,9\n`
        for (const options of dialects) expectAgreement(text, options)
      }
    })
  }

  it('beyond one window of the scan', () => {
    const text = `h1,h2\n${'some text,"and, more"\n'.repeat(30_000)}odd\n${'x,y\n'.repeat(5000)}`
    const outcome = parseCsv(text, {}, { chunkBytes: 600_000 })
    expect(outcome.rows).toHaveLength(35_000)
    expect(outcome.rejects).toHaveLength(1)
  })
})
