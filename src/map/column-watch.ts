import type { RecordBatch } from '../batch/record-batch.ts'
import type { Shape } from '../batch/shape.ts'
import { suggestNearest } from '../errors/suggest-nearest.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { UnseenColumn } from '../model/task-result.ts'

/** The columns of the source that the user named, in one order for all threads of a run. */
export function namedColumns({
  select,
  drop,
  columns,
}: Pick<DataPlan, 'select' | 'drop' | 'columns'>): readonly string[] {
  return [...new Set([...(select ?? []), ...columns].map(({ source }) => source).concat(drop))]
}

/** Names of a file that are kept for a suggestion. */
const KEPT_NAMES = 1000

/**
 * Looks which of the named columns occur in a file. Names belong to shapes, so that a record costs nothing, and once all columns are
 * seen neither does a batch.
 */
export class ColumnWatch {
  static readonly #OVER_NOTHING = new ColumnWatch([])
  readonly #unseen: Set<string>
  readonly #known = new WeakSet<Shape>()
  readonly #names = new Set<string>()

  private constructor(named: Iterable<string>) {
    this.#unseen = new Set(named)
  }

  /** A watch for one file. Where no column is named, all files share one, since many small files would feel it. */
  static over(plan: Pick<DataPlan, 'select' | 'drop' | 'columns'>): ColumnWatch {
    const { select, drop, columns } = plan
    const isAnyNamed = (select?.length ?? 0) + drop.length + columns.length > 0
    return isAnyNamed ? new ColumnWatch(namedColumns(plan)) : ColumnWatch.#OVER_NOTHING
  }

  /** Takes note of the shapes of a batch. */
  look(batch: RecordBatch): void {
    if (this.#unseen.size === 0) return
    for (const shape of batch.shapes) {
      if (this.#known.has(shape)) continue
      this.#known.add(shape)
      for (const { name } of shape.keys) {
        this.#unseen.delete(name)
        if (this.#names.size < KEPT_NAMES) this.#names.add(name)
      }
    }
  }

  /** A column that another thread has seen in the same file. */
  see(name: string): void {
    this.#unseen.delete(name)
  }

  isSeen(name: string): boolean {
    return !this.#unseen.has(name)
  }

  /** The columns that do not occur, each with the name that was probably meant. */
  unseenColumns(): UnseenColumn[] {
    if (this.#unseen.size === 0) return []
    const names = [...this.#names]
    return [...this.#unseen].map((name) => ({ name, nearest: suggestNearest(name, names) ?? null }))
  }
}
