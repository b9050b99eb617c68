import {
  CELL_ESCAPED_STRING,
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_LENGTH_MASK,
  CELL_NULL,
  CELL_SPACED_NESTED,
  CELL_TEXT,
  packCell,
  type CellKind,
} from '../batch/cell.ts'
import { compactNested, decodeCellText } from '../batch/cell-text.ts'
import { REJECTED_ROW, type RecordBatch } from '../batch/record-batch.ts'
import { createKey, type Shape } from '../batch/shape.ts'
import type { DataPlan } from '../model/data-plan.ts'
import { findRecordEnd } from './find-record-end.ts'
import { LineReader } from './line-reader.ts'

// What the module of a third party's format is given: it imports nothing of Drover but types, so that it works with whatever copy of
// Drover loads it, and loads nothing that threads do not need.

/** The version of what is given to the module of a format, and of what is asked of it. */
export const FORMAT_INTERFACE = 1

/** Enters the next cell of the record that a reader is at. @param start where its bytes lie in the batch memory. */
function addCell(batch: RecordBatch, kind: CellKind, start: number, length: number): void {
  const word = 2 * batch.cellCount++
  batch.memory.cells[word] = start
  batch.memory.cells[word + 1] = packCell(kind, length)
}

/** Shapes by names: records with the same names in the same order must share one. */
class ShapeCache {
  readonly #shapes = new Map<string, Shape>()

  shapeOf(names: readonly string[]): Shape {
    const text = names.join('\0')
    let shape = this.#shapes.get(text)
    if (shape === undefined) {
      if (this.#shapes.size === MOST_SHAPES) this.#shapes.clear()
      this.#shapes.set(text, (shape = { keys: names.map((name) => createKey(name)) }))
    }
    return shape
  }
}

/** More would be names that never come again. */
const MOST_SHAPES = 10_000

/** Where the text of a cell lies: in its record, or decoded in the scratch region until the next cell is located. */
class CellText {
  start = 0
  end = 0

  /** @param cell its number in the row; -1: none. @returns false for null, and for no cell. */
  locate(batch: RecordBatch, row: number, cell: number): boolean {
    if (cell < 0) return false
    const { bytes, cells, scratchStart } = batch.memory
    const word = 2 * (batch.rowFirstCell[row]! + cell)
    const start = cells[word]!
    const kind = cells[word + 1]! >>> CELL_KIND_SHIFT
    const length = cells[word + 1]! & CELL_LENGTH_MASK
    if (kind === CELL_NULL) return false
    this.start = scratchStart
    if (kind === CELL_ESCAPED_TEXT || kind === CELL_ESCAPED_STRING) {
      this.end = decodeCellText(batch, kind, start, length)
    } else if (kind === CELL_SPACED_NESTED) {
      this.end = compactNested(bytes, start, start + length, scratchStart)
    } else {
      this.start = start
      this.end = start + length
    }
    return true
  }
}

/** What is given for the options that a format of a third party has of its own, as text. */
function givenOptions(plan: DataPlan, format: string): Readonly<Record<string, string>> {
  return (plan.formats[format] ?? {}) as Readonly<Record<string, string>>
}

export const FORMAT_TOOLS = {
  LineReader,
  ShapeCache,
  CellText,
  addCell,
  givenOptions,
  /** The kind of cells that are text as it stands. */
  CELL_TEXT,
  /** In place of the shape of a row that was rejected: writers pass over it. */
  REJECTED_ROW,
  findRecordEnd,
} as const

export type FormatTools = typeof FORMAT_TOOLS
