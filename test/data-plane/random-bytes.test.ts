import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { formatNames } from '../../src/formats/registry.ts'
import { changed, options, pieces, rawBytes } from '../support/arbitraries.ts'
import { checkRejects } from '../support/check-rejects.ts'
import { convertBytes, essenceOf } from '../support/convert-bytes.ts'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts'

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS })

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
const source = fc.oneof(
  { weight: 5, arbitrary: pieces(40) },
  { weight: 5, arbitrary: changed(whole, 2) },
  { weight: 1, arbitrary: rawBytes(60) },
)

const format = fc.constantFrom(...formatNames())
const maxRecordSize = fc.constantFrom(65_536, 65_536, 65_536, 1, 2, 3, 5, 10, 20)

function isOneColumn(target: Buffer): boolean {
  const [line] = target.toString().split('\n', 1)
  return line !== '' && Object.keys(JSON.parse(line!) as object).length === 1
}

const CR = 0x0d
const LF = 0x0a

const numRuns = fuzzRuns(2500)

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
          expect(essenceOf(cut)).toEqual(essenceOf(whole))
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
