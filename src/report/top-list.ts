/** The items that rank highest among any number of them, in memory for twice as many as it keeps. */
export class TopList<Item> {
  readonly #limit: number
  readonly #rank: (item: Item) => number
  #items: Item[] = []
  /** What ranks no higher than this would go with the next pruning. */
  #lowest = Number.NEGATIVE_INFINITY

  constructor(limit: number, rank: (item: Item) => number) {
    this.#limit = limit
    this.#rank = rank
  }

  /** Items that cannot stay are not held at all: of a million small files, hardly one is kept for longer than its commit. */
  add(item: Item): void {
    if (this.#rank(item) <= this.#lowest) return
    this.#items.push(item)
    if (this.#items.length >= this.#limit * 2) this.#prune()
  }

  /** @returns at most `limit` items, the highest first; items of one rank in the order in which they came. */
  read(): readonly Item[] {
    this.#prune()
    return this.#items
  }

  #prune(): void {
    this.#items = this.#items.toSorted((a, b) => this.#rank(b) - this.#rank(a)).slice(0, this.#limit)
    const last = this.#items[this.#limit - 1]
    if (last !== undefined) this.#lowest = this.#rank(last)
  }
}
