import type { RecordBatch } from '../batch/record-batch.ts'
import { CELL, LINE, POSITION, RECORD, ROW } from '../kernels/call-frame.ts'

// What the hosts of the readers' kernels have in common: where a kernel begins, and what the batch has when it has ended.

/** The number of the next record and its line, less the batch's bases. */
export interface NextRecord {
  readonly record: number
  readonly line: number
}

/** Lets a kernel go on behind the rows of a batch. @param position of the next record, in the batch memory. */
export function beginRows(
  frame: Uint32Array,
  batch: RecordBatch,
  position: number,
  { record, line }: NextRecord,
): void {
  frame[ROW] = batch.rowCount
  frame[CELL] = batch.cellCount
  frame[RECORD] = record
  frame[LINE] = line
  frame[POSITION] = position
}

/** Counts in the rows and cells that the kernel has written. @returns how many rows they are. */
export function endRows(frame: Uint32Array, batch: RecordBatch): number {
  const firstRow = batch.rowCount
  batch.rowCount = frame[ROW]!
  batch.cellCount = frame[CELL]!
  return batch.rowCount - firstRow
}
