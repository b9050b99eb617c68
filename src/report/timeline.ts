import type { TimelinePoint } from '../model/measurement.ts'

const INTERVAL_MS = 100
/** From this many points on every other one is left out: a long run keeps some hundred, whatever it lasts. */
const MOST_POINTS = 600

/** What a moment of the run looks like, told by whoever knows. */
export type Moment = Omit<TimelinePoint, 'cpus'> & {
  /** CPU time of the process up to now, in milliseconds. */
  readonly cpuMs: number
}

/** The course of a run, thinned out as it gets long. */
export class Timeline {
  readonly #look: () => Moment
  #timer: NodeJS.Timeout | undefined
  #moments: Moment[] = []
  /** Every how manyth look is kept, and how many were left out since the last one. */
  #stride = 1
  #leftOut = 0

  constructor(look: () => Moment) {
    this.#look = look
  }

  start(): void {
    this.#moments.push(this.#look())
    this.#timer = setInterval(() => this.tick(), INTERVAL_MS)
  }

  /** Looks one last time. Does nothing when it has not been started. */
  stop(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#moments.push(this.#look())
  }

  tick(): void {
    if (++this.#leftOut < this.#stride) return
    this.#leftOut = 0
    this.#moments.push(this.#look())
    if (this.#moments.length < MOST_POINTS) return
    this.#moments = this.#moments.filter((_, index) => index % 2 === 0)
    // The one just taken goes too, so half of the way to the next one is behind.
    this.#leftOut = this.#stride
    this.#stride *= 2
  }

  points(): TimelinePoint[] {
    return this.#moments.map(({ atMs, readBytes, busyThreads, cpuMs }, index) => {
      const before = this.#moments[index - 1]
      const passedMs = before === undefined ? 0 : atMs - before.atMs
      const cpus = before === undefined || passedMs <= 0 ? 0 : Math.max(0, (cpuMs - before.cpuMs) / passedMs)
      return { atMs, readBytes, busyThreads, cpus }
    })
  }
}
