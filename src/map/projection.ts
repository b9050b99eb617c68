import type { RecordBatch } from '../batch/record-batch.ts'
import { createKey, identityView, type Key, type Shape, type View } from '../batch/shape.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { SelectedColumn } from '../model/data-plan.ts'

/** Sets the views of a batch: which of its columns are written, in which order and under which names. */
export type Projection = (batch: RecordBatch) => void

interface ProjectionOptions {
  readonly select: readonly SelectedColumn[] | null
  readonly drop: readonly string[]
  /** True for delimited sources, where every record has every column: a selected column that is missing fails the file. */
  readonly isTable: boolean
}

/**
 * The smallest mapping: choose, reorder, rename, leave out. No cell is moved or copied: a view only names the cells of a
 * shape. One view is made per shape, however many records have it.
 */
export function createProjection({ select, drop, isTable }: ProjectionOptions): Projection {
  const views = new WeakMap<Shape, View>()
  const dropped = new Set(drop)
  const selectedKeys = select?.map((column) => createKey(column.name)) ?? []

  const createView = (shape: Shape): View => {
    if (!select) return dropped.size === 0 ? identityView(shape) : viewWithout(shape, dropped)
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

function viewWithout(shape: Shape, dropped: ReadonlySet<string>): View {
  const cells = [...shape.keys.keys()].filter((cell) => !dropped.has(shape.keys[cell]?.name ?? ''))
  return { cells: Int32Array.from(cells), keys: shape.keys.filter((key) => !dropped.has(key.name)) }
}

function unknownColumn(name: string, shape: Shape): MigrationError {
  const names = shape.keys.map((key) => JSON.stringify(key.name))
  const shown = names.length > 20 ? [...names.slice(0, 20), `and ${names.length - 20} more`] : names
  return new MigrationError('UNKNOWN_COLUMN', `no column ${JSON.stringify(name)} in this file`, {
    phase: 'map',
    hint: `its columns are ${shown.join(', ')}`,
  })
}
