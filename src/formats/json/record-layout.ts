import type { Key } from '../../batch/shape.ts'
import type { RecordLayout, ShapeNode } from './shape-node.ts'

// Everything about a record that follows from its names alone: which keys its cells have, whether a name occurs twice in one
// object, which cells an earlier duplicate gives up, and whether two flattened paths meet.

/** A member of an object that is being walked: the cells it gave so far are [firstCell, endCell). */
interface Member {
  readonly name: string
  readonly firstCell: number
  endCell: number
}

interface Cell {
  readonly index: number
  readonly raw: string
  readonly path: readonly string[]
  isKept: boolean
}

/**
 * Works out the layout of the record whose last step is `last`. Where an object has a name twice, the kept cells are those of
 * the later member. Takes time in proportion to the number of names.
 * @param keyOf makes the key of a cell from its innermost name as written and from its column (the path joined by dots).
 */
export function resolveLayout(
  last: ShapeNode,
  isFlattening: boolean,
  keyOf: (raw: string, column: string) => Key,
): RecordLayout {
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
      cells.push({
        index: cells.length,
        raw: step.raw,
        path: [...open.map((outer) => outer.name), member.name],
        isKept: true,
      })
    }
  }
  const kept = cells.filter((cell) => cell.isKept)
  const paths = isFlattening ? kept.map((cell) => cell.path) : []
  return {
    shape: { keys: kept.map((cell) => keyOf(cell.raw, cell.path.join('.'))) },
    keptCells: kept.length === cells.length ? null : Int32Array.from(kept.map((cell) => cell.index)),
    duplicateName,
    collidingColumn: findCollision(paths),
    paths: paths.map((path) => JSON.stringify(path)),
  }
}

/** The name that the last member of the object ending at `last` shares with another one, or null. Nothing in it is flattened. */
export function findDuplicate(last: ShapeNode): string | null {
  const seen = new Set<string>()
  for (let node: ShapeNode | null = last; node !== null && node.step === 'name'; node = node.parent) {
    const canonical = canonicalName(node.raw)
    if (seen.has(canonical)) return decodeName(node.raw)
    seen.add(canonical)
  }
  return null
}

/** The name (with its quotes) in [start, end) as it is written, one character a byte. */
export function rawName(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

/** The name that a JSON string, one character a byte and with its quotes, stands for. */
export function decodeName(raw: string): string {
  return JSON.parse(Buffer.from(raw, 'latin1').toString()) as string
}

/** The decoded name in UTF-8, one character a byte: equal for all ways to write a name. */
export function canonicalName(raw: string): string {
  return raw.includes('\\') ? Buffer.from(decodeName(raw)).toString('latin1') : raw.slice(1, -1)
}

function stepsTo(last: ShapeNode): ShapeNode[] {
  const steps: ShapeNode[] = []
  for (let node: ShapeNode | null = last; node !== null && node.step !== 'root'; node = node.parent) steps.push(node)
  return steps.toReversed()
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
