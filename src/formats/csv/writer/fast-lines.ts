import type { OutputBuffer } from '../../../batch/output-buffer.ts'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import {
  HAS_CR_LF,
  TARGET_COLUMN_COUNT,
  TARGET_DELIMITER,
  TARGET_NULL_BYTES,
  TARGET_NULL_TEXT,
  TARGET_QUOTE,
} from '../../../kernels/call-frame.ts'
import type { Kernels } from '../../../kernels/load-kernels.ts'
import type { DelimitedTarget } from '../csv-settings.ts'
import { LARGEST_CONSTANT_BYTES, ViewTables, countMostUses, encodeRows } from '../../view-tables.ts'
import type { TargetColumns } from './target-columns.ts'

/** What a missing column has in place of 8 * cell number: kernels/assembly/encode-csv.ts. */
const NO_CELL = 0xffff_ffff

/** Encodes lines through the kernel, as many as it takes, and leaves each odd one to CsvWriter. */
export class FastLines {
  readonly #tables: ViewTables
  readonly #target: DelimitedTarget
  readonly #delimiter: number
  readonly #columnCount: number
  readonly #nullBytes: number

  /** @param columns of the target, closed, at least one. */
  constructor(target: DelimitedTarget, delimiter: number, columns: TargetColumns) {
    const nullText = target.nullText === null ? null : new TextEncoder().encode(target.nullText)
    this.#tables = new ViewTables((view) => layOutCells(columns.cellsOf(view)), nullText ?? undefined)
    this.#target = target
    this.#delimiter = delimiter
    this.#columnCount = columns.keys.length
    this.#nullBytes = nullText === null ? -1 : nullText.length
  }

  static takesTarget({ nullText }: DelimitedTarget): boolean {
    return nullText === null || Buffer.byteLength(nullText) <= LARGEST_CONSTANT_BYTES
  }

  /** Once for each batch, before `encode`. */
  prepare(batch: RecordBatch, kernels: Kernels): void {
    this.#tables.place(batch, kernels)
    const { frame } = kernels
    frame[TARGET_COLUMN_COUNT] = this.#columnCount
    frame[TARGET_DELIMITER] = this.#delimiter
    frame[TARGET_QUOTE] = this.#target.quote
    frame[HAS_CR_LF] = this.#target.lineEnd === 'crlf' ? 1 : 0
    frame[TARGET_NULL_TEXT] = ViewTables.constantStart(batch)
    frame[TARGET_NULL_BYTES] = this.#nullBytes
  }

  /** Encodes rows from `row` on. Returns the first one that it leaves to the reference, or the number of rows. */
  encode({ frame, encodeCsvRows }: Kernels, row: number, output: OutputBuffer): number {
    return encodeRows(frame, row, output, encodeCsvRows)
  }
}

function layOutCells(cells: Int32Array): Uint8Array {
  const words = new Uint32Array(1 + cells.length)
  words[0] = countMostUses(cells)
  for (const [column, cell] of cells.entries()) words[1 + column] = cell < 0 ? NO_CELL : 8 * cell
  return new Uint8Array(words.buffer)
}
