import { describe, expect, it } from 'vitest'
import { ndjson } from '../../../src/formats/ndjson/ndjson.ts'
import { readAtAllChunkSizes, readSource } from '../json/read-source.ts'
import type { PlanChanges } from '../json/read-source.ts'

const BOM = '\uFEFF'

/** One line is one case: source, then what becomes of it. */
type Case = readonly [
  source: string | Buffer,
  rows: readonly string[],
  rejects: readonly string[],
  changes?: PlanChanges,
]

function outcomeOf([source, , , changes]: Case): unknown {
  const { rows, rejects, failure, recordCount } = readAtAllChunkSizes(ndjson, source, changes)
  return { rows, rejects, failure, recordCount }
}

function expectedOf([, rows, rejects]: Case): unknown {
  return { rows, rejects, failure: null, recordCount: rows.length + rejects.length }
}

function named(cases: readonly Case[]): [string, Case][] {
  return cases.map((oneCase) => [JSON.stringify(String(oneCase[0])), oneCase])
}

const CELLS: readonly Case[] = [
  ['{}', ['1:1 0-2'], []],
  ['{ }\n', ['1:1 0-3'], []],
  ['{"a":"x"}', ['1:1 0-9 a="x"'], []],
  ['{"a":""}', ['1:1 0-8 a=""'], []],
  ['{"a":"x\\ny"}', ['1:1 0-12 a=escaped"x\\ny"'], []],
  ['{"a":"\\u0041\\"\\/"}', ['1:1 0-18 a=escaped"\\u0041\\"\\/"'], []],
  ['{"a":"\\ud83d\\ude00"}', ['1:1 0-20 a=escaped"\\ud83d\\ude00"'], []],
  ['{"a":true,"b":false,"c":null}', ['1:1 0-29 a=boolean:true b=boolean:false c=null'], []],
  ['{"a":-0,"b":1.10,"c":1e400}', ['1:1 0-27 a=number:-0 b=number:1.10 c=number:1e400'], []],
  ['{"a":123456789012345678901234567890}', ['1:1 0-36 a=number:123456789012345678901234567890'], []],
  ['{"a":0.5E+07}', ['1:1 0-13 a=number:0.5E+07'], []],
  ['{"a":[],"b":{}}', ['1:1 0-15 a=nested:[] b=nested:{}'], []],
  ['{"a":[1,{"b":"]"}]}', ['1:1 0-19 a=nested:[1,{"b":"]"}]'], []],
  ['{"a":[1, 2]}', ['1:1 0-12 a=spaced:[1, 2]'], []],
  ['{"a":{"b" :1}}', ['1:1 0-14 a=spaced:{"b" :1}'], []],
  ['{"a":[ ]}', ['1:1 0-9 a=spaced:[ ]'], []],
  ['{"a": ["x y"]}', ['1:1 0-14 a=nested:["x y"]'], []],
  [' {\t"a" : 1 , "b":2 } ', ['1:1 1-20 a=number:1 b=number:2'], []],
  ['{"a"\r:1\r}\r\n', ['1:1 0-9 a=number:1'], []],
  ['{"__proto__":1,"constructor":2}', ['1:1 0-31 __proto__=number:1 constructor=number:2'], []],
  ['{"2":1,"1":2}', ['1:1 0-13 2=number:1 1=number:2'], []],
  ['{"":1}', ['1:1 0-6 =number:1'], []],
  ['{"\\u00e9":1}', ['1:1 0-12 é=number:1'], []],
  ['{"é":"ü€😀"}', ['1:1 0-18 é="ü€😀"'], []],
  [`${BOM}{"a":1}`, ['1:1 3-10 a=number:1'], []],
  ['', [], []],
  [BOM, [], []],
]

const LINES: readonly Case[] = [
  ['{"a":1}\n{"b":2}\n', ['1:1 0-7 a=number:1', '2:2 8-15 b=number:2'], []],
  ['{"a":1}\r\n{"b":2}', ['1:1 0-7 a=number:1', '2:2 9-16 b=number:2'], []],
  ['{"a":1}\n\n \t\r\n{"a":2}', ['1:1 0-7 a=number:1', '2:4 13-20 a=number:2'], []],
  [
    '{"a":1,"b":2}\n{"a":3}\n{"a":4,"b":5}',
    ['1:1 0-13 a=number:1 b=number:2', '2:2 14-21 a=number:3', '3:3 22-35 a=number:4 b=number:5'],
    [],
  ],
  ['{"a":1}\nx\n{"a":2}', ['1:1 0-7 a=number:1', '3:3 10-17 a=number:2'], ['JSON_SYNTAX 2:2 8-9']],
  ['{"a":\n1}\n', [], ['JSON_SYNTAX 1:1 0-5', 'JSON_SYNTAX 2:2 6-8']],
  ['  {"a"  \r\n', [], ['JSON_SYNTAX 1:1 2-6']],
  ['{"a":"x\n"}\n', [], ['JSON_SYNTAX 1:1 0-7', 'JSON_SYNTAX 2:2 8-10']],
]

const SYNTAX = [
  '{',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":1,}',
  '{,"a":1}',
  '{"a" 1}',
  '{"a"::1}',
  '{a:1}',
  "{'a':1}",
  '{"a":1}}',
  '{"a":1}{"a":2}',
  '{"a":1} x',
  '{"a":1 "b":2}',
  '{"a":"x}',
  '{"a":"x',
  '{"a":01}',
  '{"a":1.}',
  '{"a":.5}',
  '{"a":+1}',
  '{"a":-}',
  '{"a":1e}',
  '{"a":1e+}',
  '{"a":0x1}',
  '{"a":--1}',
  '{"a":1.2.3}',
  '{"a":tru}',
  '{"a":True}',
  '{"a":nul',
  '{"a":NaN}',
  '{"a":Infinity}',
  '{"a":"\\x41"}',
  '{"a":"\\u12g4"}',
  '{"a":"\\u12"}',
  '{"a":"\\',
  '{"a":"\\"}',
  '{"a":[1,]}',
  '{"a":[,1]}',
  '{"a":[1 2]}',
  '{"a":[1}}',
  '{"a":{"b":1]}',
  '{"a":{"b"}}',
  '{"a":{"b":1,}}',
  '{"a":{1:2}}',
  '{"a":[}',
  '{"a":]',
  '{"a":[[[',
  '{"a":1}\f',
  '{\u00a0"a":1}',
  '{"a":1}//',
  '{"a":/**/1}',
  '{"a":1}]',
  '}',
  ':',
  ',',
  'x',
  '\u2028',
  '{"a":\v1}',
  '{"a":"b" "c"}',
]

const FAULTS: readonly Case[] = [
  ['[1 true]\n0,\ntru\n', [], ['JSON_SYNTAX 1:1 0-8', 'JSON_SYNTAX 2:2 9-11', 'JSON_SYNTAX 3:3 12-15']],
  [
    '"a" "b"\n1 2\n[1]]\n-\n',
    [],
    ['JSON_SYNTAX 1:1 0-7', 'JSON_SYNTAX 2:2 8-11', 'JSON_SYNTAX 3:3 12-16', 'JSON_SYNTAX 4:4 17-18'],
  ],
  [' [1 true] \r\n', [], ['JSON_SYNTAX 1:1 1-9']],
  ['[[[1 2]]]', [], ['NOT_AN_OBJECT 1:1 0-9'], { maxNesting: 2 }],
  ['{"a":1,"a":2,"b":"\\ud800"}', [], ['DUPLICATE_KEY 1:1 0-26 a']],
  ['{"a":1,"b":"\\ud800","a":2}', [], ['LONE_SURROGATE 1:1 0-26 b']],
  ['{"x":{"a":1,"\\u0061":"\u0001"}}', [], ['DUPLICATE_KEY 1:1 0-26 x']],
  ['{"x":{"a":1,"b":"\u0001","a":2}}', [], ['CONTROL_CHARACTER 1:1 0-27 x']],
  ['{"a":1,"a":2,"b":[[[]]]}', [], ['DUPLICATE_KEY 1:1 0-24 a'], { maxNesting: 2 }],
  ['{"a":1,"b":[[[]]],"a":2}', [], ['NESTING_TOO_DEEP 1:1 0-24 b'], { maxNesting: 2 }],
  ['{"x":1,"x":2,"y":{"a":1,"a":2}}', [], ['DUPLICATE_KEY 1:1 0-31 x']],
  ['{"y":{"a":1,"a":2},"x":1,"x":2}', [], ['DUPLICATE_KEY 1:1 0-31 y']],
  ['{"y":[{"b":1,"a":1},{"b":1,"b":2}],"y":2}', [], ['DUPLICATE_KEY 1:1 0-41 y']],
  ['{"a":1,"a":2,"b":"\\ud800"', [], ['JSON_SYNTAX 1:1 0-25']],
  ['[1,2]', [], ['NOT_AN_OBJECT 1:1 0-5']],
  ['5', [], ['NOT_AN_OBJECT 1:1 0-1']],
  ['-1', [], ['NOT_AN_OBJECT 1:1 0-2']],
  ['"{}"', [], ['NOT_AN_OBJECT 1:1 0-4']],
  ['null\ntrue\nfalse', [], ['NOT_AN_OBJECT 1:1 0-4', 'NOT_AN_OBJECT 2:2 5-9', 'NOT_AN_OBJECT 3:3 10-15']],
  ['{"a":1,"a":2}', [], ['DUPLICATE_KEY 1:1 0-13 a']],
  ['{"a":1,"\\u0061":2}', [], ['DUPLICATE_KEY 1:1 0-18 a']],
  ['{"é":1,"\\u00e9":2}', [], ['DUPLICATE_KEY 1:1 0-19 é']],
  ['{"x":{"a":1,"b":2,"a":3}}', [], ['DUPLICATE_KEY 1:1 0-25 x']],
  ['{"x":[{"a":1},{"a":1,"\\u0061":1}]}', [], ['DUPLICATE_KEY 1:1 0-34 x']],
  ['{"x":[{"a":1},{"a":1}],"a":{"x":{"a":1}}}', ['1:1 0-41 x=nested:[{"a":1},{"a":1}] a=nested:{"x":{"a":1}}'], []],
  ['{"a":"\\ud800"}', [], ['LONE_SURROGATE 1:1 0-14 a']],
  ['{"a":"\\udc00"}', [], ['LONE_SURROGATE 1:1 0-14 a']],
  ['{"a":"\\udc00\\udc00"}', [], ['LONE_SURROGATE 1:1 0-20 a']],
  ['{"a":"\\ud800\\u0041"}', [], ['LONE_SURROGATE 1:1 0-20 a']],
  ['{"a":"\\ud800\\ud800\\udc00"}', [], ['LONE_SURROGATE 1:1 0-26 a']],
  ['{"a":["\\ud800"]}', [], ['LONE_SURROGATE 1:1 0-16 a']],
  ['{"\\ud800":1}\n{"\\ud800":1}', [], ['LONE_SURROGATE 1:1 0-12', 'LONE_SURROGATE 2:2 13-25']],
  ['{"a":"\t"}', [], ['CONTROL_CHARACTER 1:1 0-9 a']],
  ['{"a":"\u0000"}', [], ['CONTROL_CHARACTER 1:1 0-9 a']],
  ['{"a\u0001":1}\n{"a\u0001":1}', [], ['CONTROL_CHARACTER 1:1 0-8', 'CONTROL_CHARACTER 2:2 9-17']],
  ['{"a":"x\ry"}', [], ['CONTROL_CHARACTER 1:1 0-11 a']],
  ['{"a":"\u007f"}', ['1:1 0-9 a="\u007f"'], []],
  ['{"a":"\\ud800",}', [], ['JSON_SYNTAX 1:1 0-15']],
  ['{"a":[[1]]}', [], ['NESTING_TOO_DEEP 1:1 0-11 a'], { maxNesting: 2 }],
  ['{"a":[[1]]}', ['1:1 0-11 a=nested:[[1]]'], [], { maxNesting: 3 }],
  ['{"a":{}}\n{"a":1}', ['2:2 9-16 a=number:1'], ['NESTING_TOO_DEEP 1:1 0-8 a'], { maxNesting: 1 }],
  [Buffer.from('{"a":"\xff"}\n{"a":1}', 'latin1'), ['2:2 10-17 a=number:1'], ['INVALID_UTF8 1:1 0-9']],
  [Buffer.from('{"a":"\xc3"}\n{"b":"\xc3\xa9"}', 'latin1'), ['2:2 10-20 b="é"'], ['INVALID_UTF8 1:1 0-9']],
  [Buffer.from('{"a":1}\n\xed\xa0\x80\n', 'latin1'), ['1:1 0-7 a=number:1'], ['INVALID_UTF8 2:2 8-11']],
  [Buffer.from('{"\xff":1}', 'latin1'), [], ['INVALID_UTF8 1:1 0-7']],
  [Buffer.from('{"a":1}\n\xe2\x82', 'latin1'), ['1:1 0-7 a=number:1'], ['INVALID_UTF8 2:2 8-10']],
]

const LAST: readonly Case[] = [
  ['{"a":1,"b":2,"a":3}', ['1:1 0-19 b=number:2 a=number:3'], []],
  ['{"a":1,"a":2,"\\u0061":3}\n{"a":4}', ['1:1 0-24 a=number:3', '2:2 25-32 a=number:4'], []],
  ['{"x":{"a":1,"b":2,"a":3}}', ['1:1 0-25 x=nested:{"b":2,"a":3}'], []],
  [
    '{"x":[{"a":{"b":1,"b":2},"a":[{"c":1,"c":2}]}],"y":{"d":1,"d":2}}',
    ['1:1 0-65 x=nested:[{"a":[{"c":2}]}] y=nested:{"d":2}'],
    [],
  ],
  ['{"x":{"a":"}\\"","a" : 2}}', ['1:1 0-25 x=spaced:{"a" : 2}'], []],
  ['{"x":{"a\u0001":1,"":2}}', [], ['CONTROL_CHARACTER 1:1 0-19 x']],
].map(([source, rows, rejects]) => [source, rows, rejects, { duplicateKeys: 'last' }] as unknown as Case)

const FLATTENED: readonly Case[] = [
  ['{"a":{"b":1,"c":{"d":2}},"e":3}', ['1:1 0-31 a.b=number:1 a.c.d=number:2 e=number:3'], []],
  ['{"a":{"b":[1, {"c":2}]}}', ['1:1 0-24 a.b=spaced:[1, {"c":2}]'], []],
  ['{"a":{},"b":{ }}', ['1:1 0-16 a=nested:{} b=spaced:{ }'], []],
  ['{"a":{"b":{}}}', ['1:1 0-14 a.b=nested:{}'], []],
  ['{ "a" : { "b" : 1 } , "c" : 2 }', ['1:1 0-31 a.b=number:1 c=number:2'], []],
  ['{"a.b":1,"a":{"b":2}}', [], ['FLATTEN_COLLISION 1:1 0-21 a.b']],
  [
    '{"a.b":1}\n{"a":{"b":2}}\n{"a.b":3}',
    ['1:1 0-9 a.b=number:1', '3:3 24-33 a.b=number:3'],
    ['FLATTEN_COLLISION 2:2 10-23 a.b'],
  ],
  ['{"a":1}\n{"a":{"b":2}}', ['1:1 0-7 a=number:1', '2:2 8-21 a.b=number:2'], []],
  ['{"a":{"b":1,"b":2}}', [], ['DUPLICATE_KEY 1:1 0-19 b']],
  ['{"a":{"b":1},"a":{"c":1}}', [], ['DUPLICATE_KEY 1:1 0-25 a']],
  ['{"a":{"b":1},"b":{"b":2}}', ['1:1 0-25 a.b=number:1 b.b=number:2'], []],
].map(
  ([source, rows, rejects]) => [source, rows, rejects, { targetFormat: 'csv', nested: 'flatten' }] as unknown as Case,
)

const SIZES: readonly Case[] = [
  ['{"a":"xx"}\n{"a":"xxx"}\n{"a":1}', ['1:1 0-10 a="xx"', '3:3 23-30 a=number:1'], ['RECORD_TOO_LARGE 2:2 11-22']],
  ['{"a":"xxxx"}  \r\n{"a":1}', ['2:2 16-23 a=number:1'], ['RECORD_TOO_LARGE 1:1 0-12']],
  [`   ${'x'.repeat(50)} x ${' '.repeat(50)}`, [], ['RECORD_TOO_LARGE 1:1 3-55']],
  [`${' '.repeat(50)}\n${' '.repeat(50)}{"a":1}`, ['1:2 101-108 a=number:1'], []],
].map(([source, rows, rejects]) => [source, rows, rejects, { maxRecordBytes: 10 }] as unknown as Case)

describe('the NDJSON reader', () => {
  it.each(named(CELLS))('makes cells of %s', (_, oneCase) => {
    expect(outcomeOf(oneCase)).toEqual(expectedOf(oneCase))
  })
  it.each(named(LINES))('takes a line as a record: %s', (_, oneCase) => {
    expect(outcomeOf(oneCase)).toEqual(expectedOf(oneCase))
  })
  it.each(SYNTAX)('rejects %j as JSON_SYNTAX and goes on with the next line', (line) => {
    const source = `${line}\n{"a":1}\n`
    const start = Buffer.byteLength(line) + 1
    const trimmed = Buffer.byteLength(line.replace(/[ \t\r]+$/, ''))
    const rows = [`2:2 ${start}-${start + 7} a=number:1`]
    const oneCase: Case = [source, rows, [`JSON_SYNTAX 1:1 0-${trimmed}`]]
    expect(outcomeOf(oneCase)).toEqual(expectedOf(oneCase))
  })
  it.each(named(FAULTS))('rejects by code: %s', (_, oneCase) => {
    expect(outcomeOf(oneCase)).toEqual(expectedOf(oneCase))
  })
  it.each(named(LAST))('keeps the last of duplicate keys where that is asked for: %s', (_, oneCase) => {
    expect(outcomeOf(oneCase)).toEqual(expectedOf(oneCase))
  })
  it.each(named(FLATTENED))('flattens nested objects for delimited targets: %s', (_, oneCase) => {
    expect(outcomeOf(oneCase)).toEqual(expectedOf(oneCase))
  })
  it('counts blank lines, the last one without a line feed too', () => {
    expect(readAtAllChunkSizes(ndjson, '\n \t\r\n{"a":1}\n\n  ').blankLines).toBe(4)
    expect(readAtAllChunkSizes(ndjson, '{"a":1}\n').blankLines).toBe(0)
    expect(readAtAllChunkSizes(ndjson, '{"a":1}  ').blankLines).toBe(0)
    expect(readAtAllChunkSizes(ndjson, `${' '.repeat(50)}\n`, { maxRecordBytes: 10 }).blankLines).toBe(1)
  })
  it('refuses the byte order marks of UTF-16', () => {
    expect(readAtAllChunkSizes(ndjson, Buffer.from([0xff, 0xfe, 0x7b, 0])).failure).toBe('UNSUPPORTED_ENCODING -:- 0')
    expect(readAtAllChunkSizes(ndjson, Buffer.from([0xfe, 0xff, 0, 0x7b])).failure).toBe('UNSUPPORTED_ENCODING -:- 0')
  })
  it('keeps the raw bytes of rejects without the line end', () => {
    expect(readAtAllChunkSizes(ndjson, ' {"a" \r\n{}\n[ 1 ]').raws).toEqual(['{"a"', '[ 1 ]'])
  })
  it('names the place and the way out in its messages', () => {
    const { messages } = readAtAllChunkSizes(ndjson, '{"a":1}\n{"a":01}\n{"a":1,"a":2}\n{"a":"\u0007"}')
    expect(messages).toEqual([
      'not valid JSON: a comma or a closing brace is expected at byte 14',
      'an object has the key "a" twice; --duplicate-keys last keeps the later value',
      'the control character 0x07 at byte 37 must be written as an escape',
    ])
  })
  it('leaves the raw bytes alone where it drops nested duplicates', () => {
    const source = '{"x":{"a":1,"a":2}}\n{"x":{"a":3,"a":4}}\n'
    const read = readAtAllChunkSizes(ndjson, source, { duplicateKeys: 'last' })
    expect(read.target).toBe('{"x":{"a":2}}\n{"x":{"a":4}}\n')
  })
  it('fills batch after batch where a chunk holds more records than one', () => {
    const count = 70_000
    const read = readSource(ndjson, '{}\n'.repeat(count), {}, 512 * 1024)
    expect([read.recordCount, read.rows.length, read.rows.at(-1)]).toEqual([
      count,
      count,
      `${count}:${count} 209997-209999`,
    ])
  })
  it('keeps its memory within bounds where every record has other names', () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => `{"key${index}":{"nested${index}":1}}`)
    const source = Buffer.from(lines.join('\n'))
    const read = readSource(ndjson, source, {}, 64 * 1024)
    expect([read.rows.length, read.rejects]).toEqual([lines.length, []])
    expect(read.target).toBe(`${source.toString()}\n`)
  })
  it.each(named(SIZES))('passes over lines longer than the limit: %s', (_, oneCase) => {
    expect(outcomeOf(oneCase)).toEqual(expectedOf(oneCase))
  })
})
