import type { BatchMemory } from '../../../batch/batch-memory.ts'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import type { Shape } from '../../../batch/shape.ts'
import { COLON } from '../text/json-bytes.ts'

// The trie of names that the JSON kernel foretells records with, in the batch memory. It is a small copy of what ShapeTrie knows:
// only shapes that a record really had, and few enough. kernels/assembly/json-parse.ts draws a node; the two change together.

/** Words of a node before its name. */
const NEXT = 0
const SIBLING = 1
const LENGTH = 2
const SHAPE = 3
const HEAD_BYTES = 16
const NAME_UNIT_BYTES = 16
const SMALLEST_NODE_BYTES = HEAD_BYTES + NAME_UNIT_BYTES

/** What a node holds in place of a number of the batch: its shape has none there yet, or it has no shape. */
const UNUSED = -1
const NO_SHAPE = -2

/** The kernel asks the children of a node one after another. More of them mean that the names are not worth foretelling. */
const MAX_CHILDREN = 16

/** The shapes that the kernel knows. */
export class ShapeTable {
  /** The node that every path begins at. */
  readonly root: number
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #end: number
  #next = 0
  readonly #nodes = new Map<Shape, number>()
  readonly #shapes = new Map<number, Shape>()
  /** The nodes that hold a number of the present batch. */
  readonly #numbered: number[] = []

  constructor({ bytes, shapesStart, shapesEnd }: BatchMemory) {
    this.root = shapesStart
    this.#bytes = bytes
    this.#words = new Int32Array(bytes.buffer, 0, shapesEnd / 4)
    this.#end = shapesEnd
    this.#clear()
  }

  /** Enters a shape of the batch. One that is larger than the table is left out; one that finds no room empties the table first. */
  add(batch: RecordBatch, shape: Shape): void {
    if (this.#nodes.has(shape) || shape.keys.length * SMALLEST_NODE_BYTES > this.#end - this.root) return
    let node = this.#findPlace(shape)
    if (node === null) {
      this.#clear()
      node = this.#findPlace(shape)
    }
    if (node === null) return
    this.#nodes.set(shape, node)
    this.#shapes.set(node, shape)
    this.useIn(batch, node)
  }

  /** Gives the shape of a node its number in the batch. */
  useIn(batch: RecordBatch, node: number): void {
    this.#words[node / 4 + SHAPE] = batch.useShape(this.#shapes.get(node)!)
    this.#numbered.push(node)
  }

  /** Takes all numbers back: they were those of another batch. */
  beginBatch(): void {
    for (const node of this.#numbered) this.#words[node / 4 + SHAPE] = UNUSED
    this.#numbered.length = 0
  }

  #clear(): void {
    this.#nodes.clear()
    this.#shapes.clear()
    this.#numbered.length = 0
    this.#next = this.root
    this.#createNode(0)
  }

  /** The node that the shape's names lead to, made where it was not there; null where there is no room for it. */
  #findPlace(shape: Shape): number | null {
    let node: number | null = this.root
    for (const { json } of shape.keys) {
      node = this.#findChild(node, json) ?? this.#addChild(node, json)
      if (node === null) return null
    }
    return node
  }

  #findChild(node: number, name: Uint8Array): number | null {
    return this.#childrenOf(node).find((child) => this.#hasName(child, name)) ?? null
  }

  #addChild(node: number, name: Uint8Array): number | null {
    const siblings = this.#childrenOf(node)
    const length = name.length + 1
    const nodeBytes = HEAD_BYTES + Math.ceil(length / NAME_UNIT_BYTES) * NAME_UNIT_BYTES
    if (siblings.length === MAX_CHILDREN || this.#next + nodeBytes > this.#end) return null
    const child = this.#createNode(length)
    this.#bytes.set(name, child + HEAD_BYTES)
    this.#bytes[child + HEAD_BYTES + name.length] = COLON
    this.#words[child / 4 + SIBLING] = siblings[0] ?? child
    const last = siblings.at(-1)
    if (last !== undefined) this.#words[last / 4 + SIBLING] = child
    this.#words[node / 4 + NEXT] = child
    this.#next += nodeBytes - HEAD_BYTES
    return child
  }

  #createNode(length: number): number {
    const node = this.#next
    this.#words[node / 4 + NEXT] = 0
    this.#words[node / 4 + SIBLING] = node
    this.#words[node / 4 + LENGTH] = length
    this.#words[node / 4 + SHAPE] = NO_SHAPE
    this.#next += HEAD_BYTES
    return node
  }

  /** From the one that followed last on. */
  #childrenOf(node: number): number[] {
    const first = this.#words[node / 4 + NEXT]!
    const children: number[] = []
    for (let child = first; child !== 0; child = this.#words[child / 4 + SIBLING]!) {
      if (child === first && children.length > 0) break
      children.push(child)
    }
    return children
  }

  #hasName(node: number, name: Uint8Array): boolean {
    if (this.#words[node / 4 + LENGTH] !== name.length + 1) return false
    const start = node + HEAD_BYTES
    return name.every((byte, index) => this.#bytes[start + index] === byte)
  }
}
