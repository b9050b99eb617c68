import type { ShardWorker } from '../../cluster/queue/open-queue.ts'

/** Whether a node takes more off its queue: not while others should have what is there. */
export class NodeIntake {
  #worker: Pick<ShardWorker, 'pause' | 'resume'> | null = null
  #timer: NodeJS.Timeout | undefined
  #isLeftToOthers = false
  #hasEnough = false

  start(worker: Pick<ShardWorker, 'pause' | 'resume'>): void {
    this.#worker = worker
  }

  /** True: another shard is not wanted, not even one that was on its way already. */
  get isFull(): boolean {
    return this.#hasEnough
  }

  /** Takes nothing for a while. */
  leaveToOthers(forMs: number): void {
    this.#isLeftToOthers = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#isLeftToOthers = false
      this.#follow()
    }, forMs)
    this.#follow()
  }

  /** Takes nothing more until `takeAgain`. */
  keepToOne(): void {
    this.#hasEnough = true
    this.#follow()
  }

  takeAgain(): void {
    if (!this.#hasEnough) return
    this.#hasEnough = false
    this.#follow()
  }

  /** Nothing is taken any more, and nothing resumed. */
  end(): void {
    clearTimeout(this.#timer)
    this.#worker = null
  }

  #follow(): void {
    const worker = this.#worker
    const hasEnough = this.#hasEnough
    const isLeftToOthers = this.#isLeftToOthers
    // What is in work goes on.
    void (hasEnough || isLeftToOthers ? worker?.pause(true) : worker?.resume())
  }
}
