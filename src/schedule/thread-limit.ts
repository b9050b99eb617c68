/** How many threads may work. It may change while they do: none is ended, only fewer or more tasks are handed out. */
export class ThreadLimit {
  #current: number
  #onChange: () => void = () => {}

  constructor(threads: number) {
    this.#current = threads
  }

  get threads(): number {
    return this.#current
  }

  set(threads: number): void {
    if (threads === this.#current) return
    this.#current = threads
    this.#onChange()
  }

  /** Names the one who hands out tasks. */
  whenChanged(act: () => void): void {
    this.#onChange = act
  }
}
