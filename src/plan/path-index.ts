import type { PathList } from './target-names.ts'

/**
 * Finds the number of a path among a million, in 8 to 16 bytes a path: an open-addressing table of numbers, with linear probing.
 * A Map would keep a second copy of each path and about 100 bytes beside it.
 */
export class PathIndex {
  private readonly paths: PathList
  /** Numbers plus one; 0 is a free slot. At most half of the slots are taken. */
  private readonly slots: Int32Array

  /** @param paths must not change afterwards. Of equal paths the first is found. */
  constructor(paths: PathList) {
    this.paths = paths
    this.slots = new Int32Array(slotCount(paths.length))
    for (let index = 0; index < paths.length; index++) {
      const path = paths.path(index)
      const slot = this.slotOf(path)
      if (this.slots[slot] === 0) this.slots[slot] = index + 1
    }
  }

  /** The number of a path, or -1. */
  find(path: string): number {
    return (this.slots[this.slotOf(path)] ?? 0) - 1
  }

  /** The slot that holds the path, or the free one where it belongs. */
  private slotOf(path: string): number {
    const mask = this.slots.length - 1
    for (let slot = hashText(path) & mask; ; slot = (slot + 1) & mask) {
      const index = (this.slots[slot] ?? 0) - 1
      if (index < 0 || this.paths.path(index) === path) return slot
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
