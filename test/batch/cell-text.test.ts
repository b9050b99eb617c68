import { describe, expect, it } from 'vitest'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
import { compactNested, decodeCellText } from '../../src/batch/cell-text.ts'
import { CELL_ESCAPED_STRING, CELL_ESCAPED_TEXT } from '../../src/batch/cell.ts'
import { RecordBatch } from '../../src/batch/record-batch.ts'

const batch = new RecordBatch(createBatchMemory(1000, 1000))
const { bytes, inputStart, scratchStart } = batch.memory

function place(text: string): number {
  return Buffer.from(text).copy(bytes, inputStart)
}

function textOf(start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString()
}

describe('the text of an escaped JSON string', () => {
  it.each([
    String.raw`a\"b\\c\/d`,
    String.raw`\b\f\n\r\t`,
    String.raw`\u0000\u001f\u007f\u0080\u07ff\u0800\uffff`,
    String.raw`\u00e9\u00E9 \uABCD\uabcd`,
    String.raw`\ud83d\ude00 \uD800\uDC00 \udbff\udfff`,
    String.raw`é\u00e9😀\\u0041`,
  ])('is what JSON.parse makes of it: %s', (raw) => {
    const length = place(raw)
    const end = decodeCellText(batch, CELL_ESCAPED_STRING, inputStart, length)
    expect(textOf(scratchStart, end)).toBe(JSON.parse(`"${raw}"`))
  })
})

describe('the text between quotes', () => {
  it.each([
    ['"', '"', 'say ""hi""', 'say "hi"'],
    ['"', '"', '""""', '""'],
    ["'", "'", "''\"\"\\'", '\'""\\\''],
    ['"', '\\', String.raw`\"\\\n\\`, '"\\' + String.raw`\n` + '\\'],
    ['"', '\\', String.raw`\\"`, String.raw`\"`],
  ])('quoted with %s and escaped with %s: %j', (quote, escape, raw, text) => {
    batch.quoteByte = quote.charCodeAt(0)
    batch.escapeByte = escape.charCodeAt(0)
    const length = place(raw)
    const end = decodeCellText(batch, CELL_ESCAPED_TEXT, inputStart, length)
    expect(textOf(scratchStart, end)).toBe(text)
  })
})

describe('nested JSON', () => {
  it.each([
    ['{ "a" : [ 1 , 2 ] }', '{"a":[1,2]}'],
    ['[\r\n\t"a b",\n" \\" c ",  "\\\\" , 1 ]', '["a b"," \\" c ","\\\\",1]'],
    ['{"a":{}}', '{"a":{}}'],
  ])('loses the white space between its tokens, and only that: %j', (raw, compact) => {
    const length = place(raw)
    const end = compactNested(bytes, inputStart, inputStart + length, scratchStart)
    expect(textOf(scratchStart, end)).toBe(compact)
  })
})
