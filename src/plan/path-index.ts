import type { PathList } from './target-names.ts'

/**
 * Finds the number of a path among a million, in 8 to 16 bytes a path: an open-addressing table of numbers, with linear probing.
 * A Map would keep a second copy of each path and about 100 bytes beside it. The table is made when it is first asked: a tree
 * that nobody has worked on needs none.
 */
export class PathIndex {
  readonly #paths: PathList
  /** Numbers plus one; 0 is a free slot. At most half of the slots are taken. */
  #slots: Int32Array | null = null

  /** @param paths must not change afterwards. Of equal paths the first is found. */
  constructor(paths: PathList) {
    this.#paths = paths
  }

  /** The number of a path, or -1. */
  find(path: string): number {
    this.#slots ??= this.#fillSlots()
    return (this.#slots[this.#slotOf(path, this.#slots)] ?? 0) - 1
  }

  #fillSlots(): Int32Array {
    const paths = this.#paths
    const slots = new Int32Array(slotCount(paths.length))
    for (let index = 0; index < paths.length; index++) {
      const slot = this.#slotOf(paths.path(index), slots)
      if (slots[slot] === 0) slots[slot] = index + 1
    }
    return slots
  }

  /** The slot that holds the path, or the free one where it belongs. */
  #slotOf(path: string, slots: Int32Array): number {
    const mask = slots.length - 1
    for (let slot = hashText(path) & mask; ; slot = (slot + 1) & mask) {
      const index = (slots[slot] ?? 0) - 1
      if (index < 0 || this.#paths.path(index) === path) return slot
    }
  }
}

/** A power of two, at least twice the number of entries. */
export function slotCount(entryCount: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, entryCount) * 2))
}

/** FNV-1a over the code units of a text (http://www.isthe.com/chongo/tech/comp/fnv/), with its bits mixed once more at the end. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
