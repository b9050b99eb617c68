import type { Shape } from '../../../batch/shape.ts'

/** What the names of a record mean together, worked out once for each order of names. */
export interface RecordLayout {
  readonly shape: Shape
  /** The parsed cells that the shape's keys belong to, in order; null: all of them. */
  readonly keptCells: Int32Array | null
  /** A name that an object of the record (flattened ones included) has twice, decoded. */
  readonly duplicateName: string | null
  /** A column that two paths of the record meet in. */
  readonly collidingColumn: string | null
  /** The path of names that leads to each key, as JSON; empty where nothing is flattened. */
  readonly paths: readonly string[]
}

/** How a node is reached from its parent: by a name, or (flattening only) by an object's opening or closing brace. */
type Step = 'root' | 'name' | 'open' | 'close'

/** One place in the order of names. Made by ShapeTrie only. */
export class ShapeNode {
  readonly parent: ShapeNode | null
  readonly step: Step
  /** The name as it was written, quotes included, one character a byte. Empty but for names. */
  readonly raw: string
  /** Where the same bytes lie in the trie's `nameBytes`. */
  readonly nameStart: number
  readonly nameLength: number
  /** The name that followed last time. */
  next: ShapeNode | null = null
  children: Map<string, ShapeNode> | null = null
  /** The root for objects inside this member's value. */
  inside: ShapeNode | null = null
  opened: ShapeNode | null = null
  closed: ShapeNode | null = null
  layout: RecordLayout | null = null
  /** For the last name of a nested object: whether that object has a name twice; null: not known yet. */
  hasDuplicate: boolean | null = null

  constructor(parent: ShapeNode | null, step: Step, raw: string, nameStart: number) {
    this.parent = parent
    this.step = step
    this.raw = raw
    this.nameStart = nameStart
    this.nameLength = raw.length
  }
}
