import type { Answer } from '../storage/answer.ts'

/**
 * Calls to a storage that answers later, one after the other. The first error is thrown where they are waited for, and no further call is made
 * after it.
 */
export class WriteQueue {
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  #failure: { readonly error: unknown } | null = null

  /** True where there is nothing to wait for, and nothing went wrong. */
  get isSettled(): boolean {
    return this.#waiting === 0 && this.#failure === null
  }

  add(call: () => Answer<void>): void {
    this.#waiting++
    this.#last = this.#last.then(() => this.#run(call))
  }

  /** Waits for all calls. @throws the error of the first one that failed. */
  async settle(): Promise<void> {
    await this.#last
    if (this.#failure !== null) throw this.#failure.error
  }

  /** Makes no further call, and waits for the one that is under way. Never throws. */
  async abandon(): Promise<void> {
    this.#failure ??= { error: new Error('the writes were given up') }
    await this.#last
  }

  /** Never throws: an error that nobody has waited for yet would end the thread. */
  async #run(call: () => Answer<void>): Promise<void> {
    try {
      if (this.#failure === null) await call()
    } catch (error) {
      this.#failure ??= { error }
    } finally {
      this.#waiting--
    }
  }
}
