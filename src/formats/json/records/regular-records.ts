import type { BatchMemory } from '../../../batch/batch-memory.ts'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import type { DataPlan } from '../../../model/data-plan.ts'
import {
  DEPTH_LIMIT,
  ENDED_ODD,
  ENDED_SHAPE,
  INPUT_END,
  LINE,
  MAX_RECORD_BYTES,
  POSITION,
  RECORD_SEPARATOR,
  UNUSED_NODE,
} from '../../../kernels/call-frame.ts'
import type { Kernels } from '../../../kernels/load-kernels.ts'
import { beginRows, endRows, type NextRecord } from '../../rows-by-kernel.ts'
import { isFlattening } from '../shapes/flattened-columns.ts'
import type { RecordLayout } from '../shapes/shape-node.ts'
import { ShapeTable } from '../shapes/shape-table.ts'
import { jsonSource } from '../json-settings.ts'

// The host of the JSON kernel (kernels/assembly/json-parse.ts): it takes regular records by the chunk and leaves each odd one to the
// parser, from which it learns the shape. Where names never repeat, asking the kernel for each record is lost time, so the credit
// that useless calls have is limited, and the pauses behind it grow.

/** Useless calls in a row, less the rows of useful ones, before the first pause, and before each later one. */
const FULL_CREDIT = 64
const SPARE_CREDIT = 4
/** Pauses in records: each is twice as long as the last, until the kernel has earned its credit back. */
const FIRST_PAUSE = 256
const LONGEST_PAUSE = 4096

interface RecordsAhead extends NextRecord {
  /** What ends a record: a line feed, or the comma of an array. */
  readonly separator: number
}

/** Takes regular records through the kernels, as many as there are. What it has learnt serves all files of a plan. */
export class RegularRecords {
  /** Rows taken and line feeds passed by the last `take`. */
  rowCount = 0
  lineCount = 0
  readonly #kernels: Kernels
  readonly #table: ShapeTable
  readonly #maxRecordBytes: number
  readonly #depthLimit: number
  /** True while the record that the kernel stopped before is with the parser. */
  #isLearning = false
  #credit = FULL_CREDIT
  #pauseLeft = 0
  #nextPause = FIRST_PAUSE

  constructor(kernels: Kernels, memory: BatchMemory, plan: DataPlan) {
    this.#kernels = kernels
    this.#table = new ShapeTable(memory)
    this.#maxRecordBytes = plan.maxRecordBytes
    // The record itself is the first level.
    this.#depthLimit = Math.max(0, jsonSource(plan).maxNesting - 1)
  }

  /** Prepares for a batch, or for more records of one. */
  begin(): void {
    const { frame } = this.#kernels
    frame[MAX_RECORD_BYTES] = this.#maxRecordBytes
    frame[DEPTH_LIMIT] = this.#depthLimit
    this.#table.beginBatch()
    this.#isLearning = false
  }

  /** False where the next record should go to the parser without asking. To be asked once a record. */
  isWorthwhile(): boolean {
    this.#isLearning = false
    if (this.#pauseLeft === 0) return true
    this.#pauseLeft--
    return false
  }

  /**
   * Takes records from `start` on, which begins one. [start, end) is valid UTF-8, and a line feed stands at `end` or at most a
   * cut character later.
   * @returns where the next record begins, white space before it included: one that is not regular, not whole, or has no room.
   */
  take(batch: RecordBatch, start: number, end: number, ahead: RecordsAhead): number {
    const kernels = this.#kernels
    const { frame } = kernels
    beginRows(frame, batch, start, ahead)
    frame[INPUT_END] = end
    frame[RECORD_SEPARATOR] = ahead.separator
    let ended = kernels.takeRecords()
    while (ended === ENDED_SHAPE) {
      this.#table.useIn(batch, frame[UNUSED_NODE]!)
      ended = kernels.takeRecords()
    }
    this.rowCount = endRows(frame, batch)
    this.lineCount = frame[LINE]! - ahead.line
    this.#isLearning = ended === ENDED_ODD
    this.#credit = Math.min(this.#credit + this.rowCount, FULL_CREDIT)
    if (this.#credit === FULL_CREDIT) this.#nextPause = FIRST_PAUSE
    return frame[POSITION]!
  }

  /** Takes note that the parser is given a record: where the kernel just stopped before it, having taken none, that was no use. */
  yieldRecord(): void {
    if (!this.#isLearning || this.rowCount > 0 || --this.#credit > 0) return
    this.#credit = SPARE_CREDIT
    this.#pauseLeft = this.#nextPause
    this.#nextPause = Math.min(2 * this.#nextPause, LONGEST_PAUSE)
  }

  /** Takes note of the layout that the parser found for that record. */
  learn(batch: RecordBatch, layout: RecordLayout): void {
    // Where cells were left out, the names of the shape are not those of the record.
    if (this.#isLearning && layout.keptCells === null) this.#table.add(batch, layout.shape)
    this.#isLearning = false
  }
}

const cache = new WeakMap<BatchMemory, { readonly plan: DataPlan; readonly regularRecords: RegularRecords }>()

/** The one host of a batch's memory, which begins anew with another plan; null where there are no kernels, or they do not do what the plan asks for. */
export function regularRecordsOf(batch: RecordBatch, plan: DataPlan): RegularRecords | null {
  const { kernels, memory } = batch
  if (kernels === null || isFlattening(plan)) return null
  const known = cache.get(memory)
  if (known?.plan === plan) return known.regularRecords
  const regularRecords = new RegularRecords(kernels, memory, plan)
  cache.set(memory, { plan, regularRecords })
  return regularRecords
}
