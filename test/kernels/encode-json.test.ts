import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CELL_TEXT } from '../../src/batch/cell.ts'
import { createKey, identityView } from '../../src/batch/shape.ts'
import type { Format } from '../../src/formats/format.ts'
import { json } from '../../src/formats/json/json.ts'
import { ndjson } from '../../src/formats/ndjson/ndjson.ts'
import { createPlan } from '../formats/csv/csv-driver.ts'
import { anyTable, hasSimd, outputSizes, textTable, writeTables, type Cell, type Table } from './encode-driver.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

const plan = createPlan()

const write = (
  engine: 'reference' | 'kernel',
  format: Format,
  tables: readonly Table[],
  outputBytes?: number,
): string => writeTables(engine, format, plan, tables, outputBytes).bytes.toString()

/** What both engines write. */
function writeBoth(format: Format, tables: readonly Table[]): string {
  const text = write('reference', format, tables)
  expect(write('kernel', format, tables)).toBe(text)
  return text
}

const namesOf = (letter: string, lengths: readonly number[]): string[] =>
  lengths.map((length, index) => `${index}${letter.repeat(length)}`)

/** A row for each name, of its own shape. */
function tableOfNames(names: readonly string[]): Table {
  const shapes = names.map((name) => ({ keys: [createKey(name)] }))
  const cells: readonly Cell[] = [{ kind: CELL_TEXT, bytes: Buffer.from('x') }]
  const rows = shapes.map((_, shape) => ({ shape, cells }))
  return { ...textTable([['']]), rows, shapes, views: shapes.map(identityView) }
}

describe.runIf(hasSimd)('the kernel that encodes JSON', () => {
  it.each([
    ['ndjson', ndjson],
    ['json', json],
  ])('writes any rows as the reference writes them, whatever room the output has: %s', (_, format) => {
    fc.assert(
      fc.property(fc.array(anyTable, { minLength: 1, maxLength: 3 }), outputSizes, (tables, outputBytes) => {
        expect(write('kernel', format, tables, outputBytes)).toBe(write('reference', format, tables, outputBytes))
      }),
      { numRuns: fuzzRuns(400) },
    )
  })

  it('escapes each byte that needs it, at every place of a block', () => {
    const bytes = Array.from({ length: 0x80 }, (_, byte) => String.fromCharCode(byte))
    const rows = bytes.flatMap((byte) => [0, 1, 14, 15, 16, 17, 40].map((place) => ['-'.repeat(place) + byte + '--']))
    const lines = writeBoth(ndjson, [textTable([['first'], ...rows])])
      .split('\n')
      .slice(1, -1)
    expect(lines).toEqual(rows.map(([a]) => JSON.stringify({ a })))
  })

  it('meets the end of the output at every byte of a row', () => {
    const table = textTable([
      ['x', 'some text that is longer than a block'],
      ['"quoted"', '\u0000\u0001'],
      ['\u0001'.repeat(60), '\u001f'.repeat(20)],
      ['', ''],
    ])
    const expected = write('reference', ndjson, [table, table])
    for (let outputBytes = 1; outputBytes < 700; outputBytes++) {
      expect(write('kernel', ndjson, [table, table], outputBytes)).toBe(expected)
    }
  })

  it('writes rows itself that fit, flushing between them', () => {
    const rows = Array.from({ length: 200 }, (_, row) => [`${row}`, 'x'.repeat(row)])
    const { bytes, flushCount } = writeTables('kernel', ndjson, plan, [textTable(rows)], 2000)
    expect(bytes.toString()).toBe(rows.map(([a, b]) => JSON.stringify({ a, b }) + '\n').join(''))
    expect(flushCount).toBeGreaterThan(10)
  })

  it('takes names of any length, and leaves those to the reference that the region cannot hold', () => {
    const names = [1, 7, 8, 16, 17, 300, 70_000, 900_000, 2_000_000].map((length) => 'n'.repeat(length))
    const shapes = names.map((name) => ({ keys: [createKey('a'), createKey(name)] }))
    const cells = ['1', '2'].map((text): Cell => ({ kind: CELL_TEXT, bytes: Buffer.from(text) }))
    const rows = names.map((_, shape) => ({ shape, cells }))
    const table = { ...textTable([['']]), shapes, views: shapes.map(identityView), rows }
    const lines = names.map((name) => JSON.stringify({ a: '1', [name]: '2' }) + '\n')
    expect(writeBoth(ndjson, [table, table])).toBe([...lines, ...lines].join(''))
  })

  it('fills the region again when a file has had more shapes than it holds', () => {
    const tables = Array.from({ length: 60 }, (_, number) => tableOfNames([`${number}${'n'.repeat(50_000)}`]))
    const twice = [...tables, ...tables.toReversed()]
    expect(write('kernel', ndjson, twice)).toBe(write('reference', ndjson, twice))
  })

  it('leaves shapes of one batch to the reference that the region has no room for beside the others', () => {
    const even = Array.from({ length: 22 }, () => 40_000)
    const tables = [namesOf('m', even), namesOf('n', even.with(10, 600_000)), namesOf('o', even)].map(tableOfNames)
    expect(write('kernel', ndjson, tables)).toBe(write('reference', ndjson, tables))
  })

  it('writes records without columns as the reference does', () => {
    const empty = { keys: [] }
    const one = { keys: [createKey('a')] }
    const row = { shape: 1, cells: [{ kind: CELL_TEXT, bytes: Buffer.from('x') }] } as const
    const none = { shape: 0, cells: [] }
    const shapes = [empty, one]
    const table = { ...textTable([['']]), shapes, views: shapes.map(identityView), rows: [row, none, none, row, none] }
    expect(writeBoth(ndjson, [table])).toBe('{"a":"x"}\n{}\n{}\n{"a":"x"}\n{}\n')
    expect(writeBoth(json, [table])).toBe('[\n{"a":"x"},\n{},\n{},\n{"a":"x"},\n{}\n]\n')
  })

  it('gives up no names to another writer on the same memory', () => {
    const [one, other] = [textTable([['x'], ['y']]), { ...textTable([['z'], ['w']]) }]
    const shape = { keys: [createKey('other')] }
    const renamed = { ...other, shapes: [shape], views: [identityView(shape)] }
    writeBoth(ndjson, [one])
    expect(writeBoth(json, [renamed])).toBe('[\n{"other":"z"},\n{"other":"w"}\n]\n')
    expect(writeBoth(ndjson, [one])).toBe('{"a":"x"}\n{"a":"y"}\n')
  })
})
