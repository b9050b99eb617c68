import type { OutputBuffer } from '../../batch/output-buffer.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { Kernels } from '../../kernels/load-kernels.ts'
import type { DelimitedTarget } from '../../model/data-plan.ts'
import { LARGEST_CONSTANT_BYTES, ViewTables, countMostUses, encodeRows } from '../view-tables.ts'
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
  prepare(batch: RecordBatch): void {
    this.#tables.place(batch)
  }

  /** Encodes rows from `row` on. Returns the first one that it leaves to the reference, or the number of rows. */
  encode(kernels: Kernels, batch: RecordBatch, row: number, output: OutputBuffer): number {
    const { memory } = batch
    return encodeRows(kernels, batch, row, output, (from) =>
      kernels.encodeCsvRows(
        memory.rowsStart,
        from,
        batch.rowCount,
        memory.cellsStart,
        memory.keysStart,
        this.#tables.shapeCount,
        memory.scratchStart,
        batch.quoteByte,
        batch.escapeByte,
        this.#columnCount,
        this.#delimiter,
        this.#target.quote,
        this.#target.lineEnd === 'crlf' ? 1 : 0,
        ViewTables.constantStart(batch),
        this.#nullBytes,
        output.start,
        output.position,
        output.end,
      ),
    )
  }
}

function layOutCells(cells: Int32Array): Uint8Array {
  const words = new Uint32Array(1 + cells.length)
  words[0] = countMostUses(cells)
  for (const [column, cell] of cells.entries()) words[1 + column] = cell < 0 ? NO_CELL : 8 * cell
  return new Uint8Array(words.buffer)
}
