import type { OutputBuffer } from '../../batch/output-buffer.ts'
import { REJECTED_ROW } from '../../batch/record-batch.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { Key } from '../../batch/shape.ts'
import type { RecordWriter } from '../format.ts'
import { LINE_FEED } from '../json/json-bytes.ts'
import { RecordEncoder } from '../json/record-encoder.ts'

/** Writes one record a line, each ended by a line feed. Every record keeps its own names, so there are no columns to learn. */
export class NdjsonWriter implements RecordWriter {
  readonly columns: readonly Key[] = []
  private readonly encoder = new RecordEncoder()

  learnColumns(): boolean {
    return true
  }

  write(batch: RecordBatch, output: OutputBuffer): void {
    for (let row = 0; row < batch.rowCount; row++) {
      const shape = batch.rowShape[row]!
      if (shape === REJECTED_ROW) continue
      this.encoder.encode(batch, row, batch.views[shape]!, output)
      const position = output.reserve(1)
      output.bytes[position] = LINE_FEED
      output.position = position + 1
    }
  }

  /** An NDJSON file without records is empty. */
  finish(): void {}
}
