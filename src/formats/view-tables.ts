// Kernels that encode rows cannot read a View: they find each one laid out in the keys region of the batch memory, where its
// writer's kernel expects it (kernels/assembly/encoded-rows.ts draws the region). Views live as long as the file, so a batch
// usually only needs its shapes pointed at what is there.
import { MAX_ROWS } from '../batch/batch-memory.ts'
import type { OutputBuffer } from '../batch/output-buffer.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import type { View } from '../batch/shape.ts'
import {
  ENDED_OUTPUT,
  OUTPUT,
  OUTPUT_END,
  OUTPUT_START,
  ROW,
  ROW_LIMIT,
  SHAPE_COUNT,
  SOURCE_ESCAPE,
  SOURCE_QUOTE,
} from '../kernels/call-frame.ts'
import type { Kernels } from '../kernels/load-kernels.ts'

/** Shapes that a batch may have in the kernels' eyes: as many as rows. */
const SHAPE_TABLE_BYTES = 4 * MAX_ROWS
/** What a writer may have besides views. */
export const LARGEST_CONSTANT_BYTES = 1024

/** In the shape table: rows of this shape are the reference's. */
const UNKNOWN = 0
const NO_ROOM = -1

/** The views of one writer, as its kernel reads them. */
export class ViewTables {
  readonly #layOut: (view: View) => Uint8Array | null
  readonly #constant: Uint8Array
  readonly #places = new Map<View, number>()
  /** Views that the kernel does not take, or that the whole region could not hold. */
  readonly #misfits = new WeakSet<View>()
  /** Where the next view goes. */
  #next = 0
  /** The shapes that are known to the kernel, by number. */
  #shapeCount = 0

  /**
   * @param layOut the kernel's form of a view, whole words; null: the kernel does not take it
   * @param constant at most LARGEST_CONSTANT_BYTES, to be found at `constantStart`
   */
  constructor(layOut: (view: View) => Uint8Array | null, constant: Uint8Array = new Uint8Array(0)) {
    this.#layOut = layOut
    this.#constant = constant
  }

  static constantStart(batch: RecordBatch): number {
    return batch.memory.keysStart + SHAPE_TABLE_BYTES
  }

  /** Shows the kernel a batch and its views, once before it is encoded. Views that the region has no room for stay unknown to it. */
  place(batch: RecordBatch, { frame }: Kernels): void {
    if (batch.keysOwner !== this) this.#start(batch)
    // The region may be full of views of earlier batches: it is then filled again with those of this one.
    if (!this.#placeAll(batch)) {
      this.#start(batch)
      this.#placeAll(batch)
    }
    frame[ROW_LIMIT] = batch.rowCount
    frame[SHAPE_COUNT] = this.#shapeCount
    frame[SOURCE_QUOTE] = batch.quoteByte
    frame[SOURCE_ESCAPE] = batch.escapeByte
  }

  #start(batch: RecordBatch): void {
    const constantStart = ViewTables.constantStart(batch)
    batch.keysOwner = this
    batch.memory.bytes.set(this.#constant, constantStart)
    this.#places.clear()
    this.#next = constantStart + LARGEST_CONSTANT_BYTES
  }

  /** Stops at the first view that there is no room for any more, and returns false then. */
  #placeAll(batch: RecordBatch): boolean {
    const { memory, views } = batch
    this.#shapeCount = Math.min(views.length, MAX_ROWS)
    const table = new Uint32Array(memory.bytes.buffer, memory.keysStart, this.#shapeCount)
    for (let shape = 0; shape < table.length; shape++) {
      const view = views[shape]!
      const place = this.#places.get(view) ?? this.#add(batch, view)
      if (place === NO_ROOM) {
        this.#shapeCount = shape
        return false
      }
      table[shape] = place
    }
    return true
  }

  #add({ memory }: RecordBatch, view: View): number {
    if (this.#misfits.has(view)) return UNKNOWN
    const largest = memory.keysEnd - memory.keysStart - SHAPE_TABLE_BYTES - LARGEST_CONSTANT_BYTES
    // Each column takes a word at least: a million of them need not be laid out to see that they do not fit.
    const bytes = 4 * view.cells.length > largest ? null : this.#layOut(view)
    if (bytes === null || bytes.length > largest) {
      this.#misfits.add(view)
      return UNKNOWN
    }
    const place = this.#next
    if (place + bytes.length > memory.keysEnd) return NO_ROOM
    memory.bytes.set(bytes, place)
    this.#places.set(view, place)
    this.#next = place + bytes.length
    return place
  }
}

/** How many columns of a view show the cell that most of them show; at least 1. Selecting a column twice makes it 2. */
export function countMostUses(cells: Int32Array): number {
  const uses = new Map<number, number>()
  let most = 1
  for (const cell of cells) {
    if (cell < 0) continue
    const count = (uses.get(cell) ?? 0) + 1
    uses.set(cell, count)
    if (count > most) most = count
  }
  return most
}

/**
 * Lets a kernel encode rows from `row` on, with flushes as it needs them.
 * @param encode the kernel, which was shown the batch (`ViewTables.place`)
 * @returns the first row that the kernel leaves to the reference, or the number of rows.
 */
export function encodeRows(frame: Uint32Array, row: number, output: OutputBuffer, encode: () => number): number {
  frame[ROW] = row
  frame[OUTPUT_START] = output.start
  frame[OUTPUT_END] = output.end
  for (;;) {
    frame[OUTPUT] = output.position
    const ended = encode()
    output.position = frame[OUTPUT]!
    if (ended !== ENDED_OUTPUT) return frame[ROW]
    output.flush()
  }
}
