import type { OutputBuffer } from '../../batch/output-buffer.ts'
import { REJECTED_ROW } from '../../batch/record-batch.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { Key } from '../../batch/shape.ts'
import type { RecordWriter } from '../format.ts'
import { FastRecords } from './records/fast-records.ts'
import { RecordEncoder } from './records/record-encoder.ts'

const OPENING = new TextEncoder().encode('[\n')
const SEPARATOR = new TextEncoder().encode(',\n')
const CLOSING = new TextEncoder().encode('\n]\n')
const EMPTY_ARRAY = new TextEncoder().encode('[]\n')

/** Writes one array with one record a line. Every record keeps its own names, so there are no columns to learn. */
export class JsonWriter implements RecordWriter {
  readonly columns: readonly Key[] = []
  readonly #encoder = new RecordEncoder()
  readonly #fastRecords = new FastRecords(',\n{', '}')
  #isEmpty = true

  learnColumns(): boolean {
    return true
  }

  write(batch: RecordBatch, output: OutputBuffer): void {
    const { kernels } = batch
    if (kernels !== null) this.#fastRecords.prepare(batch, kernels)
    for (let row = 0; row < batch.rowCount; row++) {
      // All records that the kernel writes have one before them.
      if (kernels !== null && !this.#isEmpty) row = this.#fastRecords.encode(kernels, row, output)
      if (row < batch.rowCount) this.#writeRow(batch, row, output)
    }
  }

  #writeRow(batch: RecordBatch, row: number, output: OutputBuffer): void {
    const shape = batch.rowShape[row]!
    if (shape === REJECTED_ROW) return
    output.append(this.#isEmpty ? OPENING : SEPARATOR)
    this.#isEmpty = false
    this.#encoder.encode(batch, row, batch.views[shape]!, output)
  }

  continueBehindRows(): void {
    this.#isEmpty = false
  }

  finish(output: OutputBuffer): void {
    output.append(this.#isEmpty ? EMPTY_ARRAY : CLOSING)
  }
}
