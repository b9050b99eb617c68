/** Lets any number of shards in at the same time, or a single one that must have the node to itself. In the order of coming. */
export class TurnGate {
  #inside = 0
  #isAlone = false
  readonly #waiting: { readonly isAlone: boolean; readonly enter: () => void }[] = []

  /** @returns resolves to the way out, which must be taken once; to null where the signal came first. */
  enter(isAlone: boolean, signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return Promise.resolve(null)
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(one), 1)
        resolve(null)
        this.#letIn()
      }
      const one = {
        isAlone,
        enter: () => {
          signal.removeEventListener('abort', giveUp)
          resolve(() => this.#leave())
        },
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(one)
      this.#letIn()
    })
  }

  #leave(): void {
    this.#inside--
    this.#isAlone = false
    this.#letIn()
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#isAlone || (next.isAlone && this.#inside > 0)) return
      this.#waiting.shift()
      this.#inside++
      this.#isAlone = next.isAlone
      next.enter()
    }
  }
}
