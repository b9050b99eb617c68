import { Piscina } from 'piscina'

/** Looks, a second apart, after which threads of which none has started count as hanging. A process that was suspended looks once. */
const START_LOOKS = 30
/** How long threads may take to end. One in a call to a disk that hangs does not end at all. */
const END_MS = 2000

/** Thrown for a task that no thread has begun, since threads could not start. Its cause is what the first of them died of. */
export class StartFault extends Error {
  override readonly name = 'StartFault'

  constructor(cause: unknown) {
    super('threads could not start', { cause })
  }
}

/**
 * A Piscina whose threads are watched. Piscina takes its first threads for ready, replaces those that die once, and then lets tasks wait for
 * threads that are not there: so whoever waits is told here when no thread is left, or none starts.
 */
export class ThreadGroup {
  /** Tasks given and not answered. */
  tasks = 0
  readonly #piscina: Piscina
  readonly #waiting = new Set<(error: unknown) => void>()
  /** What threads died of before they were ready. */
  readonly #startErrors = new WeakSet<object>()
  #firstStartError: unknown = null
  #fault: StartFault | null = null
  #startTimer: NodeJS.Timeout | undefined

  /** @throws the system's error where a thread cannot even be created. */
  constructor(options: NonNullable<ConstructorParameters<typeof Piscina>[0]>) {
    this.#piscina = new Piscina(options)
    // Of a thread that had no task: an error that nobody listens to would end the process.
    this.#piscina.on('error', (error: unknown) => this.#noteStartError(error))
    for (const worker of this.#piscina.threads) {
      let isReady = false
      worker.once('message', () => {
        isReady = true
        clearInterval(this.#startTimer)
      })
      worker.once('error', (error: unknown) => {
        if (!isReady) this.#noteStartError(error)
      })
      worker.once('exit', () => this.#lookForThreads())
    }
    this.#watchStart()
  }

  /** Threads that it has; 0: it runs no further task. */
  get threads(): number {
    return this.#fault === null ? this.#piscina.threads.length : 0
  }

  /** Runs a task. @throws StartFault where no thread has begun it, what the thread threw or ended of otherwise. */
  async run(task: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    this.tasks++
    let stopWaiting: (() => void) | undefined
    try {
      return await new Promise<unknown>((resolve, reject) => {
        if (this.#fault !== null) throw this.#fault
        this.#waiting.add(reject)
        stopWaiting = () => this.#waiting.delete(reject)
        this.#piscina.run(task, signal === undefined ? {} : { signal }).then(resolve, reject)
      })
    } catch (error) {
      throw this.#isOfStart(error) ? new StartFault(error) : error
    } finally {
      this.tasks--
      stopWaiting?.()
    }
  }

  /** Ends all threads, in the middle of their tasks if need be. Returns when they have ended, or do not. */
  async destroy(): Promise<void> {
    clearInterval(this.#startTimer)
    let timer: NodeJS.Timeout | undefined
    const isOver = new Promise<void>((resolve) => (timer = setTimeout(resolve, END_MS)))
    await Promise.race([this.#piscina.destroy(), isOver])
    clearTimeout(timer)
    for (const reject of this.#waiting) reject(new Error('the threads were ended'))
  }

  #isOfStart(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#startErrors.has(error)
  }

  #noteStartError(error: unknown): void {
    this.#firstStartError ??= error
    if (typeof error === 'object' && error !== null) this.#startErrors.add(error)
    this.#lookForThreads()
  }

  /** Piscina replaces a thread before it tells of its end, if it does: so this looks after it has told. */
  #lookForThreads(): void {
    setImmediate(() => {
      const threads = this.#piscina.threads.length
      if (this.#firstStartError === null) return
      // Else each further task would try to start another one.
      this.#piscina.options.minThreads = 0
      this.#piscina.options.maxThreads = Math.max(1, threads)
      if (threads === 0) this.#giveUp(this.#firstStartError)
    })
  }

  #watchStart(): void {
    let looks = 0
    this.#startTimer = setInterval(() => {
      if (++looks >= START_LOOKS) this.#giveUp(new Error(`none has started within ${START_LOOKS} s`))
    }, 1000)
  }

  #giveUp(cause: unknown): void {
    clearInterval(this.#startTimer)
    this.#fault ??= new StartFault(cause)
    for (const reject of this.#waiting) reject(this.#fault)
  }
}
