import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { json } from '../../../src/formats/json/json.ts'
import { ndjson } from '../../../src/formats/ndjson/ndjson.ts'
import { readAtAllChunkSizes, readSource } from './read-source.ts'
import { fuzzRuns } from '../../support/fuzz-runs.ts'

const text = fc.string({ unit: 'binary', maxLength: 8 })
const { record } = fc.letrec<{ value: unknown; record: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(true, false, null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('record'),
  ),
  record: fc.dictionary(fc.oneof(text, fc.constantFrom('a', 'b', '__proto__')), tie('value'), { maxKeys: 4 }),
}))

/** JSON text in which names repeat, in several spellings. */
const { repetitive } = fc.letrec<{ value: string; repetitive: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('1', '"a"', '"}\\""', 'null', '{}', '[ ]'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join()}]`),
    tie('repetitive'),
  ),
  repetitive: fc
    .array(fc.tuple(fc.constantFrom('"a"', '"\\u0061"', '"b"', '"é"', '"\\u00E9"'), tie('value')), { maxLength: 4 })
    .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(', ')}}`),
}))

/** Valid JSON with one character replaced by, or one inserted of, those that matter in JSON. */
const nearlyJson = fc
  .tuple(
    fc.oneof(
      record.map((value) => JSON.stringify(value)),
      repetitive,
    ),
    fc.nat(),
    fc.nat(1),
    character(),
  )
  .map(([valid, at, removed, inserted]) => {
    const characters = Array.from(valid)
    characters.splice(at % (characters.length + 1), removed, inserted)
    return characters.join('')
  })

function character(): fc.Arbitrary<string> {
  return fc.constantFrom('', ...Array.from('{}[]",:\\/u0123dDeE.+- \t\rntfx\u0000\u001f\u007f\u2028'))
}

function parses(source: string): boolean {
  try {
    JSON.parse(source)
    return true
  } catch {
    return false
  }
}

/** What may become of a line that JSON.parse takes. */
const TAKEN = ['none', 'NOT_AN_OBJECT', 'DUPLICATE_KEY', 'LONE_SURROGATE']

/** What may become of a line that JSON.parse refuses. */
function refusals(line: string): string[] {
  // A record has one code, so the one for a raw control character may stand back behind another.
  const others = hasControlCharacter(line) ? ['CONTROL_CHARACTER', 'DUPLICATE_KEY', 'LONE_SURROGATE'] : []
  return ['JSON_SYNTAX', 'NOT_AN_OBJECT', ...others]
}

function hasControlCharacter(source: string): boolean {
  return /[\u0000-\u001f]/.test(source)
}

describe('JSON sources', () => {
  it('come out of NDJSON as JSON.stringify writes them, whatever the records', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        const source = records.map((one) => `${JSON.stringify(one)}\n`).join('')
        const read = readSource(ndjson, source, {}, 64)
        expect(read.rejects).toEqual([])
        expect(read.target).toBe(source)
      }),
    )
  })

  it('come out of pretty-printed arrays and sequences without the white space between tokens', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), fc.nat(3), (records, indent) => {
        const lines = records.map((one) => JSON.stringify(one))
        const target = `[\n${lines.join(',\n')}\n]\n`
        expect(readSource(json, JSON.stringify(records, null, indent), {}, 64).target).toBe(target)
        // The first line must not be a whole record: that would mean one record a line.
        const sequence = [`{\n"first":1}`, ...records.map((one) => JSON.stringify(one, null, indent))].join('\n')
        expect(readSource(json, sequence, {}, 64).target).toBe(`[\n${['{"first":1}', ...lines].join(',\n')}\n]\n`)
      }),
    )
  })

  it('are taken where JSON.parse takes them, and only there', () => {
    fc.assert(
      fc.property(nearlyJson, (line) => {
        fc.pre(line.trim() !== '')
        const { rejects } = readSource(ndjson, line)
        expect(parses(line) ? TAKEN : refusals(line)).toContain(rejects[0]?.split(' ')[0] ?? 'none')
      }),
      { numRuns: fuzzRuns(1000) },
    )
  })

  it('fail as arrays where JSON.parse fails, but for control characters', () => {
    fc.assert(
      fc.property(nearlyJson, (element) => {
        const source = `[${element},{}]`
        const read = readSource(json, source)
        // A raw control character is a reject in an array, too.
        const mayFail = parses(source) ? [false] : hasControlCharacter(element) ? [false, true] : [true]
        expect(mayFail).toContain(read.failure !== null)
      }),
      { numRuns: fuzzRuns(1000) },
    )
  })

  it('keep the value that JSON.parse keeps where the last of duplicate keys is asked for', () => {
    fc.assert(
      fc.property(repetitive, (line) => {
        const read = readSource(ndjson, line, { duplicateKeys: 'last' })
        expect(read.rejects).toEqual([])
        expect(JSON.parse(read.target)).toEqual(JSON.parse(line))
        expect(readSource(ndjson, read.target).rejects).toEqual([])
      }),
    )
  })

  it('of random bytes never throw, and every record is a row or a reject at every chunk size', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      nearlyJson.map((part) => Buffer.from(part)),
      fc.constant(Buffer.from('\n')),
    )
    const source = fc.array(piece, { maxLength: 6 }).map((pieces) => Buffer.concat(pieces))
    fc.assert(
      fc.property(source, fc.constantFrom(ndjson, json), fc.constantFrom(8, 1000), (bytes, format, maxRecordBytes) => {
        const read = readAtAllChunkSizes(format, bytes, { maxRecordBytes, maxNesting: 3 }, [1, 2, 3, 7])
        const lost = read.recordCount - read.rows.length - read.rejects.length
        expect(read.failure === null ? lost : 0).toBe(0)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})
