import type { OutputBuffer } from '../../batch/output-buffer.ts'
import { REJECTED_ROW } from '../../batch/record-batch.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { Key } from '../../batch/shape.ts'
import type { RecordWriter } from '../format.ts'
import { RecordEncoder } from './record-encoder.ts'

const OPENING = new TextEncoder().encode('[\n')
const SEPARATOR = new TextEncoder().encode(',\n')
const CLOSING = new TextEncoder().encode('\n]\n')
const EMPTY_ARRAY = new TextEncoder().encode('[]\n')

/** Writes one array with one record a line. Every record keeps its own names, so there are no columns to learn. */
export class JsonWriter implements RecordWriter {
  readonly columns: readonly Key[] = []
  private readonly encoder = new RecordEncoder()
  private isEmpty = true

  learnColumns(): boolean {
    return true
  }

  write(batch: RecordBatch, output: OutputBuffer): void {
    for (let row = 0; row < batch.rowCount; row++) {
      const shape = batch.rowShape[row]!
      if (shape === REJECTED_ROW) continue
      output.append(this.isEmpty ? OPENING : SEPARATOR)
      this.isEmpty = false
      this.encoder.encode(batch, row, batch.views[shape]!, output)
    }
  }

  finish(output: OutputBuffer): void {
    output.append(this.isEmpty ? EMPTY_ARRAY : CLOSING)
  }
}
