import { REJECTED_ROW, type RecordBatch } from '../batch/record-batch.ts'
import type { Shape, View } from '../batch/shape.ts'
import type { ErrorCode } from '../errors/error-codes.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { ENTRIES_END, ENTRIES_START, ROW, ROW_LIMIT } from '../kernels/call-frame.ts'
import type { ColumnType, DataPlan } from '../model/data-plan.ts'
import { CellCaster, type Cast } from './cast-cell.ts'
import { CastTables } from './cast-tables.ts'

/** Characters of a value that a reject's message shows. */
const SHOWN_CHARACTERS = 60

/** What the mapping asks of the records of one shape. */
interface ShapeRules {
  readonly casts: readonly Cast[]
  /** Those whose cells the kernel leaves to the reference. */
  readonly jsonCasts: readonly Cast[]
  /** Why no record of this shape can be taken. */
  readonly fault: { readonly code: ErrorCode; readonly message: string; readonly column: string } | null
}

/** Casts the cells of one file's batches to the types of their columns, and rejects the records with a value that does not fit. */
export class BatchCaster {
  readonly #plan: DataPlan
  readonly #isTable: boolean
  readonly #caster: CellCaster
  readonly #tables = new CastTables()
  readonly #rulesOfShape = new WeakMap<Shape, ShapeRules>()

  constructor(plan: DataPlan, isTable: boolean) {
    this.#plan = plan
    this.#isTable = isTable
    this.#caster = new CellCaster(plan)
  }

  /** @throws MigrationError DUPLICATE_COLUMN where the mapping gives two columns of a table one name. */
  cast(batch: RecordBatch): void {
    const rules = batch.shapes.map((shape, index) => this.#rulesOf(shape, batch.views[index]!))
    if (rules.every(({ casts, fault }) => casts.length === 0 && fault === null)) return
    this.#caster.begin(batch)
    this.#tables.begin(batch)
    const rejectsBefore = batch.rejects.length
    for (let row = 0; row < batch.rowCount;) row = this.#castRun(batch, row, rules[batch.rowShape[row]!]!)
    if (!this.#isTable && batch.rejects.length > rejectsBefore) batch.acceptedViews = findAcceptedViews(batch)
  }

  /** Casts rows of one shape through the kernel as far as it goes, and then one by the reference. Returns the next row. */
  #castRun(batch: RecordBatch, row: number, rules: ShapeRules): number {
    const { casts, jsonCasts, fault } = rules
    const shape = batch.rowShape[row]!
    const { kernels } = batch
    const place = kernels !== null && fault === null ? this.#tables.place(batch, casts) : null
    let next = row
    if (kernels !== null && place !== null) {
      const { frame } = kernels
      frame[ROW] = row
      frame[ROW_LIMIT] = batch.rowCount
      frame[ENTRIES_START] = place.start
      frame[ENTRIES_END] = place.end
      kernels.castRows()
      next = frame[ROW]!
      if (jsonCasts.length > 0) for (let cast = row; cast < next; cast++) this.#castRow(batch, cast, jsonCasts)
      if (next === batch.rowCount || batch.rowShape[next] !== shape) return next
    }
    if (fault === null) this.#castRow(batch, next, casts)
    else batch.rejectRow(next, fault.code, fault.message, fault.column)
    return next + 1
  }

  #castRow(batch: RecordBatch, row: number, casts: readonly Cast[]): void {
    const firstCell = batch.rowFirstCell[row]!
    for (const cast of casts) {
      if (this.#caster.cast(firstCell + cast.cell, cast)) continue
      const value = this.#caster.describe(firstCell + cast.cell, SHOWN_CHARACTERS)
      batch.rejectRow(row, 'CAST', describeMisfit(value, cast), cast.source)
      return
    }
  }

  #rulesOf(shape: Shape, view: View): ShapeRules {
    let rules = this.#rulesOfShape.get(shape)
    if (rules === undefined) this.#rulesOfShape.set(shape, (rules = this.#makeRules(shape, view)))
    return rules
  }

  #makeRules(shape: Shape, view: View): ShapeRules {
    const cells = new Map(shape.keys.map(({ name }, cell) => [name, cell]))
    const casts = new Map<number, Cast>()
    let fault = this.#findTwins(view)
    for (const { source, type, emptyIsNull, isRequired } of this.#plan.columns) {
      const cell = cells.get(source)
      if (cell !== undefined) {
        // Every cell of a table is a string already.
        const changesNothing = (type === null || (type === 'string' && this.#isTable)) && !emptyIsNull && !isRequired
        if (!changesNothing) casts.set(cell, { cell, source, type, emptyIsNull, isRequired })
      } else if (isRequired) {
        const message = `the record has no ${JSON.stringify(source)}, which the mapping requires`
        fault ??= { code: 'CAST', message, column: source }
      }
    }
    const list = [...casts.values()]
    return { casts: list, jsonCasts: list.filter(({ type }) => type === 'json'), fault }
  }

  /** A column that keeps its name and one that gets it by the mapping. */
  #findTwins({ keys }: View): ShapeRules['fault'] {
    const names = new Set<string>()
    const twin = keys.find(({ name }) => names.size === names.add(name).size)
    if (twin === undefined) return null
    const message = `the mapping gives two columns the name ${JSON.stringify(twin.name)}`
    if (!this.#isTable) return { code: 'DUPLICATE_KEY', message, column: twin.name }
    throw new MigrationError('DUPLICATE_COLUMN', message, {
      phase: 'map',
      hint: 'drop the column of the source that has the name, or name it in the mapping too',
    })
  }
}

function describeMisfit(value: string, { source, type }: Cast): string {
  const column = JSON.stringify(source)
  if (value === 'null') return `null in column ${column}, which the mapping requires`
  return `${value} in column ${column} is ${MISFITS[type ?? 'string']}`
}

const MISFITS: Readonly<Record<ColumnType, string>> = {
  string: 'no string',
  integer: 'no integer',
  number: 'no number',
  boolean: 'no boolean (true or false)',
  json: 'no valid JSON',
}

/** Rejected records do not count for the columns of a target, so neither do shapes that only they have. */
function findAcceptedViews(batch: RecordBatch): readonly View[] {
  const views = new Set<View>()
  for (let row = 0; row < batch.rowCount; row++) {
    const shape = batch.rowShape[row]!
    if (shape !== REJECTED_ROW) views.add(batch.views[shape]!)
  }
  return [...views]
}
