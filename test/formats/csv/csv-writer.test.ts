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
import { RecordBatch, REJECTED_ROW } from '../../../src/batch/record-batch.ts'
import { createKey, identityView } from '../../../src/batch/shape.ts'
import { csv } from '../../../src/formats/csv/csv.ts'
import { tsv } from '../../../src/formats/tsv/tsv.ts'
import type { DelimitedTarget } from '../../../src/formats/csv/csv-settings.ts'
import { createPlan, createTarget, parseCsv, rewriteCsv } from './csv-driver.ts'
import { fuzzRuns } from '../../support/fuzz-runs.ts'

/** A record by its keys: text, or a kind and its raw bytes. */
type Cells = Readonly<Record<string, string | readonly [CellKind, string]>>

const batch = new RecordBatch(createBatchMemory(300_000, 1000))

/** Fills the batch with records, as a reader and the mapping would. */
function fillBatch(records: readonly Cells[]): RecordBatch {
  const { bytes, cells, inputStart } = batch.memory
  batch.clear()
  batch.quoteByte = 0x22
  batch.escapeByte = 0x22
  let position = inputStart
  for (const [row, record] of records.entries()) {
    batch.rowFirstCell[row] = batch.cellCount
    batch.rowShape[row] = batch.useShape({ keys: Object.keys(record).map((name) => createKey(name)) })
    batch.rowRecord[row] = row + 1
    batch.rowStart[row] = position
    for (const cell of Object.values(record)) {
      const [kind, raw] = typeof cell === 'string' ? ([CELL_TEXT, cell] as const) : cell
      const length = Buffer.from(raw, 'latin1').copy(bytes, position)
      cells[2 * batch.cellCount] = position
      cells[2 * batch.cellCount + 1] = packCell(kind, length)
      batch.cellCount++
      position += length
    }
    batch.rowEnd[row] = position
    batch.rowCount++
  }
  batch.views = batch.shapes.map(identityView)
  return batch
}

interface Written {
  readonly text: string
  readonly rejects: readonly string[]
}

function write(records: readonly Cells[], target: Partial<DelimitedTarget> = {}, format = csv): Written {
  fillBatch(records)
  const writer = format.createWriter(createPlan({}, target))
  const { output, text } = createTarget(batch)
  expect(writer.learnColumns(batch)).toBe(true)
  writer.write(batch, output)
  writer.finish(output)
  return { text: text(), rejects: batch.rejects.map(({ code, record, column }) => `${code} ${record} ${column}`) }
}

const raw: Partial<DelimitedTarget> = { quote: -1 }

describe('one field beside another', () => {
  it.each<
    [title: string, cell: string | readonly [CellKind, string], written: string, target?: Partial<DelimitedTarget>]
  >([
    ['plain text', 'x', 'x'],
    ['the empty text', '', ''],
    ['a delimiter', 'x,y', '"x,y"'],
    ['another delimiter', 'x,y;z', '"x,y;z"', { delimiter: 0x3b }],
    ['a quote', 'x"y', '"x""y"'],
    ['another quote', `x'y"z`, `'x''y"z'`, { quote: 0x27 }],
    ['LF', 'x\ny', '"x\ny"'],
    ['CR', 'x\ry', '"x\ry"'],
    ['a leading blank', ' x', '" x"'],
    ['a trailing blank', 'x\t', '"x\t"'],
    ['a blank alone', ' ', '" "'],
    ['a blank inside', 'x y', 'x y'],
    ['NUL', 'x\0', 'x\0'],
    ['text equal to that of null', 'NULL', '"NULL"', { nullText: 'NULL' }],
    ['text like that of null', 'NULLS', 'NULLS', { nullText: 'NULL' }],
    ['the empty text where it is that of null', '', '""', { nullText: '' }],
    ['escaped text', [CELL_ESCAPED_TEXT, 'say ""hi""'], '"say ""hi"""'],
    ['a string', [CELL_STRING, 'x,y'], '"x,y"'],
    ['an escaped string', [CELL_ESCAPED_STRING, String.raw`\u00e9\n\"`], '"\xc3\xa9\n"""'],
    ['an escaped string that needs no quotes', [CELL_ESCAPED_STRING, String.raw`\/`], '/'],
    ['a number', [CELL_NUMBER, '-1.10e400'], '-1.10e400'],
    ['a boolean', [CELL_BOOLEAN, 'true'], 'true'],
    ['null', [CELL_NULL, 'null'], ''],
    ['null as text', [CELL_NULL, 'null'], 'NULL', { nullText: 'NULL' }],
    ['nested values', [CELL_NESTED, '{"a":[1,2]}'], '"{""a"":[1,2]}"'],
    ['nested values with white space', [CELL_SPACED_NESTED, '[ 1,\n "a b" ]'], '"[1,""a b""]"'],
    ['an empty array', [CELL_SPACED_NESTED, '[ ]'], '[]'],
    ['a quote without quotes', 'x"y', 'x"y', raw],
    ['blanks without quotes', ' x ', ' x ', raw],
  ])('%s', (_, cell, written, target = {}) => {
    const delimiter = String.fromCharCode(target.delimiter ?? 0x2c)
    const header = `a${delimiter}b${delimiter}c\n`
    expect(write([{ a: cell, b: '1', c: cell }], target)).toEqual({
      text: `${header}${written}${delimiter}1${delimiter}${written}\n`,
      rejects: [],
    })
  })
})

describe('long fields', () => {
  it.each([
    ['clean', 'x'.repeat(200_000), 'x'.repeat(200_000)],
    ['quoted', 'x,'.repeat(100_000), `"${'x,'.repeat(100_000)}"`],
    ['all quotes', '"'.repeat(200_000), `"${'"'.repeat(400_000)}"`],
    ['a trailing blank', `${'x'.repeat(100)} `, `"${'x'.repeat(100)} "`],
  ])('%s', (_, text, written) => {
    expect(write([{ a: text, b: '1' }])).toEqual({ text: `a,b\n${written},1\n`, rejects: [] })
  })
})

it('writes the other fields of a row with a long one as those of any row', () => {
  const long = 'x'.repeat(100_000)
  const record: Cells = { a: '', b: [CELL_NULL, ''], c: [CELL_ESCAPED_STRING, String.raw`\u002c`], d: long, e: ' ' }
  const written = `a,b,c,d,e,f\n,NULL,",",${long}," ",NULL\n`
  expect(write([record, { f: '1' }], { nullText: 'NULL' }).text).toBe(`${written}NULL,NULL,NULL,NULL,NULL,1\n`)
})

describe('rows', () => {
  it('end in CRLF where they should', () => {
    expect(write([{ a: '1' }], { lineEnd: 'crlf' }).text).toBe('a\r\n1\r\n')
  })

  it('come without a header where there should be none', () => {
    expect(write([{ a: '1', b: '2' }], { hasHeader: false }).text).toBe('1,2\n')
  })

  it('have a tab between fields in tsv', () => {
    expect(write([{ a: '1,2', 'b\t': '3' }], {}, tsv).text).toBe('a\t"b\t"\n1,2\t3\n')
  })

  it('take the place of each field from the header, with the empty field for what is missing', () => {
    expect(
      write([
        { a: '1', b: '2' },
        { b: '3', c: '4' },
        { c: '5', a: '6' },
      ]).text,
    ).toBe('a,b,c\n1,2,\n,3,4\n6,,5\n')
  })

  it('have the text of null for what is missing', () => {
    expect(write([{ a: '1', b: '2' }, { b: '3' }], { nullText: 'NULL' }).text).toBe('a,b\n1,2\nNULL,3\n')
  })

  it('are never blank lines', () => {
    expect(write([{ a: '' }, { a: [CELL_NULL, ''] }]).text).toBe('a\n""\n""\n')
    expect(write([{ '': '1' }]).text).toBe('""\n1\n')
  })

  it('are passed over where they are rejected', () => {
    const writer = csv.createWriter(createPlan())
    fillBatch([{ a: '1' }, { a: '2' }, { a: '3' }])
    batch.rowShape[1] = REJECTED_ROW
    const { output, text } = createTarget(batch)
    writer.learnColumns(batch)
    writer.write(batch, output)
    expect(text()).toBe('a\n1\n3\n')
  })

  it('never make a file seem to start with a byte order mark', () => {
    expect(write([{ '\ufeffa': '\xef\xbb\xbf1' }]).text).toBe('"\xef\xbb\xbfa"\n\xef\xbb\xbf1\n')
    expect(write([{ a: '\xef\xbb\xbf1' }], { hasHeader: false }).text).toBe('"\xef\xbb\xbf1"\n')
  })
})

describe('what a target without quotes cannot hold', () => {
  it.each<[title: string, record: Cells, column: string, target?: Partial<DelimitedTarget>]>([
    ['a delimiter', { a: '1', b: '1,2' }, 'b'],
    ['LF', { a: '1\n', b: '' }, 'a'],
    ['CR', { a: '\r', b: '' }, 'a'],
    ['an escaped delimiter', { a: [CELL_ESCAPED_STRING, String.raw`\u002c`], b: '' }, 'a'],
    ['the text of null', { a: 'NULL', b: '' }, 'a', { nullText: 'NULL' }],
    ['nested values', { a: [CELL_SPACED_NESTED, '[1, 2]'], b: '' }, 'a'],
  ])('%s', (_, record, column, target) => {
    const good = { a: 'x', b: '"y"' }
    expect(write([good, record, good], { ...raw, ...target })).toEqual({
      text: 'a,b\nx,"y"\nx,"y"\n',
      rejects: [`UNREPRESENTABLE 2 ${column}`],
    })
  })

  it('a blank line', () => {
    expect(write([{ a: '' }, { a: [CELL_NULL, ''] }, { a: '1' }], raw)).toEqual({
      text: 'a\n1\n',
      rejects: ['UNREPRESENTABLE 1 a', 'UNREPRESENTABLE 2 a'],
    })
  })

  it('a byte order mark at the start, but one later', () => {
    const records = [{ a: '\xef\xbb\xbf1' }, { a: '2' }, { a: '\xef\xbb\xbf3' }]
    expect(write(records, { ...raw, hasHeader: false })).toEqual({
      text: '2\n\xef\xbb\xbf3\n',
      rejects: ['UNREPRESENTABLE 1 a'],
    })
  })

  it('a name: then the file fails', () => {
    expect(() => write([{ 'a,b': '1' }], raw)).toThrow(expect.objectContaining({ code: 'UNREPRESENTABLE' }))
  })
})

describe('columns', () => {
  it('are written for a table without records', () => {
    expect(rewriteCsv('a,"b,c"\n', csv.createWriter(createPlan()))).toBe('a,"b,c"\n')
  })

  it('of an empty file are none', () => {
    expect(rewriteCsv('', csv.createWriter(createPlan()))).toBe('')
  })

  it('may come as long as no row is written', () => {
    const writer = csv.createWriter(createPlan())
    const { output, text } = createTarget(batch)
    fillBatch([{ a: '1' }])
    batch.rowShape[0] = REJECTED_ROW
    expect(writer.learnColumns(batch)).toBe(true)
    writer.write(batch, output)
    fillBatch([{ b: '2' }])
    expect(writer.learnColumns(batch)).toBe(true)
    writer.write(batch, output)
    expect(text()).toBe('a,b\n,2\n')
  })

  it('that come too late are told, collected, and used by the next writer', () => {
    const plan = createPlan()
    const first = csv.createWriter(plan)
    const { output } = createTarget(batch)
    const learn = (records: readonly Cells[]) => first.learnColumns(fillBatch(records))
    expect(learn([{ a: '1' }])).toBe(true)
    first.write(batch, output)
    expect(learn([{ b: '2', a: '3' }])).toBe(false)
    expect(learn([{ a: '4' }])).toBe(false)
    expect(learn([{ c: '5' }])).toBe(false)
    const second = csv.createWriter(plan, first.columns)
    const target = createTarget(batch)
    expect(second.learnColumns(fillBatch([{ a: '1' }, { b: '2', a: '3' }]))).toBe(true)
    second.write(batch, target.output)
    expect(target.text()).toBe('a,b,c\n1,,\n3,2,\n')
  })

  it('that come after a record without any are too late as well', () => {
    const writer = csv.createWriter(createPlan())
    const { output, text } = createTarget(batch)
    expect(writer.learnColumns(fillBatch([{}]))).toBe(true)
    writer.write(batch, output)
    expect(batch.rejects.map(({ code }) => code)).toEqual(['UNREPRESENTABLE'])
    expect(writer.learnColumns(fillBatch([{ a: '1' }]))).toBe(false)
    expect(text()).toBe('')
  })

  it('are those that were selected, and no others', () => {
    const select = [
      { name: 'b', source: 'y' },
      { name: 'a', source: 'x' },
    ]
    const writer = csv.createWriter({ ...createPlan(), select })
    const { output, text } = createTarget(batch)
    expect(writer.learnColumns(fillBatch([{ a: '1', b: '2' }, { a: '3' }]))).toBe(true)
    writer.write(batch, output)
    expect(writer.learnColumns(fillBatch([{ z: '4' }]))).toBe(true)
    expect(text()).toBe('b,a\n2,1\n,3\n')
  })

  it('are at most a million', () => {
    const anyKey = createKey('k')
    const keys = Array.from({ length: 1_000_001 }, (_, index) => ({ ...anyKey, name: `k${index}` }))
    batch.clear()
    batch.views = [{ cells: new Int32Array(keys.length), keys }]
    const writer = csv.createWriter(createPlan())
    expect(() => writer.learnColumns(batch)).toThrow(expect.objectContaining({ code: 'TOO_MANY_COLUMNS' }))
  })
})

describe('a table of strings', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', ',', ';', "'", '"', '\n', '\r', '\t', ' ', '\\', '\ufeff', '😀', 'N'),
    maxLength: 6,
  })
  const dialect = fc.record({
    delimiter: fc.constantFrom(0x2c, 0x3b, 0x09),
    quote: fc.constantFrom(0x22, 0x27),
    lineEnd: fc.constantFrom('lf', 'crlf'),
    nullText: fc.constantFrom(null, '', 'N'),
  })
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }))

  it('comes back as it was, in any dialect', () => {
    fc.assert(
      fc.property(table, dialect, fc.boolean(), fc.constantFrom(1, 3, 4096), (rows, dialect, hasHeader, chunkBytes) => {
        const records = rows.map((row) => Object.fromEntries(row.map((text, column) => [`c${column}`, toLatin1(text)])))
        const { text } = write(records, { ...dialect, hasHeader })
        const { delimiter, quote, nullText } = dialect
        const options = { delimiter, quote, escape: quote, nullText, hasHeader, trimAroundQuotes: true }
        const outcome = parseCsv(text, options, { chunkBytes })
        expect(outcome.rejects).toEqual([])
        expect(outcome.rows).toEqual(rows.map((row) => row.map(toLatin1)))
      }),
      { numRuns: fuzzRuns(1000) },
    )
  })

  it('goes through csv byte for byte, where it was quoted only as needed', () => {
    const source = 'id,name,note\n1,"x, y","say ""hi"""\n2,,\xc3\xa9\n'
    expect(rewriteCsv(source, csv.createWriter(createPlan()), {}, { chunkBytes: 7 })).toBe(source)
  })
})

function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
