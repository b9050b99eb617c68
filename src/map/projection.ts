import type { RecordBatch } from '../batch/record-batch.ts'
import { createKey, identityView, type Key, type Shape, type View } from '../batch/shape.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { DataPlan, SelectedColumn } from '../model/data-plan.ts'

/** Sets the views of a batch: which of its columns are written, in which order and under which names. */
export type Projection = (batch: RecordBatch) => void

interface ProjectionOptions extends Pick<DataPlan, 'select' | 'drop'> {
  /** Renames in place: columns that keep their order. Nothing where there is `select`. */
  readonly columns: readonly SelectedColumn[]
  /** True for delimited sources, where every record has every column: a selected column that is missing fails the file. */
  readonly isTable: boolean
}

/**
 * The half of a mapping that needs no look at values: choose, reorder, rename, leave out. No cell is moved or copied: a view only names the cells of a
 * shape. One view is made per shape, however many records have it.
 */
export function createProjection({ select, drop, columns, isTable }: ProjectionOptions): Projection {
  const views = new WeakMap<Shape, View>()
  const dropped = new Set(drop)
  const keysInPlace = new Map<string, Key[]>()
  for (const { name, source } of select === null ? columns : []) {
    keysInPlace.set(source, [...(keysInPlace.get(source) ?? []), createKey(name)])
  }
  const selectedKeys = select?.map((column) => createKey(column.name)) ?? []

  const createView = (shape: Shape): View => {
    if (!select) {
      const missing = isTable && columns.find(({ source }) => !shape.keys.some((key) => key.name === source))
      if (missing) throw unknownColumn(missing.source, shape)
      return dropped.size + keysInPlace.size === 0 ? identityView(shape) : viewInPlace(shape, dropped, keysInPlace)
    }
    const cellNumbers = new Map(shape.keys.map((key, cell) => [key.name, cell]))
    const cells: number[] = []
    const keys: Key[] = []
    select.forEach((column, index) => {
      const cell = cellNumbers.get(column.source)
      const key = selectedKeys[index]
      if (cell !== undefined && key) {
        cells.push(cell)
        keys.push(key)
      } else if (isTable) {
        throw unknownColumn(column.source, shape)
      }
    })
    return { cells: Int32Array.from(cells), keys }
  }

  return (batch) => {
    batch.views = batch.shapes.map((shape) => {
      let view = views.get(shape)
      if (!view) {
        view = createView(shape)
        views.set(shape, view)
      }
      return view
    })
  }
}

/** Columns in the order of the source, some left out, some under other names, perhaps more than one. */
function viewInPlace(shape: Shape, dropped: ReadonlySet<string>, renamed: ReadonlyMap<string, readonly Key[]>): View {
  const cells: number[] = []
  const keys: Key[] = []
  for (const [cell, key] of shape.keys.entries()) {
    if (dropped.has(key.name)) continue
    for (const shown of renamed.get(key.name) ?? [key]) {
      cells.push(cell)
      // A name that stays is written as the source wrote it.
      keys.push(shown.name === key.name ? key : shown)
    }
  }
  return { cells: Int32Array.from(cells), keys }
}

function unknownColumn(name: string, shape: Shape): MigrationError {
  const names = shape.keys.map((key) => JSON.stringify(key.name))
  const shown = names.length > 20 ? [...names.slice(0, 20), `and ${names.length - 20} more`] : names
  return new MigrationError('UNKNOWN_COLUMN', `no column ${JSON.stringify(name)} in this file`, {
    phase: 'map',
    hint: `its columns are ${shown.join(', ')}`,
  })
}
