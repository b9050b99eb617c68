import type { DataPlan } from '../../../model/data-plan.ts'
import { csvSettings } from '../../csv/csv-settings.ts'
import type { RecordLayout } from './shape-node.ts'

/** The columns that nested objects of one file were flattened to: each belongs to the first path that made it. */
export class FlattenedColumns {
  readonly #pathOfColumn = new Map<string, string>()
  readonly #admitted = new WeakSet<RecordLayout>()

  /** Enters the columns of a record. Where one belongs to another path already, returns it and enters nothing; else null. */
  admit(layout: RecordLayout): string | null {
    if (this.#admitted.has(layout)) return null
    if (layout.collidingColumn !== null) return layout.collidingColumn
    const columns = layout.shape.keys.map((key) => key.name)
    const isTaken = (column: string, index: number): boolean =>
      (this.#pathOfColumn.get(column) ?? layout.paths[index]) !== layout.paths[index]
    const taken = columns.find(isTaken)
    if (taken !== undefined) return taken
    for (const [index, column] of columns.entries()) this.#pathOfColumn.set(column, layout.paths[index]!)
    this.#admitted.add(layout)
    return null
  }
}

/** True where nested objects become columns of their own: in tables alone. */
export function isFlattening(plan: DataPlan): boolean {
  return csvSettings(plan).target.nested === 'flatten'
}
