import type { ThreadTuning } from '../model/measurement.ts'

/*
 * `--threads auto`: starts with the cores, and goes on from what the threads spend their time on. Threads that wait leave CPUs unused, so
 * more of them are tried; what decides is always the measured speed. A change must bring 5 %, or it is taken back.
 * Pure: fed with samples, gives a number. `test/bench/bench-threads.mjs` compares it with all fixed numbers.
 */

/** After a change nothing is measured for this long: threads finish what they had. */
const SETTLE_MS = 150
/** For new threads to start and take their first file it is waited at most this long. */
const START_MS = 2000
/** How long one speed is measured at least. */
const MEASURE_MS = 300
/** How long a number is kept before it is questioned again; doubled each time that nothing better was found. */
const HOLD_MS = 5000
const LONGEST_HOLD_MS = 60_000
/** A number that is kept is looked at this often; where the speed has changed by more than the factor, it is questioned at once. */
const LOOK_MS = 1000
const NOTABLE_CHANGE = 1.5
/** Less than this is noise. */
const WORTHWHILE_GAIN = 1.05
const NOTABLE_LOSS = 0.95
/** Between numbers that lie closer together than this nothing is tried. */
const CLOSEST_FACTOR = 2
const MOST_STEPS = 200

/** From these shares of waiting on, that many times the threads are tried. */
const CLIMBS: readonly (readonly [waiting: number, factor: number])[] = [
  [0.75, 4],
  [0.5, 2],
  [0.25, 1.5],
]
/** From this share on, threads beyond the cores are in each other's way. */
const CROWDED_RUN_QUEUE = 0.15

/** What happened since the sample before. */
export interface ThreadSample {
  /** Milliseconds since the start of the run. */
  readonly atMs: number
  /** Bytes of sources read until then. */
  readonly readBytes: number
  /** Threads that have work. */
  readonly busyThreads: number
  /** Shares of the busy time of the threads. */
  readonly waiting: number
  readonly runQueue: number
  /** True where the memory limit is reached. */
  readonly isMemoryFull: boolean
}

interface Speed {
  readonly threads: number
  /** Bytes in a millisecond. */
  readonly rate: number
}

export interface TunerOptions {
  /** Threads to start with. */
  readonly start: number
  /** Never more than this: tasks, memory. */
  readonly most: number
  readonly cores: number
}

/** Finds the number of threads that reads most bytes a second. */
export class ThreadTuner {
  /** The number of threads that should work now. */
  threads: number
  private readonly options: TunerOptions
  private readonly steps: ThreadTuning['steps'] = []
  /** The fastest so far; null before anything was measured. */
  private best: Speed | null = null
  /** Known to be no faster than the best: neither it nor what lies above is tried until the number is questioned again. */
  private ceiling = Number.POSITIVE_INFINITY
  private reason = 'the run ended before there was anything to compare'
  /** Where the measurement under way began; null: at the next sample that has bytes. */
  private from: ThreadSample | null = null
  private waiting = 0
  private runQueue = 0
  private samples = 0
  /** Nothing is measured until then. */
  private quietUntilMs = 0
  /** The number is kept until then; null: numbers are being compared. */
  private holdUntilMs: number | null = null
  private holdMs = HOLD_MS

  constructor(options: TunerOptions) {
    this.options = options
    this.threads = options.start
  }

  /** @returns the number of threads that should work from now on. */
  feed(sample: ThreadSample): number {
    if (sample.readBytes === 0 || sample.atMs < this.quietUntilMs) return this.threads
    if (this.from === null) {
      const isStarting = sample.busyThreads < this.threads && sample.atMs < this.quietUntilMs + START_MS
      if (isStarting) return this.threads
      this.from = sample
      return this.threads
    }
    this.waiting += sample.waiting
    this.runQueue += sample.runQueue
    this.samples++
    const passedMs = sample.atMs - this.from.atMs
    const bytes = sample.readBytes - this.from.readBytes
    if (passedMs < (this.holdUntilMs === null ? MEASURE_MS : LOOK_MS) || bytes === 0) return this.threads
    const speed = { threads: this.threads, rate: bytes / passedMs }
    if (this.isKept(speed, sample)) this.measureAfter(sample.atMs)
    else this.decide(speed, sample)
    return this.threads
  }

  /** What was tried, and why the number stayed. */
  result(): ThreadTuning {
    return { steps: this.steps, chosen: this.threads, reason: this.reason }
  }

  private isKept({ threads, rate }: Speed, { atMs }: ThreadSample): boolean {
    if (this.holdUntilMs === null) return false
    const bestRate = this.best?.rate ?? rate
    const isCrowded = threads > this.options.cores && this.runQueue / this.samples >= CROWDED_RUN_QUEUE
    const hasChanged = isCrowded || rate > bestRate * NOTABLE_CHANGE || rate * NOTABLE_CHANGE < bestRate
    if (!hasChanged && atMs < this.holdUntilMs) return true
    this.holdUntilMs = null
    this.best = null
    if (hasChanged) this.holdMs = HOLD_MS
    return false
  }

  private decide(speed: Speed, sample: ThreadSample): void {
    this.note(speed, sample.atMs)
    const best = this.best
    if (best === null) {
      this.best = speed
      this.climb(speed, sample)
    } else if (speed.rate >= best.rate * WORTHWHILE_GAIN) {
      // A step down that paid shows that the numbers above are no good.
      if (speed.threads < best.threads) this.ceiling = best.threads
      this.best = speed
      this.reason = compare(speed, best, 'slower')
      if (speed.threads > best.threads) this.climb(speed, sample)
      else this.descend(speed, sample)
    } else this.takeBack(speed, best, sample)
  }

  /** More threads where they wait; fewer where they crowd. */
  private climb(speed: Speed, sample: ThreadSample): void {
    const waiting = this.waiting / this.samples
    const crowded = this.runQueue / this.samples >= CROWDED_RUN_QUEUE
    const { cores, most } = this.options
    if (crowded && speed.threads > cores) {
      this.best = null
      this.try(cores, sample)
      return
    }
    const factor = CLIMBS.find(([share]) => waiting >= share)?.[1]
    if (factor === undefined) {
      this.hold(sample, `${describe(speed)}; ${crowded ? 'no CPU is free' : 'threads hardly wait'}`)
      return
    }
    const limit = Math.min(most, this.ceiling - 1)
    const wanted = Math.min(limit, Math.max(speed.threads + 1, Math.round(speed.threads * factor)))
    if (sample.isMemoryFull) this.hold(sample, `${describe(speed)}; the memory limit allows no more`)
    else if (wanted > speed.threads) this.try(wanted, sample)
    else if (limit === most) this.hold(sample, `${describe(speed)}; more have nothing to do, or no memory`)
    else this.hold(sample, this.reason)
  }

  private descend(speed: Speed, sample: ThreadSample): void {
    if (speed.threads === 1) this.hold(sample, this.reason)
    else this.try(Math.ceil(speed.threads / 2), sample)
  }

  /** Back to the best, by way of what lies between, or below it where more threads did harm. */
  private takeBack(speed: Speed, best: Speed, sample: ThreadSample): void {
    this.reason = compare(best, speed, 'no faster')
    if (speed.threads < best.threads) {
      this.hold(sample, this.reason, best.threads)
      return
    }
    this.ceiling = speed.threads
    const between = Math.round(Math.sqrt(best.threads * speed.threads))
    const isApart = between >= best.threads * CLOSEST_FACTOR && between < speed.threads
    if (isApart) this.try(between, sample)
    else if (speed.rate < best.rate * NOTABLE_LOSS && best.threads > 1) {
      this.try(Math.ceil(best.threads / 2), sample)
    } else this.hold(sample, this.reason, best.threads)
  }

  private try(threads: number, sample: ThreadSample): void {
    this.threads = threads
    this.measureAfter(sample.atMs + SETTLE_MS)
  }

  private hold(sample: ThreadSample, reason: string, threads = this.threads): void {
    this.threads = threads
    this.reason = reason
    this.ceiling = Number.POSITIVE_INFINITY
    this.holdUntilMs = sample.atMs + this.holdMs
    this.measureAfter(sample.atMs + SETTLE_MS)
    this.holdMs = Math.min(LONGEST_HOLD_MS, this.holdMs * 2)
  }

  private measureAfter(atMs: number): void {
    this.quietUntilMs = atMs
    this.from = null
    this.waiting = 0
    this.runQueue = 0
    this.samples = 0
  }

  private note({ threads, rate }: Speed, atMs: number): void {
    if (this.steps.length === MOST_STEPS) return
    const megabytesPerSecond = rate / 1000
    this.steps.push({ atMs, threads, megabytesPerSecond, secondsPerGb: 1000 / megabytesPerSecond })
  }
}

function compare(better: Speed, other: Speed, verdict: string): string {
  return `${describe(better)}; ${other.threads}: ${secondsPerGb(other)}, ${verdict}`
}

function describe(speed: Speed): string {
  return `${speed.threads} ${speed.threads === 1 ? 'thread' : 'threads'}: ${secondsPerGb(speed)} s/GB`
}

function secondsPerGb({ rate }: Speed): string {
  const seconds = 1e6 / rate
  return seconds >= 99.5 ? Math.round(seconds).toLocaleString('en-US') : seconds.toPrecision(3)
}
