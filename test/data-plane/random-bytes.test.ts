import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { MigrationError } from '../../src/errors/migration-error.ts'
import { FORMAT_NAMES } from '../../src/model/format-name.ts'
import type { MigrateOptions } from '../../src/model/options.ts'
import { convertBytes, planOf } from '../support/convert-bytes.ts'
import type { Converted, RejectLine } from '../support/convert-bytes.ts'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts'

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS })

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
]

const structured = fc
  .array(fc.constantFrom(...PIECES, ...BYTES.map((bytes) => Buffer.from(bytes))), { maxLength: 40 })
  .map((pieces) => Buffer.concat(pieces))
const raw = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
/** Whole records, for each format some, joined as they should be and then changed in a place or two. */
const WHOLE: readonly (readonly [opening: string, joint: string, closing: string, records: readonly string[]])[] = [
  ['a,b\n', '\n', '\n', ['1,2', '"x ""y""",', ',"1\r\n2"', '"x\\",y",\\', ' "1" ,2', 'é,😀']],
  ['a\tb\r\n', '\r\n', '', ['1\t2', '"x\t"\t1', '\t', '"\r"\t\n']],
  ['a\r', '\r', '\r', ['1', '', '"\r"', '😀']],
  ['', '\n', '\n', ['{"a":1,"b":[1, {"a":2}]}', '{"a":"\\\\\\"}{[","b":"\\ud83d\\ude00"}', '{"a" : null}', '{}', 'é']],
  [
    '[',
    ',',
    ']',
    ['{"a":1,"b":[1,\n{"a":2}]}', '{"a":"\\\\\\"}{[","é":"\\u00e9"}', '{"b":{"a":{"a":{}}}}', '[1]', '{}'],
  ],
]
const whole = fc
  .constantFrom(...WHOLE)
  .chain(([opening, joint, closing, records]) =>
    fc.array(fc.constantFrom(...records), { maxLength: 6 }).map((chosen) => opening + chosen.join(joint) + closing),
  )
const changes = fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...PIECES)), { maxLength: 2 })
const nearlyWhole = fc.tuple(whole, changes).map(([text, changes]) => {
  let bytes = Buffer.from(text)
  for (const [at, removed, inserted] of changes) {
    const position = at % (bytes.length + 1)
    bytes = Buffer.concat([bytes.subarray(0, position), inserted, bytes.subarray(position + removed)])
  }
  return bytes
})

const source = fc.oneof(
  { weight: 5, arbitrary: structured },
  { weight: 5, arbitrary: nearlyWhole },
  { weight: 1, arbitrary: raw },
)

const format = fc.constantFrom(...FORMAT_NAMES)
const maxRecordSize = fc.constantFrom(65_536, 65_536, 65_536, 1, 2, 3, 5, 10, 20)

/** Any options, but for those that a run refuses. */
const options: fc.Arbitrary<Partial<MigrateOptions>> = fc
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
    for (const to of FORMAT_NAMES) planOf(to, options)
    return true
  } catch (error) {
    if (error instanceof MigrationError) return false
    throw error
  }
}

function isOneColumn(target: Buffer): boolean {
  const [line] = target.toString().split('\n', 1)
  return line !== '' && Object.keys(JSON.parse(line!) as object).length === 1
}

const CR = 0x0d
const LF = 0x0a

const numRuns = fuzzRuns(2500)

/** Everything about a conversion that must not depend on the sizes of chunks. */
function essence({ target, rejects, result }: Converted): unknown {
  // Where a file has two fatal faults, which of them is met first does depend on them.
  if (!result.isConverted) return 'failed'
  const { records, notices, rejectCodes, targetHash, sourceBytes } = result
  return { target: target!.toString('latin1'), rejects, records, notices, rejectCodes, targetHash, sourceBytes }
}

/** Checks that the rejects lie in the source one behind the other, and hold its bytes. */
function checkRejects(source: Buffer, rejects: readonly RejectLine[]): void {
  let behind = 0
  let record = 0
  let line = 1
  for (const reject of rejects) {
    expect(reject.byteStart).toBeGreaterThanOrEqual(behind)
    expect(reject.byteEnd).toBeGreaterThanOrEqual(reject.byteStart)
    expect(reject.byteEnd).toBeLessThanOrEqual(source.length)
    expect(reject.record).toBeGreaterThan(record)
    expect(reject.line).toBeGreaterThanOrEqual(line)
    behind = reject.byteEnd
    record = reject.record
    line = reject.line
    const bytes = source.subarray(reject.byteStart, reject.byteEnd)
    const kept =
      reject.rawBase64 === undefined ? reject.raw : Buffer.from(reject.rawBase64, 'base64').toString('latin1')
    const expected = reject.rawBase64 === undefined ? bytes.toString() : bytes.toString('latin1')
    const isTooLarge =
      reject.code === 'RECORD_TOO_LARGE' || (reject.code === 'UNTERMINATED_QUOTE' && kept === undefined)
    expect(kept).toBe(isTooLarge ? undefined : expected)
  }
}

describe('random bytes', () => {
  it('never crash, fail only by a known code, and account for every record, in all formats and dialects', async () => {
    const chunkSize = fc.constantFrom(1, 2, 3, 5, 16)
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(source, format, format, options, maxRecordSize, chunkSize),
        async ([bytes, from, to, chosen, maxRecordSize, chunkSize]) => {
          const options = { ...chosen, maxRecordSize }
          const whole = await convertBytes({ bytes, from, to, options })
          const cut = await convertBytes({ bytes, from, to, options: { ...options, chunkSize } })
          expect(essence(cut)).toEqual(essence(whole))
          checkRejects(bytes, whole.rejects)
        },
      ),
      { numRuns },
    )
  })

  it('give the same target without any reject once the rejected bytes are cut out', async () => {
    const lenient = { header: false, unterminatedQuote: 'reject', maxRejects: '100%' } as const
    await fc.assert(
      fc.asyncProperty(
        source,
        fc.constantFrom('csv', 'tsv', 'ndjson'),
        maxRecordSize,
        async (bytes, from, maxRecordSize) => {
          const options = { ...lenient, maxRecordSize }
          const { target, rejects } = await convertBytes({ bytes, from, to: 'ndjson', options })
          // A blank line of a table with one column is a value.
          fc.pre(target !== null && (from === 'ndjson' || !isOneColumn(target)))
          const kept: Buffer[] = []
          let position = 0
          for (const { byteStart, byteEnd } of rejects) {
            kept.push(bytes.subarray(position, byteStart))
            position = byteEnd
          }
          // Cut out from between CR and LF, a record would make one line end of two.
          fc.pre(rejects.every(({ byteStart, byteEnd }) => bytes[byteStart - 1] !== CR || bytes[byteEnd] !== LF))
          const rest = Buffer.concat([...kept, bytes.subarray(position)])
          const again = await convertBytes({ bytes: rest, from, to: 'ndjson', options })
          expect(again.rejects).toEqual([])
          expect(again.target!.toString('latin1')).toBe(target.toString('latin1'))
        },
      ),
      { numRuns },
    )
  })
})
