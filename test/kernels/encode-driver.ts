// Writes the same rows once through the reference and once through the kernels, as a conversion would.
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { createBatchMemory } from '../../src/batch/batch-memory.ts'
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
} from '../../src/batch/cell.ts'
import type { CellKind } from '../../src/batch/cell.ts'
import { OutputBuffer } from '../../src/batch/output-buffer.ts'
import { RecordBatch } from '../../src/batch/record-batch.ts'
import { createKey } from '../../src/batch/shape.ts'
import type { Key, Shape, View } from '../../src/batch/shape.ts'
import type { Format } from '../../src/formats/format.ts'
import { OUTPUT, OUTPUT_END } from '../../src/kernels/call-frame.ts'
import { loadKernels, type Kernels } from '../../src/kernels/load-kernels.ts'
import type { DataPlan } from '../../src/model/data-plan.ts'

export interface Cell {
  readonly kind: CellKind
  readonly bytes: Uint8Array
}

export interface Row {
  /** Index into the shapes; a rejected row has one too. */
  readonly shape: number
  readonly isRejected?: boolean
  readonly cells: readonly Cell[]
}

export interface Table {
  readonly shapes: readonly Shape[]
  /** One for each shape. */
  readonly views: readonly View[]
  readonly rows: readonly Row[]
  readonly quote: number
  readonly escape: number
}

export interface Written {
  readonly bytes: Buffer
  readonly rejects: readonly string[]
  /** Records that the kernel left to the reference do not show; flushes do. */
  readonly flushCount: number
}

const memory = createBatchMemory(2 * 1024 * 1024, 65_536)
const kernels = loadKernels(memory)

export const hasSimd = kernels !== null

/** The kernels, watched: they never write past the room that they are given, but for the pad. */
const watchedKernels = kernels && {
  ...kernels,
  encodeJsonRows: watch(kernels, kernels.encodeJsonRows),
  encodeCsvRows: watch(kernels, kernels.encodeCsvRows),
}

function watch({ frame }: Kernels, encode: () => number): () => number {
  return () => {
    const output = frame[OUTPUT]!
    const ended = encode()
    expect(frame[OUTPUT]).toBeGreaterThanOrEqual(output)
    expect(frame[OUTPUT]).toBeLessThanOrEqual(Math.max(output, frame[OUTPUT_END]!))
    return ended
  }
}

/** @param outputBytes how much of the output region there is. */
export function writeTables(
  engine: 'reference' | 'kernel',
  format: Format,
  plan: DataPlan,
  tables: readonly Table[],
  outputBytes = memory.outputEnd - memory.outputStart,
): Written {
  const pieces: Buffer[] = []
  const limited = { ...memory, outputEnd: memory.outputStart + outputBytes }
  const output = new OutputBuffer(limited, (bytes, start, end) => pieces.push(Buffer.from(bytes.slice(start, end))))
  const batch = new RecordBatch(memory, engine === 'kernel' ? watchedKernels : null)
  const writer = format.createWriter(
    plan,
    tables.flatMap(({ views }) => views.flatMap(({ keys }) => keys)),
  )
  const rejects: string[] = []
  for (const table of tables) {
    fill(batch, table)
    writer.learnColumns(batch)
    writer.write(batch, output)
    rejects.push(...batch.rejects.map(({ code, record, column }) => `${code} ${record} ${column}`))
  }
  writer.finish(output)
  output.flush()
  return { bytes: Buffer.concat(pieces), rejects, flushCount: pieces.length }
}

function fill(batch: RecordBatch, { shapes, views, rows, quote, escape }: Table): void {
  batch.clear()
  batch.quoteByte = quote
  batch.escapeByte = escape
  for (const shape of shapes) batch.useShape(shape)
  let position = memory.inputStart
  for (const [row, { shape, isRejected = false, cells }] of rows.entries()) {
    batch.rowFirstCell[row] = batch.cellCount
    batch.rowShape[row] = shape
    batch.rowStart[row] = position
    batch.rowRecord[row] = row + 1
    for (const { kind, bytes } of cells) {
      memory.bytes.set(bytes, position)
      memory.cells[2 * batch.cellCount] = position
      memory.cells[2 * batch.cellCount++ + 1] = packCell(kind, bytes.length)
      position += bytes.length
    }
    batch.rowEnd[row] = position
    if (isRejected) batch.rejectRow(row, 'UNREPRESENTABLE', 'for the test')
  }
  batch.rowCount = rows.length
  batch.views = views
}

/** Texts full of what writers must look at, of lengths about the kernels' 16 bytes. */
export const text: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(0, 1, 2, 7, 14, 15, 16, 17, 18, 31, 32, 33, 47, 48, 49, 120),
    fc.array(fc.tuple(fc.nat(130), fc.constantFrom(...specialTexts())), { maxLength: 3 }),
  )
  .map(([length, specials]) => {
    const built = Array.from({ length }, (_, index) => String.fromCharCode(0x61 + (index % 26)))
    for (const [place, special] of specials) built.splice(place % (built.length + 1), 0, special)
    return built.join('')
  })

function specialTexts(): string[] {
  const controls = Array.from({ length: 0x20 }, (_, byte) => String.fromCharCode(byte))
  return [
    ...controls,
    '"',
    '""',
    '\\',
    '\\\\',
    "'",
    ',',
    ';',
    '\t',
    ' ',
    '\r\n',
    '\u007f',
    'ü',
    '€',
    '😀',
    '\ufeff',
    'NA',
  ]
}

const jsonValue = fc.jsonValue({ maxDepth: 3 })
const encode = (value: string): Uint8Array => Buffer.from(value)

/** The inside of a JSON string, any character of it perhaps as an escape. */
const escapedString = fc.tuple(text, fc.array(fc.nat(5), { minLength: 1, maxLength: 9 })).map(([value, choices]) => {
  const units = Array.from(value, (character, index) => {
    if (choices[index % choices.length]! > 0) return JSON.stringify(character).slice(1, -1)
    if (character === '/') return '\\/'
    return Array.from({ length: character.length }, (_, unit) => {
      const hex = character.charCodeAt(unit).toString(16).padStart(4, '0')
      return `\\u${index % 2 === 0 ? hex : hex.toUpperCase()}`
    }).join('')
  })
  return units.join('')
})

const cell = (kind: CellKind, value: fc.Arbitrary<string>): fc.Arbitrary<Cell> =>
  value.map((raw) => ({ kind, bytes: encode(raw) }))

/** A cell of any kind, as readers make them. */
export function anyCell(quote: number, escape: number): fc.Arbitrary<Cell> {
  const quoteText = String.fromCharCode(quote)
  const escapeText = String.fromCharCode(escape)
  return fc.oneof(
    { weight: 4, arbitrary: cell(CELL_TEXT, text) },
    {
      weight: 2,
      arbitrary: cell(
        CELL_ESCAPED_TEXT,
        text.map((value) => {
          const escaped = new Set([quoteText, escapeText])
          return Array.from(value + quoteText, (one) => (escaped.has(one) ? escapeText + one : one)).join('')
        }),
      ),
    },
    {
      weight: 2,
      arbitrary: cell(
        CELL_STRING,
        text.map((value) => value.replaceAll(/["\\\u0000-\u001f]/g, '_')),
      ),
    },
    { weight: 2, arbitrary: cell(CELL_ESCAPED_STRING, escapedString) },
    {
      weight: 1,
      arbitrary: cell(CELL_NUMBER, fc.constantFrom('0', '-1.10', '1e400', '123456789012345678901234567890')),
    },
    { weight: 1, arbitrary: cell(CELL_BOOLEAN, fc.constantFrom('true', 'false')) },
    { weight: 1, arbitrary: cell(CELL_NULL, fc.constantFrom('', 'NA', 'null')) },
    {
      weight: 1,
      arbitrary: cell(
        CELL_NESTED,
        jsonValue.map((value) => JSON.stringify([value])),
      ),
    },
    {
      weight: 1,
      arbitrary: cell(
        CELL_SPACED_NESTED,
        jsonValue.map((value) => JSON.stringify({ value }, null, '\t ')),
      ),
    },
  )
}

const key: fc.Arbitrary<Key> = fc
  .tuple(fc.nat(12), fc.constantFrom('', '', '', '"', 'ü', ' ', ',', '_'.repeat(11), '_'.repeat(12), '_'.repeat(40)))
  .map(([number, tail]) => createKey(`k${number}${tail}`))

/** What a mapping may make of a shape: all of it, some of it in any order, a column more than once, nothing. */
const anyView = ({ keys }: Shape): fc.Arbitrary<View> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.constant([...keys.keys()]) },
      { weight: 2, arbitrary: fc.shuffledSubarray([...keys.keys()]) },
      { weight: 2, arbitrary: fc.array(fc.nat(keys.length - 1), { minLength: 1, maxLength: 6 }) },
    )
    .map((cells) => ({
      cells: Int32Array.from(cells),
      keys: cells.map((cell, index) =>
        cells.indexOf(cell) === index ? keys[cell]! : createKey(`${keys[cell]!.name} again ${index}`),
      ),
    }))

/** Batches with rows of several shapes and all kinds of cells, some rejected. */
export const anyTable: fc.Arbitrary<Table> = fc
  .tuple(
    fc.array(fc.uniqueArray(key, { minLength: 1, maxLength: 9, selector: ({ name }) => name }), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom([0x22, 0x22], [0x22, 0x5c], [0x27, 0x27], [0x5c, 0x5c]),
  )
  .chain(([keyLists, [quote, escape]]) => {
    const shapes = keyLists.map((keys): Shape => ({ keys }))
    const row = fc.nat(shapes.length - 1).chain((shape) => {
      const { length } = shapes[shape]!.keys
      return fc.record({
        shape: fc.constant(shape),
        isRejected: fc.nat(9).map((number) => number === 0),
        cells: fc.array(anyCell(quote, escape), { minLength: length, maxLength: length }),
      })
    })
    return fc.record({
      shapes: fc.constant(shapes),
      views: fc.tuple(...shapes.map(anyView)),
      rows: fc.array(row, { maxLength: 12 }),
      quote: fc.constant(quote),
      escape: fc.constant(escape),
    })
  })

/** Sizes of the output region at which nearly every row, some rows, and no row meets its end. */
export const outputSizes: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.integer({ min: 400, max: 8000 }),
  fc.constant(1024 * 1024),
)

/** A table of text columns `a`, `b`, ... */
export function textTable(rows: readonly (readonly (string | Cell)[])[]): Table {
  const width = rows[0]!.length
  const keys = Array.from({ length: width }, (_, column) => createKey(String.fromCharCode(0x61 + column)))
  return {
    shapes: [{ keys }],
    views: [{ keys, cells: Int32Array.from(keys.keys()) }],
    rows: rows.map((cells) => ({
      shape: 0,
      cells: cells.map((one) => (typeof one === 'string' ? { kind: CELL_TEXT, bytes: encode(one) } : one)),
    })),
    quote: 0x22,
    escape: 0x22,
  }
}
