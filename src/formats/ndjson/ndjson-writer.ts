import type { OutputBuffer } from '../../batch/output-buffer.ts'
import { REJECTED_ROW } from '../../batch/record-batch.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { Key } from '../../batch/shape.ts'
import type { RecordWriter } from '../format.ts'
import { LINE_FEED } from '../json/text/json-bytes.ts'
import { FastRecords } from '../json/records/fast-records.ts'
import { RecordEncoder } from '../json/records/record-encoder.ts'

/** Writes one record a line, each ended by a line feed. Every record keeps its own names, so there are no columns to learn. */
export class NdjsonWriter implements RecordWriter {
  readonly columns: readonly Key[] = []
  readonly #encoder = new RecordEncoder()
  readonly #fastRecords = new FastRecords('{', '}\n')

  learnColumns(): boolean {
    return true
  }

  write(batch: RecordBatch, output: OutputBuffer): void {
    const { kernels } = batch
    if (kernels !== null) this.#fastRecords.prepare(batch, kernels)
    for (let row = 0; row < batch.rowCount; row++) {
      if (kernels !== null) row = this.#fastRecords.encode(kernels, row, output)
      if (row < batch.rowCount) this.#writeRow(batch, row, output)
    }
  }

  #writeRow(batch: RecordBatch, row: number, output: OutputBuffer): void {
    const shape = batch.rowShape[row]!
    if (shape === REJECTED_ROW) return
    this.#encoder.encode(batch, row, batch.views[shape]!, output)
    const position = output.reserve(1)
    output.bytes[position] = LINE_FEED
    output.position = position + 1
  }

  /** Nothing comes before the first row. */
  continueBehindRows(): void {}

  /** An NDJSON file without records is empty. */
  finish(): void {}
}
