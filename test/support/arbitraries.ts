// Random sources, names, values and options, for the properties of test/data-plane and for test/fuzz.
import * as fc from 'fast-check'
import { MigrationError } from '../../src/errors/migration-error.ts'
import { formatNames } from '../../src/formats/registry.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { planOf } from './converter.ts'

/** What some state machine somewhere stops at, and halves of it. */
const SIGNS = Array.from('",;\t\r\n \0\\{}[]:#\'abN01-.eu')
const LINES = [
  '\r\n',
  '\n',
  '""',
  '{"a":',
  '"a"',
  '1,',
  '{"a":1}\n',
  '{"b":"x"}\n',
  '[{"a":1}',
  ',{',
  '}]',
  'a,b\n',
  '1,2\n',
]
const TOKENS = ['null', 'true', '\\u00e9', '\\ud83d', '\\udE00', '[[[', '{"a":{"a":', '}}', 'NULL', '1e5', '-']
const PIECES = [SIGNS, LINES, TOKENS].flat().map((text) => Buffer.from(text))
const BYTES = [
  [0xef],
  [0xbb],
  [0xbf],
  [0xef, 0xbb, 0xbf],
  [0xff],
  [0xfe],
  [0xc3, 0xa9],
  [0xf0, 0x9f, 0x98, 0x80],
  [0x9f],
].map((bytes) => Buffer.from(bytes))

/** Pieces of all formats, put together at random. */
export const pieces = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.array(fc.constantFrom(...PIECES, ...BYTES), { maxLength }).map((pieces) => Buffer.concat(pieces))

export const rawBytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes))

/** Puts a piece in place of up to two bytes, in up to `maxChanges` places. */
export function changed(source: fc.Arbitrary<string | Buffer>, maxChanges: number): fc.Arbitrary<Buffer> {
  return fc.tuple(source, changes(maxChanges)).map(([source, changes]) => applyChanges(source, changes))
}

type Change = readonly [at: number, removed: number, inserted: Buffer]

export const changes = (maxLength: number): fc.Arbitrary<readonly Change[]> =>
  fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...PIECES, ...BYTES)), { maxLength })

export function applyChanges(source: string | Buffer, changes: readonly Change[]): Buffer {
  let bytes = Buffer.from(source as string)
  for (const [at, removed, inserted] of changes) {
    const position = at % (bytes.length + 1)
    bytes = Buffer.concat([bytes.subarray(0, position), inserted, bytes.subarray(position + removed)])
  }
  return bytes
}

/** Any character: fast-check's own unit "binary" first makes a table of all of them, which takes seconds. */
const character = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800))

/** Everything that means something in one of the formats, in front of random text. */
const piece = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...`",;\t\r\n \0\\{}[]:#'`.split(''), '\r\n', '""', '\ufeff', 'a', '\u2028', '😀', 'é'),
  },
  { weight: 1, arbitrary: fc.string({ unit: character, maxLength: 6 }) },
)

/** Text with many signs in it. */
export const text = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''))

export const jsonNumber = fc.oneof(
  fc.constantFrom('0', '-0', '1.10', '1e400', '1E+2', '-1.5e-7', '9007199254740993', '123456789012345678901234567890'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
)

export const memberName = fc.oneof(fc.constantFrom('__proto__', 'constructor', '', '10', '2', 'a', 'a.b'), text)

/** JSON text of any value, and of any object; names of an object differ, and there is no white space. */
export const json = fc.letrec<{ value: string; record: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text.map((text) => JSON.stringify(text)),
    jsonNumber,
    fc.constantFrom('true', 'false', 'null', '"\\u0041\\/\\ud83d\\ude00\\u0000"'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join()}]`),
    tie('record'),
  ),
  record: fc
    .uniqueArray(fc.tuple(memberName, tie('value')), { maxLength: 4, selector: ([name]) => name })
    .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`),
}))

/** Any options, but for those that a run refuses. Sizes are not among them. */
export const options: fc.Arbitrary<Partial<MigrateOptions>> = fc
  .record(
    {
      delim: fc.constantFrom(',', ';', '\t', ' ', 'a', '{'),
      quote: fc.constantFrom('"', "'", 'none', 'b'),
      escape: fc.constantFrom('\\', '"', "'", 'none'),
      comment: fc.constantFrom('#', '/', 'none'),
      header: fc.boolean(),
      nullstr: fc.constantFrom('', 'NULL', 'N', '1'),
      skip: fc.constantFrom(0, 1, 2),
      quotes: fc.constantFrom('lenient', 'rfc'),
      trimAroundQuotes: fc.boolean(),
      ragged: fc.constantFrom('reject', 'pad', 'truncate'),
      duplicateColumns: fc.constantFrom('fail', 'rename'),
      unterminatedQuote: fc.constantFrom('fail', 'reject'),
      maxNesting: fc.constantFrom(1, 2, 3, 512),
      duplicateKeys: fc.constantFrom('reject', 'last'),
      outDelim: fc.constantFrom(',', ';', ' '),
      outQuote: fc.constantFrom('"', "'", 'none'),
      outHeader: fc.boolean(),
      outCrlf: fc.boolean(),
      nested: fc.constantFrom('json', 'flatten'),
      select: fc.constantFrom('a', 'b,a', 'x=a,y=a,z=b', 'column0'),
      drop: fc.constantFrom('a', 'b', 'column1'),
      maxRejects: fc.constantFrom('0', '1', '50%'),
    },
    { requiredKeys: [] },
  )
  .filter(isTaken)

function isTaken(options: Partial<MigrateOptions>): boolean {
  try {
    for (const to of formatNames()) planOf(to, options)
    return true
  } catch (error) {
    if (error instanceof MigrationError) return false
    throw error
  }
}
