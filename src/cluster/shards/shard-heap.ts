/** Shards by what they hold so far: the one with the least is on top, of equal ones that with the lowest number. */
export class ShardHeap {
  readonly #loads: Float64Array
  /** A binary heap of shard numbers: the children of place p are at 2p + 1 and 2p + 2. */
  readonly #heap: Uint32Array

  /** @param shardCount at least 1. */
  constructor(shardCount: number) {
    this.#loads = new Float64Array(shardCount)
    this.#heap = Uint32Array.from({ length: shardCount }, (_, shard) => shard)
  }

  /** Gives a cost to the shard with the least load. @returns its number. */
  addToLeast(cost: number): number {
    const shard = this.#heap[0] ?? 0
    this.#loads[shard] = (this.#loads[shard] ?? 0) + cost
    this.#sink(shard)
    return shard
  }

  #sink(shard: number): void {
    const heap = this.#heap
    let place = 0
    for (;;) {
      const left = place * 2 + 1
      if (left >= heap.length) break
      const right = left + 1
      const child = right < heap.length && this.#isBefore(heap[right] ?? 0, heap[left] ?? 0) ? right : left
      if (!this.#isBefore(heap[child] ?? 0, shard)) break
      heap[place] = heap[child] ?? 0
      place = child
    }
    heap[place] = shard
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#loads[a] ?? 0) - (this.#loads[b] ?? 0)
    return difference < 0 || (difference === 0 && a < b)
  }
}
