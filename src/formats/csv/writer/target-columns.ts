// A delimited file has one header, before all records. Records of other formats bring their names one by one, so the columns
// are a union in the order of first sight, and a name that comes after the header is too late.
import type { RecordBatch } from '../../../batch/record-batch.ts'
import { createKey } from '../../../batch/shape.ts'
import type { Key, View } from '../../../batch/shape.ts'
import { MigrationError } from '../../../errors/migration-error.ts'
import type { SelectedColumn } from '../../../model/data-plan.ts'

const MAX_COLUMNS = 1_000_000

/** Cell numbers kept for all views together, 4 bytes each: records that all differ must not take columns times records. */
const MAX_KEPT_CELLS = 4 * 1024 * 1024

/** The columns of one target file. */
export class TargetColumns {
  /** In the order of first sight. */
  readonly keys: Key[] = []
  readonly #numbers = new Map<string, number>()
  readonly #isSelected: boolean
  #isClosed = false
  #isLate = false
  readonly #learntViews = new WeakSet<View>()
  #cellsOfViews = new WeakMap<View, Int32Array>()
  #keptCells = 0

  /** @param known columns learnt beforehand; `select` comes first: it says all columns there are. */
  constructor(select: readonly SelectedColumn[] | null, known: readonly Key[]) {
    this.#isSelected = select !== null
    for (const key of select === null ? known : select.map(({ name }) => createKey(name))) this.#add(key)
  }

  /** Takes the columns of a batch. Returns false once one of them came after `close`. */
  learn(batch: RecordBatch): boolean {
    if (this.#isSelected) return true
    for (const view of batch.acceptedViews ?? batch.views) {
      if (this.#learntViews.has(view)) continue
      this.#learntViews.add(view)
      for (const key of view.keys) this.#add(key)
    }
    return !this.#isLate
  }

  /** From now on every further column is too late. */
  close(): void {
    this.#isClosed = true
  }

  /** For every column the number of its cell in records of a view, or -1. Only after `close`: it is kept for the view. */
  cellsOf(view: View): Int32Array {
    const known = this.#cellsOfViews.get(view)
    if (known !== undefined) return known
    const cells = new Int32Array(this.keys.length).fill(-1)
    for (const [index, key] of view.keys.entries()) {
      const column = this.#numbers.get(key.name)
      if (column !== undefined) cells[column] = view.cells[index]!
    }
    this.#keptCells += cells.length
    if (this.#keptCells > MAX_KEPT_CELLS) {
      this.#cellsOfViews = new WeakMap()
      this.#keptCells = cells.length
    }
    this.#cellsOfViews.set(view, cells)
    return cells
  }

  #add(key: Key): void {
    if (this.#numbers.has(key.name)) return
    if (this.keys.length === MAX_COLUMNS) {
      throw new MigrationError('TOO_MANY_COLUMNS', `the records have more than ${MAX_COLUMNS} different keys`, {
        phase: 'encode',
        hint: '--select names the columns to keep; nested objects keep their keys to themselves without --nested flatten',
      })
    }
    this.#numbers.set(key.name, this.keys.length)
    this.keys.push(key)
    this.#isLate = this.#isClosed
  }
}
