import { MAX_ROWS, WINDOW_BYTES } from '../../batch/batch-memory.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { Kernels } from '../../kernels/load-kernels.ts'
import type { CsvDialect } from './csv-dialect.ts'

/** takeRows used its table up; otherwise the batch is full or the next row is odd: kernels/assembly/delimited-scan.ts. */
const ENDED_TABLE = 1

/** Room for the text that stands for null: the end of the kernels' own region, right before the row table. */
const NULL_TEXT_LIMIT = 128

interface RowsAhead {
  readonly shapeIndex: number
  readonly columnCount: number
  /** The number of the next record and its line, less the batch's bases. */
  readonly record: number
  readonly line: number
}

/** Takes regular records through the kernels, as many as there are, and leaves each odd one to the reader. */
export class FastRows {
  /** Rows taken and line feeds passed by the last `take`. */
  rowCount = 0
  lineCount = 0
  readonly #kernels: Kernels
  readonly #dialect: CsvDialect
  readonly #comment: number
  readonly #maxRecordBytes: number
  /** The window that the separator table is about; end 0: there is none. */
  #scannedFrom = 0
  #scannedEnd = 0

  constructor(kernels: Kernels, dialect: CsvDialect, comment: number, maxRecordBytes: number) {
    this.#kernels = kernels
    this.#dialect = dialect
    this.#comment = comment
    this.#maxRecordBytes = maxRecordBytes
  }

  /** The kernels know quotes that are doubled, or none. */
  static takesDialect(dialect: CsvDialect): boolean {
    return (
      (dialect.quote < 0 || dialect.escape === dialect.quote) &&
      !dialect.trimsAroundQuotes &&
      (dialect.nullText === null || dialect.nullText.length <= NULL_TEXT_LIMIT)
    )
  }

  /** Forgets what was scanned: the bytes in the memory are others now. */
  forget(): void {
    this.#scannedEnd = 0
  }

  /**
   * Takes records from `start` on, which begins one.
   * @returns where the next record begins: one that is not regular, not whole, or has no room in the batch.
   */
  take(batch: RecordBatch, start: number, end: number, ahead: RowsAhead): number {
    const kernels = this.#kernels
    const dialect = this.#dialect
    const { memory } = batch
    this.rowCount = 0
    this.lineCount = 0
    let position = start
    for (;;) {
      if (this.#scannedEnd === 0) {
        this.#scannedFrom = position
        this.#scannedEnd = Math.min(end, position + WINDOW_BYTES)
        kernels.scanSeparators(
          memory.separatorsStart,
          memory.linesStart,
          position,
          this.#scannedEnd,
          dialect.delimiter,
          dialect.quote,
        )
      }
      const ended = kernels.takeRows(
        memory.rowsStart,
        batch.rowCount,
        MAX_ROWS,
        memory.cellsStart + 8 * batch.cellCount,
        batch.cellCount,
        ahead.shapeIndex,
        ahead.record + this.rowCount,
        ahead.line + this.lineCount,
        position,
        ahead.columnCount,
        dialect.quote,
        this.#comment,
        this.#maxRecordBytes,
        this.#placeNullText(batch),
        dialect.nullText === null ? -1 : dialect.nullText.length,
      )
      const rows = kernels.takenRows()
      batch.rowCount += rows
      batch.cellCount += rows * ahead.columnCount
      this.rowCount += rows
      this.lineCount += kernels.takenLines()
      position = kernels.takenEnd()
      if (ended !== ENDED_TABLE || position === this.#scannedFrom) return position
      // The table is used up. What follows is the next window, or an odd record, or one that is not whole.
      const isWindowEnd = kernels.isCut() === 0 && this.#scannedEnd < end
      this.forget()
      if (!isWindowEnd) return position
    }
  }

  #placeNullText(batch: RecordBatch): number {
    const { nullText } = this.#dialect
    const place = batch.memory.rowsStart - NULL_TEXT_LIMIT
    if (nullText !== null) batch.memory.bytes.set(nullText, place)
    return place
  }
}
