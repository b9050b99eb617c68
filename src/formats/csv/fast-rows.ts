import { WINDOW_BYTES } from '../../batch/batch-memory.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import {
  COLUMN_COUNT,
  COMMENT,
  ENDED_TEXT,
  INPUT_END,
  IS_CUT,
  LINE,
  MAX_RECORD_BYTES,
  POSITION,
  SHAPE,
  SOURCE_DELIMITER,
  SOURCE_NULL_BYTES,
  SOURCE_NULL_TEXT,
  SOURCE_NULL_TEXT_WORDS,
  SOURCE_QUOTE,
} from '../../kernels/call-frame.ts'
import type { Kernels } from '../../kernels/load-kernels.ts'
import { beginRows, endRows, type NextRecord } from '../rows-by-kernel.ts'
import type { CsvDialect } from './csv-dialect.ts'

interface RowsAhead extends NextRecord {
  readonly shapeIndex: number
  readonly columnCount: number
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
      (dialect.nullText === null || dialect.nullText.length <= 4 * SOURCE_NULL_TEXT_WORDS)
    )
  }

  /** Begins with bytes of a file, once for each `parse`: what was scanned in the memory before is gone. */
  begin({ memory }: RecordBatch): void {
    const { delimiter, quote, nullText } = this.#dialect
    const { frame } = this.#kernels
    frame[SOURCE_DELIMITER] = delimiter
    frame[SOURCE_QUOTE] = quote
    frame[COMMENT] = this.#comment
    frame[MAX_RECORD_BYTES] = this.#maxRecordBytes
    frame[SOURCE_NULL_BYTES] = nullText === null ? -1 : nullText.length
    if (nullText !== null) memory.bytes.set(nullText, 4 * SOURCE_NULL_TEXT)
    this.#scannedEnd = 0
  }

  /**
   * Takes records from `start` on, which begins one.
   * @returns where the next record begins: one that is not regular, not whole, or has no room in the batch.
   */
  take(batch: RecordBatch, start: number, end: number, ahead: RowsAhead): number {
    const { frame } = this.#kernels
    beginRows(frame, batch, start, ahead)
    frame[COLUMN_COUNT] = ahead.columnCount
    frame[SHAPE] = ahead.shapeIndex
    this.#takeWindows(end)
    this.rowCount = endRows(frame, batch)
    this.lineCount = frame[LINE]! - ahead.line
    return frame[POSITION]!
  }

  #takeWindows(end: number): void {
    const kernels = this.#kernels
    const { frame } = kernels
    for (;;) {
      if (this.#scannedEnd === 0) {
        this.#scannedFrom = frame[POSITION]!
        this.#scannedEnd = Math.min(end, this.#scannedFrom + WINDOW_BYTES)
        frame[INPUT_END] = this.#scannedEnd
        kernels.scanSeparators()
      }
      if (kernels.takeRows() !== ENDED_TEXT || frame[POSITION] === this.#scannedFrom) return
      // The table is used up. What follows is the next window, or an odd record, or one that is not whole.
      const isWindowEnd = frame[IS_CUT] === 0 && this.#scannedEnd < end
      this.#scannedEnd = 0
      if (!isWindowEnd) return
    }
  }
}
