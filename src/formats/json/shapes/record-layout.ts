import type { Key } from '../../../batch/shape.ts'
import { canonicalName, decodeName } from '../text/json-key.ts'
import type { RecordLayout, ShapeNode } from './shape-node.ts'

// What follows from the names of a record alone: the keys of its cells, and what becomes of a name that occurs twice.

/**
 * Works out the layout of the record whose last name is `last`; nothing in it is flattened. Where a name occurs twice, the later
 * cell is kept. Takes time in proportion to the number of names.
 * @param keyOf makes the key of a name as it is written.
 */
export function resolveLayout(last: ShapeNode, keyOf: (raw: string) => Key): RecordLayout {
  const names = stepsTo(last)
  const keptCells = new Map<string, number>()
  let duplicateName: string | null = null
  for (const [cell, { raw }] of names.entries()) {
    const canonical = canonicalName(raw)
    // A map keeps the place of the first entry; the later one has its own.
    if (keptCells.delete(canonical)) duplicateName ??= decodeName(raw)
    keptCells.set(canonical, cell)
  }
  const isWhole = keptCells.size === names.length
  const kept = isWhole ? names : Array.from(keptCells.values(), (cell) => names[cell]!)
  return {
    shape: { keys: kept.map(({ raw }) => keyOf(raw)) },
    keptCells: isWhole ? null : Int32Array.from(keptCells.values()),
    duplicateName,
    collidingColumn: null,
    paths: [],
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

/** The steps from the root to `last`, the root left out. */
export function stepsTo(last: ShapeNode): ShapeNode[] {
  const steps: ShapeNode[] = []
  for (let node: ShapeNode | null = last; node !== null && node.step !== 'root'; node = node.parent) steps.push(node)
  return steps.toReversed()
}
