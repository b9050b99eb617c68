import type { Key } from '../../../batch/shape.ts'
import { canonicalName, decodeName } from '../text/json-key.ts'
import { stepsTo } from './record-layout.ts'
import type { RecordLayout, ShapeNode } from './shape-node.ts'

// `--nested flatten`: which columns the steps through nested objects make, and whether two of them meet.

/** A member of an object that is being walked: the cells it gave so far are [firstCell, endCell). */
interface Member {
  readonly name: string
  readonly firstCell: number
  endCell: number
}

interface Cell {
  readonly index: number
  readonly path: readonly string[]
  isKept: boolean
}

/**
 * Works out the layout of the record whose last step is `last`, objects in it being flattened. Where an object has a name twice, the kept cells are those of
 * the later member. Takes time in proportion to the number of names.
 * @param keyOf makes the key of a column, whose name is the path to it joined by dots.
 */
export function resolveFlattenedLayout(last: ShapeNode, keyOf: (column: string) => Key): RecordLayout {
  const steps = stepsTo(last)
  const cells: Cell[] = []
  const scopes: Map<string, Member>[] = [new Map()]
  const open: Member[] = []
  let duplicateName: string | null = null
  for (const [index, step] of steps.entries()) {
    if (step.step === 'close') {
      scopes.pop()
      open.pop()!.endCell = cells.length
    }
    if (step.step !== 'name') continue
    const scope = scopes.at(-1)!
    const canonical = canonicalName(step.raw)
    const earlier = scope.get(canonical)
    if (earlier !== undefined) {
      duplicateName ??= decodeName(step.raw)
      for (let cell = earlier.firstCell; cell < earlier.endCell; cell++) cells[cell]!.isKept = false
    }
    const member = { name: decodeName(step.raw), firstCell: cells.length, endCell: cells.length + 1 }
    scope.set(canonical, member)
    if (steps[index + 1]?.step === 'open') {
      open.push(member)
      scopes.push(new Map())
    } else {
      cells.push({ index: cells.length, path: [...open.map((outer) => outer.name), member.name], isKept: true })
    }
  }
  const kept = cells.filter((cell) => cell.isKept)
  const paths = kept.map((cell) => cell.path)
  return {
    shape: { keys: kept.map((cell) => keyOf(cell.path.join('.'))) },
    keptCells: kept.length === cells.length ? null : Int32Array.from(kept.map((cell) => cell.index)),
    duplicateName,
    collidingColumn: findCollision(paths),
    paths: paths.map((path) => JSON.stringify(path)),
  }
}

function findCollision(paths: readonly (readonly string[])[]): string | null {
  const seen = new Set<string>()
  for (const path of paths) {
    const column = path.join('.')
    if (seen.has(column)) return column
    seen.add(column)
  }
  return null
}
