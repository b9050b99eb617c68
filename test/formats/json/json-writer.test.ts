import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBatchMemory } from '../../../src/batch/batch-memory.ts'
import {
  CELL_BOOLEAN,
  CELL_ESCAPED_STRING,
  CELL_ESCAPED_TEXT,
  CELL_NESTED,
  CELL_NULL,
  CELL_NUMBER,
  CELL_SPACED_NESTED,
  CELL_STRING,
  CELL_TEXT,
  packCell,
} from '../../../src/batch/cell.ts'
import type { CellKind } from '../../../src/batch/cell.ts'
import { OutputBuffer } from '../../../src/batch/output-buffer.ts'
import { REJECTED_ROW, RecordBatch } from '../../../src/batch/record-batch.ts'
import { createKey, identityView } from '../../../src/batch/shape.ts'
import type { Format } from '../../../src/formats/format.ts'
import { json } from '../../../src/formats/json/json.ts'
import { ndjson } from '../../../src/formats/ndjson/ndjson.ts'
import { createPlan } from './read-source.ts'

type Cell = readonly [name: string, kind: CellKind, bytes: string]

const memory = createBatchMemory(4 * 1024 * 1024, 65_536)

/** A batch with one row of these cells for each list. */
function createBatch(rows: readonly (readonly Cell[])[]): RecordBatch {
  const batch = new RecordBatch(memory)
  batch.quoteByte = 0x22
  batch.escapeByte = 0x22
  let position = memory.inputStart
  for (const cells of rows) {
    const row = batch.rowCount++
    batch.rowFirstCell[row] = batch.cellCount
    batch.rowShape[row] = batch.useShape({ keys: cells.map(([name]) => createKey(name)) })
    for (const [, kind, text] of cells) {
      const length = Buffer.from(memory.bytes.buffer).write(text, position)
      memory.cells[2 * batch.cellCount] = position
      memory.cells[2 * batch.cellCount++ + 1] = packCell(kind, length)
      position += length
    }
  }
  batch.views = batch.shapes.map(identityView)
  return batch
}

function write(format: Format, batches: readonly RecordBatch[]): string {
  const writer = format.createWriter(createPlan({}, 1024))
  const pieces: Buffer[] = []
  const output = new OutputBuffer(memory, (bytes, start, end) => pieces.push(Buffer.from(bytes.slice(start, end))))
  for (const batch of batches) {
    expect(writer.learnColumns(batch)).toBe(true)
    writer.write(batch, output)
  }
  writer.finish(output)
  output.flush()
  return Buffer.concat(pieces).toString()
}

const writeRow = (cells: readonly Cell[]): string => write(ndjson, [createBatch([cells])])

const VALUES: readonly (readonly [CellKind, string, string])[] = [
  [CELL_TEXT, '', '""'],
  [CELL_TEXT, 'x', '"x"'],
  [CELL_TEXT, '007', '"007"'],
  [CELL_TEXT, 'ü€😀\u007f\u2028', '"ü€😀\u007f\u2028"'],
  [CELL_TEXT, 'a"b\\c/', '"a\\"b\\\\c/"'],
  [CELL_TEXT, '\b\f\n\r\t', '"\\b\\f\\n\\r\\t"'],
  [CELL_TEXT, '\u0000\u001f', '"\\u0000\\u001f"'],
  [CELL_ESCAPED_TEXT, 'say ""hi""\n', '"say \\"hi\\"\\n"'],
  [CELL_STRING, 'x y', '"x y"'],
  [CELL_ESCAPED_STRING, '\\u0041\\/\\n', '"\\u0041\\/\\n"'],
  [CELL_NUMBER, '-1.10e+05', '-1.10e+05'],
  [CELL_BOOLEAN, 'false', 'false'],
  [CELL_NULL, 'NA', 'null'],
  [CELL_NESTED, '[1,{"a":" "}]', '[1,{"a":" "}]'],
  [CELL_SPACED_NESTED, '[ 1 ,\n{"a" : " \\" "} ]', '[1,{"a":" \\" "}]'],
]

describe('the JSON writers', () => {
  it.each(VALUES)('write a cell of kind %i, %j, as %s', (kind, bytes, value) => {
    const filler = 'x'.repeat(100)
    expect(writeRow([['a', kind, bytes]])).toBe(`{"a":${value}}\n`)
    expect(
      writeRow([
        ['b', CELL_TEXT, filler],
        ['a', kind, bytes],
        ['c', CELL_STRING, filler],
      ]),
    ).toBe(`{"b":"${filler}","a":${value},"c":"${filler}"}\n`)
  })

  it.each([1, 3, 4, 8191, 8192, 8193, 20_000, 400_000])('write values of %i bytes whole', (length) => {
    const plain = 'ab"c'.repeat(length).slice(0, length)
    const control = '\u0001'.repeat(length)
    const cells: Cell[] = [
      ['plain', CELL_TEXT, plain],
      ['control', CELL_TEXT, control],
      ['quoted', CELL_ESCAPED_TEXT, plain.replaceAll('"', '""')],
      ['string', CELL_STRING, 'x'.repeat(length)],
      ['number', CELL_NUMBER, '1'.repeat(length)],
      ['nested', CELL_SPACED_NESTED, `[${' '.repeat(length)}]`],
      ['null', CELL_NULL, 'N'.repeat(length)],
      ['last', CELL_TEXT, 'z'],
    ]
    const [text, escaped] = [JSON.stringify(plain), JSON.stringify(control)]
    expect(writeRow(cells)).toBe(
      `{"plain":${text},"control":${escaped},"quoted":${text},"string":"${'x'.repeat(length)}",` +
        `"number":${'1'.repeat(length)},"nested":[],"null":null,"last":"z"}\n`,
    )
  })

  it('escape text as JSON.stringify does', () => {
    const text = fc
      .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\n', '\u0000', 'abcd')))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const cells = texts.map((one, index): Cell => [`c${index}`, CELL_TEXT, one])
        expect(writeRow(cells)).toBe(
          `${JSON.stringify(Object.fromEntries(cells.map(([name, , one]) => [name, one])))}\n`,
        )
      }),
    )
  })

  it('write names of any length and kind', () => {
    const names = ['', '__proto__', '"\\\n', 'é', 'n'.repeat(9000), 'm'.repeat(1_500_000), 'x']
    const cells = names.map((name): Cell => [name, CELL_NUMBER, '1'])
    expect(writeRow(cells)).toBe(`{${names.map((name) => `${JSON.stringify(name)}:1`).join()}}\n`)
  })

  it('write the cells that the view names, in its order and under its names', () => {
    const batch = createBatch([
      [
        ['a', CELL_NUMBER, '1'],
        ['b', CELL_NUMBER, '2'],
        ['c', CELL_NUMBER, '3'],
      ],
    ])
    batch.views = [{ cells: Int32Array.of(2, 0), keys: [createKey('z'), createKey('a')] }]
    expect(write(ndjson, [batch])).toBe('{"z":3,"a":1}\n')
  })

  it('pass over rejected rows', () => {
    const batch = createBatch([[['a', CELL_NUMBER, '1']], [['a', CELL_NUMBER, '2']], [['a', CELL_NUMBER, '3']]])
    batch.rowShape[0] = REJECTED_ROW
    batch.rowShape[2] = REJECTED_ROW
    expect(write(ndjson, [batch])).toBe('{"a":2}\n')
    expect(write(json, [batch])).toBe('[\n{"a":2}\n]\n')
  })

  it('write arrays with one record a line over all batches', () => {
    expect(write(json, [])).toBe('[]\n')
    expect(write(ndjson, [])).toBe('')
    const rows = createBatch([
      [],
      [
        ['a', CELL_TEXT, 'x'],
        ['b', CELL_NULL, ''],
      ],
    ])
    expect(write(json, [rows, rows])).toBe('[\n{},\n{"a":"x","b":null},\n{},\n{"a":"x","b":null}\n]\n')
  })
})
