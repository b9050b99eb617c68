import { createKey } from '../../../batch/shape.ts'
import type { Key } from '../../../batch/shape.ts'
import type { DataPlan } from '../../../model/data-plan.ts'
import { resolveFlattenedLayout } from './flattened-layout.ts'
import { JsonKey, decodeName, rawName } from '../text/json-key.ts'
import { findDuplicate, resolveLayout } from './record-layout.ts'
import { ShapeNode } from './shape-node.ts'
import type { RecordLayout } from './shape-node.ts'

// Records of one file mostly have the same names in the same order. The trie holds every order seen: a node stands for a name
// in its place behind certain others, and remembers what followed it the last time. A parser then only compares the bytes of
// the expected name, and whatever depends on the names alone (shape, duplicates, flattened columns) is worked out once per
// order and kept at its last node. Several shapes in turn cost one lookup a record, where their ways part.

/** Above this many nodes (some 20 MB with their keys) the trie is emptied before the next chunk: every record may have new names. */
const MAX_NODES = 65_536
const MAX_NAME_BYTES = 8 * 1024 * 1024

/** All orders of names seen lately, by the source bytes of the names. Shared by all files of a plan. */
export class ShapeTrie {
  root = new ShapeNode(null, 'root', '', 0)
  /** The bytes of all names behind one another, quotes included. */
  nameBytes = new Uint8Array(4096)
  readonly #isFlattening: boolean
  #nameBytesLength = 0
  #nodeCount = 0
  readonly #keys = new Map<string, Key>()

  constructor(isFlattening: boolean) {
    this.#isFlattening = isFlattening
  }

  /** Empties a trie that has grown too large. Nodes taken from it before must not be used any more. */
  limitMemory(): void {
    if (this.#nodeCount <= MAX_NODES && this.#nameBytesLength <= MAX_NAME_BYTES) return
    this.root = new ShapeNode(null, 'root', '', 0)
    this.nameBytes = new Uint8Array(4096)
    this.#nameBytesLength = 0
    this.#nodeCount = 0
    this.#keys.clear()
  }

  /** The node of the name (with its quotes) in [start, end) behind `node`; it is the one expected there from now on. */
  follow(node: ShapeNode, bytes: Uint8Array, start: number, end: number): ShapeNode {
    const raw = rawName(bytes, start, end)
    let child = node.next?.raw === raw ? node.next : node.children?.get(raw)
    if (child === undefined) {
      child = this.#count(new ShapeNode(node, 'name', raw, this.#addName(bytes, start, end)))
      // Most nodes only ever have one child, and a map of one costs more than all the rest.
      if (node.next !== null) (node.children ??= new Map([[node.next.raw, node.next]])).set(raw, child)
    }
    node.next = child
    return child
  }

  /** A node for a name that makes the record a reject: nothing leads to it, so it can never be expected. */
  detach(node: ShapeNode): ShapeNode {
    return new ShapeNode(node, 'name', '""', 0)
  }

  /** The root for objects inside the value of `member`; all elements of an array share it. */
  inside(member: ShapeNode): ShapeNode {
    return (member.inside ??= this.#count(new ShapeNode(null, 'root', '', 0)))
  }

  /** The place behind the opening brace of a flattened object. */
  open(member: ShapeNode): ShapeNode {
    return (member.opened ??= this.#count(new ShapeNode(member, 'open', '', 0)))
  }

  /** The place behind the closing brace of a flattened object. */
  close(last: ShapeNode): ShapeNode {
    return (last.closed ??= this.#count(new ShapeNode(last, 'close', '', 0)))
  }

  /** What the names from the root to `last` mean together. */
  layoutAt(last: ShapeNode): RecordLayout {
    return (last.layout ??= this.#isFlattening
      ? resolveFlattenedLayout(last, this.#columnKey)
      : resolveLayout(last, this.#nameKey))
  }

  /** The name of a member, decoded. */
  nameOf(member: ShapeNode): string {
    return decodeName(member.raw)
  }

  /** Whether the nested object whose last member is `last` has a name twice. */
  hasDuplicate(last: ShapeNode): boolean {
    return (last.hasDuplicate ??= findDuplicate(last) !== null)
  }

  /** The key of a name as the source wrote it. */
  readonly #nameKey = (raw: string): Key => {
    let key = this.#keys.get(raw)
    if (key === undefined) this.#keys.set(raw, (key = new JsonKey(raw)))
    return key
  }

  /** The key of a flattened column. */
  readonly #columnKey = (column: string): Key => {
    let key = this.#keys.get(column)
    if (key === undefined) this.#keys.set(column, (key = createKey(column)))
    return key
  }

  #count(node: ShapeNode): ShapeNode {
    this.#nodeCount++
    return node
  }

  #addName(bytes: Uint8Array, start: number, end: number): number {
    const at = this.#nameBytesLength
    this.#nameBytesLength += end - start
    if (this.#nameBytesLength > this.nameBytes.length) {
      const grown = new Uint8Array(2 * this.#nameBytesLength)
      grown.set(this.nameBytes)
      this.nameBytes = grown
    }
    this.nameBytes.set(bytes.subarray(start, end), at)
    return at
  }
}

const tries = new WeakMap<DataPlan, ShapeTrie>()

/** The trie of a plan. Its files mostly have the same names, so they share one; a worker has one plan at a time. */
export function shapeTrieOf(plan: DataPlan, isFlattening: boolean): ShapeTrie {
  let trie = tries.get(plan)
  if (trie === undefined) tries.set(plan, (trie = new ShapeTrie(isFlattening)))
  return trie
}
