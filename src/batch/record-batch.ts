import type { Kernels } from '../kernels/load-kernels.ts'
import type { ErrorCode } from '../errors/error-codes.ts'
import { MAX_ROWS, type BatchMemory } from './batch-memory.ts'
import { createChecksum, type Checksum } from './checksum.ts'
import type { Shape, View } from './shape.ts'

/** A record that could not be converted. Positions in bytes count from 0 in the decoded source, its BOM included. */
export interface Reject {
  readonly code: ErrorCode
  /** What is wrong and which option would accept it. */
  readonly message: string
  /** Counts from 1. */
  readonly record: number
  /** The line that the record starts in; counts from 1. */
  readonly line: number
  readonly byteStart: number
  /** Exclusive; the line end does not belong to the record. */
  readonly byteEnd: number
  readonly column?: string
  /** False: the bytes are not in the batch memory (RECORD_TOO_LARGE). */
  readonly hasRaw: boolean
}

/** Marks a row that a later stage rejected or dropped: writers pass over it. */
export const REJECTED_ROW = -1

/**
 * The parsed records of a chunk: field views over the chunk's bytes, row after row, and no object per row or field.
 * Readers fill it, the mapping sets `views`, writers walk it. One batch serves a thread for all its files; everything in it
 * is borrowed until `clear`.
 *
 *     rows:   row r has the cells rowFirstCell[r] ... of shapes[rowShape[r]].keys.length cells
 *     cells:  see cell.ts
 */
export class RecordBatch {
  readonly memory: BatchMemory
  /** Bound to the memory; null: the reference twins do all the work. */
  readonly kernels: Kernels | null
  /** Fast for bytes of the memory. */
  readonly checksum: Checksum
  readonly maxRows = MAX_ROWS
  rowCount = 0
  cellCount = 0
  readonly rowFirstCell: Uint32Array
  /** Index into `shapes`, or REJECTED_ROW. */
  readonly rowShape: Int32Array
  /** The record's raw bytes in the memory, line end left out. */
  readonly rowStart: Uint32Array
  readonly rowEnd: Uint32Array
  /** The record's number and line, less the bases (so that they fit 32 bits in any file). */
  readonly rowRecord: Uint32Array
  readonly rowLine: Uint32Array
  recordBase = 0
  lineBase = 0
  /** Offset in the decoded source of memory position 0: `position + sourceOffset` is where a byte lies in the file. */
  sourceOffset = 0
  /** Shapes in the order in which this batch first used them. */
  readonly shapes: Shape[] = []
  /** One for each shape, set by the mapping. */
  views: readonly View[] = []
  /** The views of rows that the mapping did not reject, in the order of their first rows; null: it rejected none, or a table's. */
  acceptedViews: readonly View[] | null = null
  readonly rejects: Reject[] = []
  /** Rows that are neither written nor rejected. */
  droppedCount = 0
  /** How escaped text of a delimited source is escaped; -1: not at all. Set by the reader. */
  quoteByte = -1
  escapeByte = -1
  /** What has last written to the memory's keys region. Not cleared with the rows. */
  keysOwner: object | null = null
  /** Set by a reader that needs more cells for the next record than are left. */
  isOutOfCells = false
  readonly #shapeIndexes = new Map<Shape, number>()

  constructor(memory: BatchMemory, kernels: Kernels | null = null) {
    this.memory = memory
    this.kernels = kernels
    this.checksum = createChecksum(memory, kernels)
    const { buffer } = memory
    const column = (number: number): [ArrayBuffer, number, number] => [
      buffer,
      memory.rowsStart + 4 * MAX_ROWS * number,
      MAX_ROWS,
    ]
    // The order of the columns is known to the kernels: assembly/rows.ts.
    this.rowFirstCell = new Uint32Array(...column(0))
    this.rowShape = new Int32Array(...column(1))
    this.rowStart = new Uint32Array(...column(2))
    this.rowEnd = new Uint32Array(...column(3))
    this.rowRecord = new Uint32Array(...column(4))
    this.rowLine = new Uint32Array(...column(5))
  }

  /** Forgets rows, cells, shapes and rejects; keeps the memory. */
  clear(): void {
    this.rowCount = 0
    this.cellCount = 0
    this.shapes.length = 0
    this.#shapeIndexes.clear()
    this.views = []
    this.acceptedViews = null
    this.rejects.length = 0
    this.droppedCount = 0
    this.isOutOfCells = false
  }

  /** The shape's number in this batch, entered when it is new here. */
  useShape(shape: Shape): number {
    const known = this.#shapeIndexes.get(shape)
    if (known !== undefined) return known
    const index = this.shapes.push(shape) - 1
    this.#shapeIndexes.set(shape, index)
    return index
  }

  /** True where no further row fits, or so many records are rejected that they should be written before more are. */
  get isFull(): boolean {
    return this.rowCount === MAX_ROWS || this.isOutOfCells || this.rejects.length >= MAX_ROWS
  }

  /** Leaves a row out that the reader had accepted: the mapping does not want it. */
  dropRow(row: number): void {
    this.rowShape[row] = REJECTED_ROW
    this.droppedCount++
  }

  /** Rejects a row that the reader had accepted: the mapping or the target cannot take it. */
  rejectRow(row: number, code: ErrorCode, message: string, column?: string): void {
    this.rowShape[row] = REJECTED_ROW
    this.rejects.push({
      code,
      message,
      record: this.recordBase + (this.rowRecord[row] ?? 0),
      line: this.lineBase + (this.rowLine[row] ?? 0),
      byteStart: this.sourceOffset + (this.rowStart[row] ?? 0),
      byteEnd: this.sourceOffset + (this.rowEnd[row] ?? 0),
      ...(column === undefined ? {} : { column }),
      hasRaw: true,
    })
  }
}
