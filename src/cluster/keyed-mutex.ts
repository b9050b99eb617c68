/** A mutex for each plan: whoever asks for the same one goes on after those who asked before. Plans do not wait for each other. */
export class KeyedMutex {
  readonly #lines = new Map<string, (() => void)[]>()

  /**
   * @param signal ends the waiting, at once.
   * @returns resolves when all of the plan who came before have let go, to the way to do so; doing it twice is doing it once. Null: the signal
   * came first.
   */
  take(plan: string, signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return Promise.resolve(null)
    const line = this.#lines.get(plan) ?? []
    this.#lines.set(plan, line)
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(() => this.#leave(plan, go))
      }
      const giveUp = (): void => {
        this.#leave(plan, go)
        resolve(null)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      line.push(go)
      if (line[0] === go) go()
    })
  }

  /** Whoever is first in a line has the turn. */
  #leave(plan: string, go: () => void): void {
    const line = this.#lines.get(plan) ?? []
    const place = line.indexOf(go)
    if (place < 0) return
    line.splice(place, 1)
    if (line.length === 0) this.#lines.delete(plan)
    else if (place === 0) line[0]?.()
  }
}
