import type { RecordBatch } from '../batch/record-batch.ts'
import type { ColumnType } from '../model/data-plan.ts'
import { BOOLEAN_WORDS, type Cast } from './cast-cell.ts'

/** Codes of types in the kernel's table: assembly/cast-cells.ts. JSON text is the reference's. */
const TYPE_CODES: Readonly<Record<Exclude<ColumnType, 'json'>, number>> = {
  string: 1,
  integer: 2,
  number: 3,
  boolean: 4,
}
const ANY_TYPE = 0
const IS_REQUIRED = 8
const EMPTY_IS_NULL = 16

/** `truefalse` comes first. */
const WORDS_BYTES = 16

/** Where the kernel finds the columns of a shape: [start, end) of the batch memory. */
export interface TablePlace {
  readonly start: number
  readonly end: number
}

/** The types of columns as the kernel reads them, in the casts region of the batch memory. Laid out anew for each batch. */
export class CastTables {
  readonly #places = new Map<readonly Cast[], TablePlace>()
  #next = 0

  begin({ memory }: RecordBatch): void {
    memory.bytes.set(BOOLEAN_WORDS, memory.castsStart)
    this.#places.clear()
    this.#next = memory.castsStart + WORDS_BYTES
  }

  /** The place of a shape's columns, or null where there are more than the region holds. */
  place(batch: RecordBatch, casts: readonly Cast[]): TablePlace | null {
    return this.#places.get(casts) ?? this.#add(batch, casts)
  }

  #add({ memory }: RecordBatch, casts: readonly Cast[]): TablePlace | null {
    const words = casts.flatMap(layOut)
    const first = memory.castsStart + WORDS_BYTES
    if (first + 4 * words.length > memory.castsEnd) return null
    if (this.#next + 4 * words.length > memory.castsEnd) {
      this.#places.clear()
      this.#next = first
    }
    const place = { start: this.#next, end: this.#next + 4 * words.length }
    new Uint32Array(memory.bytes.buffer, place.start, words.length).set(words)
    this.#places.set(casts, place)
    this.#next = place.end
    return place
  }
}

function layOut({ cell, type, emptyIsNull, isRequired }: Cast): readonly number[] {
  if (type === 'json') return []
  const code = type === null ? ANY_TYPE : TYPE_CODES[type]
  return [8 * cell, code | (isRequired ? IS_REQUIRED : 0) | (emptyIsNull ? EMPTY_IS_NULL : 0)]
}
