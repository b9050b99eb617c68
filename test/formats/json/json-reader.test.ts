import { describe, expect, it } from 'vitest'
import { json } from '../../../src/formats/json/json.ts'
import { readAtAllChunkSizes } from './read-source.ts'
import type { PlanChanges } from './read-source.ts'

/** One line is one case: source, then what becomes of it. */
type Case = readonly [
  source: string | Buffer,
  rows: readonly string[],
  rejects: readonly string[],
  changes?: PlanChanges,
]

const ARRAYS: readonly Case[] = [
  ['[]', [], []],
  [' [ ] \n', [], []],
  ['[{}]', ['1:1 1-3'], []],
  ['[{"a":1}]', ['1:1 1-8 a=number:1'], []],
  ['[\n{"a":1},\n{"a":2}\n]\n', ['1:2 2-9 a=number:1', '2:3 11-18 a=number:2'], []],
  ['\n[\r\n  {\n    "a": 1\n  } ,\n{"b": [\n1] }]', ['1:3 6-22 a=number:1', '2:6 25-37 b=spaced:[\n1]'], []],
  ['\uFEFF[{"a":"]}"}]', ['1:1 4-14 a="]}"'], []],
  ['[{"a":"\\"}"},{"a":"\\\\"}]', ['1:1 1-12 a=escaped"\\"}"', '2:1 13-23 a=escaped"\\\\"'], []],
  [
    '[1,"x",[1,{"a":[]}],null,{"a":1}]',
    ['5:1 25-32 a=number:1'],
    ['NOT_AN_OBJECT 1:1 1-2', 'NOT_AN_OBJECT 2:1 3-6', 'NOT_AN_OBJECT 3:1 7-19', 'NOT_AN_OBJECT 4:1 20-24'],
  ],
  ['[{"a":1,"a":2},{"a":3}]', ['2:1 15-22 a=number:3'], ['DUPLICATE_KEY 1:1 1-14 a']],
  ['[{"a":"\\ud800"},{"a":3}]', ['2:1 16-23 a=number:3'], ['LONE_SURROGATE 1:1 1-15 a']],
  ['[{"a":"\n"},{"a":3}]', ['2:2 11-18 a=number:3'], ['CONTROL_CHARACTER 1:1 1-10 a']],
  ['[{"a":"\\\\","b\n":"\n"},\n{"a":3}]', ['2:4 22-29 a=number:3'], ['CONTROL_CHARACTER 1:1 1-20']],
  ['[{"a":[[1]]},{"a":3}]', ['2:1 13-20 a=number:3'], ['NESTING_TOO_DEEP 1:1 1-12 a'], { maxNesting: 2 }],
  [Buffer.from('[{"a":"\xff"},{"a":3}]', 'latin1'), ['2:1 11-18 a=number:3'], ['INVALID_UTF8 1:1 1-10']],
  ['[{"a":"xxxxxxxxx"},{"a":3}]', ['2:1 19-26 a=number:3'], ['RECORD_TOO_LARGE 1:1 1-18'], { maxRecordBytes: 10 }],
  ['[{"a":"\\"]\n"},{"a":3}]', ['2:2 14-21 a=number:3'], ['RECORD_TOO_LARGE 1:1 1-13'], { maxRecordBytes: 7 }],
  ['[123456789,{"a":3}]', ['2:1 11-18 a=number:3'], ['RECORD_TOO_LARGE 1:1 1-10'], { maxRecordBytes: 7 }],
]

const SEQUENCES: readonly Case[] = [
  ['{\n"a":1\n}\n{\n"a":2\n}\n', ['1:1 0-9 a=number:1', '2:4 10-19 a=number:2'], []],
  ['{"a":1}{"a":2} {"a":3}', ['1:1 0-7 a=number:1', '2:1 7-14 a=number:2', '3:1 15-22 a=number:3'], []],
  [
    '{"a":1} 12 "x" nul\n'.replace('nul', 'null'),
    ['1:1 0-7 a=number:1'],
    ['NOT_AN_OBJECT 2:1 8-10', 'NOT_AN_OBJECT 3:1 11-14', 'NOT_AN_OBJECT 4:1 15-19'],
  ],
  ['\n\n{"a"\n:1} 12', ['1:3 2-10 a=number:1'], ['NOT_AN_OBJECT 2:4 11-13']],
  ['{"a":\n1,"a":2}\n{"a":\n3}', ['2:3 15-23 a=number:3'], ['DUPLICATE_KEY 1:1 0-14 a']],
  ['{"a":"xxxxxxxxx"}\n{"a":\n3}', ['2:2 18-26 a=number:3'], ['RECORD_TOO_LARGE 1:1 0-17'], { maxRecordBytes: 10 }],
]

const LINES: readonly Case[] = [
  ['', [], []],
  [' \n\t\n', [], []],
  ['{"a":1}', ['1:1 0-7 a=number:1'], []],
  ['\n  {"a":1}\r\n{"a"\n{"a":2}', ['1:2 3-10 a=number:1', '3:4 17-24 a=number:2'], ['JSON_SYNTAX 2:3 12-16']],
  ['{"a":1,"a":2}\nx\n', [], ['DUPLICATE_KEY 1:1 0-13 a', 'JSON_SYNTAX 2:2 14-15']],
  ['5\n{"a":2}', ['2:2 2-9 a=number:2'], ['NOT_AN_OBJECT 1:1 0-1']],
]

/** Source and `CODE record:line byte`. */
const FAILURES: readonly (readonly [string, string])[] = [
  ['[', 'JSON_SYNTAX 1:1 1'],
  ['[{"a":1}', 'JSON_SYNTAX 2:1 8'],
  ['[{"a":1},', 'JSON_SYNTAX 2:1 9'],
  ['[{"a":1},]', 'JSON_SYNTAX 2:1 9'],
  ['[,{"a":1}]', 'JSON_SYNTAX 1:1 1'],
  ['[{"a":1} {"a":2}]', 'JSON_SYNTAX 2:1 9'],
  ['[{"a":1}}', 'JSON_SYNTAX 2:1 8'],
  ['[{"a":1}] x', 'JSON_SYNTAX 2:1 10'],
  ['[{"a":1}][]', 'JSON_SYNTAX 2:1 9'],
  ['[{"a":1},\n{"a":\n01}]', 'JSON_SYNTAX 2:3 17'],
  ['[{"a":1},{"a":"x}]', 'JSON_SYNTAX 2:1 18'],
  ['[nope]', 'JSON_SYNTAX 1:1 1'],
  ['[1,02]', 'JSON_SYNTAX 2:1 4'],
  ['[[1,]]', 'JSON_SYNTAX 1:1 4'],
  ['[{"a":"\\ud800",}]', 'JSON_SYNTAX 1:1 15'],
  ['{\n"a":1\n', 'JSON_SYNTAX 1:3 8'],
  ['{\n"a":1]\n}', 'JSON_SYNTAX 1:2 7'],
  ['{\n"a":1} }', 'JSON_SYNTAX 2:2 9'],
  ['{\n"a":1} 1x', 'JSON_SYNTAX 2:2 10'],
]

describe('the JSON reader', () => {
  it.each([...ARRAYS, ...SEQUENCES, ...LINES].map((oneCase) => [String(oneCase[0]), oneCase] as const))(
    'reads %j',
    (_, oneCase) => {
      const [source, rows, rejects, changes] = oneCase
      const read = readAtAllChunkSizes(json, source, changes)
      expect({ rows: read.rows, rejects: read.rejects, failure: read.failure }).toEqual({
        rows,
        rejects,
        failure: null,
      })
      expect(read.recordCount).toBe(rows.length + rejects.length)
    },
  )

  it.each(FAILURES)('fails the file %j', (source, failure) => {
    const read = readAtAllChunkSizes(json, source)
    expect(read.failure).toBe(failure)
    expect(read.messages.at(-1)).toMatch(/^not valid JSON: .* at byte \d+$/)
  })

  it('fails a file whose syntax is broken behind bytes that are not UTF-8', () => {
    expect(readAtAllChunkSizes(json, Buffer.from('[{"a":"\xff"x}]', 'latin1')).failure).toBe('JSON_SYNTAX 1:1 9')
  })

  it('counts blank lines where there is one record a line, and only there', () => {
    expect(readAtAllChunkSizes(json, '\n {"a":1}\n\n').blankLines).toBe(2)
    expect(readAtAllChunkSizes(json, ' \n ').blankLines).toBe(2)
    expect(readAtAllChunkSizes(json, '\n[\n\n]\n').blankLines).toBe(0)
  })

  it('holds no more of an array than a record, however long the white space', () => {
    const read = readAtAllChunkSizes(json, `${' \n'.repeat(2000)}[${' '.repeat(4000)}{}${'\n'.repeat(4000)}]`, {
      maxRecordBytes: 10,
    })
    expect([read.rows, read.failure]).toEqual([['1:2001 8001-8003'], null])
  })

  it('refuses the byte order marks of UTF-16', () => {
    expect(readAtAllChunkSizes(json, Buffer.from([0xff, 0xfe, 0x7b, 0])).failure).toBe('UNSUPPORTED_ENCODING -:- 0')
  })
})
