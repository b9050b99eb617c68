import type { ThreadTuning } from '../model/measurement.ts'
import { compareSpeeds, describeSpeed, yieldOfThreads, type MeasuredSpeed } from './measured-speed.ts'

/*
 * `--threads auto`: starts with the cores, and goes on from what the threads spend their time on. Threads that wait leave CPUs unused, so
 * more of them are tried; what decides is always the measured speed. A change must bring 5 %, or it is taken back.
 * Runs may last only seconds, so what is clear is decided at a glance, and nothing is tried that the rest of the run cannot repay.
 * Pure: fed with samples, gives a number. `test/bench/bench-threads.mjs` compares it with all fixed numbers.
 */

/** After a change nothing is measured for this long: threads finish what they had. */
const SETTLE_MS = 150
/** For new threads to start and take their first file it is waited at most this long. */
const START_MS = 2000
/** CPU time that the start of a thread takes, as measured on the machine of docs/benchmarks.md. */
const THREAD_START_CPU_MS = 60
/** So many times what trying costs must be left of the run. */
const WORTHWHILE_REST = 4
/** How long one speed is measured at least, and at most where bytes come in few pieces. */
const MEASURE_MS = 300
const LONGEST_MEASURE_MS = 2000
/** Pieces that each thread reads while a speed is measured: with fewer it matters which piece falls into it. */
const PIECES_PER_THREAD = 2
/** What is clear is decided after this time. */
const GLANCE_MS = 150
/** Clear are this share of waiting, and a speed that differs by the factor. */
const CLEAR_WAITING = 0.75
const CLEAR_CHANGE = 1.5
/** How long a number is kept before it is questioned again; doubled each time that nothing better was found. */
const HOLD_MS = 5000
const LONGEST_HOLD_MS = 60_000
/** A number that is kept is looked at this often; where the speed has changed by more than the factor, it is questioned at once. */
const LOOK_MS = 1000
const NOTABLE_CHANGE = 1.5
/** Where fewer of the threads than this had work, it is work that lacks. */
const FULLY_BUSY = 0.9
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
/** The step where nothing has changed since larger ones brought nothing. */
const CAREFUL_CLIMB = 1.5
/** Where more threads brought less than this of what they could, the limit lies near, and what lies between is looked at. */
const GOOD_YIELD = 0.5
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

export interface TunerOptions {
  /** Threads to start with. */
  readonly start: number
  /** Never more than this: tasks, memory. */
  readonly most: number
  readonly cores: number
  /** Of all sources. */
  readonly totalBytes: number
  /** Bytes that a thread reads at once: a chunk, or a file where files are smaller. */
  readonly pieceBytes: number
}

/** Finds the number of threads that reads most bytes a second. */
export class ThreadTuner {
  /** The number of threads that should work now. */
  threads: number
  readonly #options: TunerOptions
  readonly #steps: ThreadTuning['steps'] = []
  /** The most that ever worked: those need no start any more. */
  #started: number
  /** The fastest so far; null before anything was measured. */
  #best: MeasuredSpeed | null = null
  /** Known to be no faster than the best: neither it nor what lies above is tried until the number is questioned again. */
  #ceiling = Number.POSITIVE_INFINITY
  /** Nothing is known yet of this work, so large steps may pay. */
  #isNew = true
  #reason = 'the run ended before there was anything to compare'
  /** Where the measurement under way began; null: at the next sample that has bytes. */
  #from: ThreadSample | null = null
  #waiting = 0
  #runQueue = 0
  #busyThreads = 0
  #samples = 0
  /** Nothing is measured until then. */
  #quietUntilMs = 0
  /** The number is kept until then; null: numbers are being compared. */
  #holdUntilMs: number | null = null
  #holdMs = HOLD_MS

  constructor(options: TunerOptions) {
    this.#options = options
    this.threads = options.start
    this.#started = options.start
  }

  /** @returns the number of threads that should work from now on. */
  feed(sample: ThreadSample): number {
    if (sample.readBytes === 0 || sample.atMs < this.#quietUntilMs) return this.threads
    if (this.#from === null) {
      const isStarting = sample.busyThreads < this.threads && sample.atMs < this.#quietUntilMs + START_MS
      if (!isStarting) this.#from = sample
      return this.threads
    }
    this.#waiting += sample.waiting
    this.#runQueue += sample.runQueue
    this.#busyThreads += sample.busyThreads
    this.#samples++
    const bytes = sample.readBytes - this.#from.readBytes
    const passedMs = sample.atMs - this.#from.atMs
    const speed = { threads: this.threads, rate: bytes / passedMs }
    if (bytes === 0 || !this.#isMeasured(speed, passedMs)) return this.threads
    if (this.#isKept(speed, sample)) this.#measureAfter(sample.atMs)
    else this.#decide(speed, sample)
    return this.threads
  }

  /** What was tried, and why the number stayed. */
  result(): ThreadTuning {
    return { steps: this.#steps, chosen: this.threads, reason: this.#reason }
  }

  #isMeasured({ threads, rate }: MeasuredSpeed, passedMs: number): boolean {
    if (this.#holdUntilMs !== null) return passedMs >= LOOK_MS
    if (passedMs >= LONGEST_MEASURE_MS) return true
    const hasPieces = rate * passedMs >= threads * PIECES_PER_THREAD * this.#options.pieceBytes
    const isClear =
      this.#best === null
        ? this.#waiting / this.#samples >= CLEAR_WAITING
        : hasPieces && (rate > this.#best.rate * CLEAR_CHANGE || rate * CLEAR_CHANGE < this.#best.rate)
    return isClear ? passedMs >= GLANCE_MS : hasPieces && passedMs >= MEASURE_MS
  }

  #isKept({ threads, rate }: MeasuredSpeed, { atMs }: ThreadSample): boolean {
    if (this.#holdUntilMs === null) return false
    if (this.#busyThreads / this.#samples < threads * FULLY_BUSY) return true
    const bestRate = this.#best?.rate ?? rate
    const isCrowded = threads > this.#options.cores && this.#runQueue / this.#samples >= CROWDED_RUN_QUEUE
    const hasChanged = isCrowded || rate > bestRate * NOTABLE_CHANGE || rate * NOTABLE_CHANGE < bestRate
    if (!hasChanged && atMs < this.#holdUntilMs) return true
    this.#holdUntilMs = null
    this.#best = null
    this.#isNew = hasChanged
    if (hasChanged) this.#holdMs = HOLD_MS
    return false
  }

  #decide(speed: MeasuredSpeed, sample: ThreadSample): void {
    this.#note(speed, sample.atMs)
    const best = this.#best
    if (best === null) {
      this.#best = speed
      this.#climb(speed, sample)
    } else if (speed.rate >= best.rate * WORTHWHILE_GAIN) this.#advance(speed, best, sample)
    else this.#takeBack(speed, best, sample)
  }

  /** Further in the direction that paid. */
  #advance(speed: MeasuredSpeed, before: MeasuredSpeed, sample: ThreadSample): void {
    this.#best = speed
    this.#reason = compareSpeeds(speed, before, 'slower')
    if (speed.threads < before.threads) {
      // A step down that paid shows that the numbers above are no good.
      this.#ceiling = before.threads
      this.#descend(speed, sample)
    } else if (yieldOfThreads(before, speed) >= GOOD_YIELD) this.#climb(speed, sample)
    else if (!this.#tryBetween(before, speed, sample)) this.#hold(sample, this.#reason)
  }

  /** More threads where they wait; fewer where they crowd. */
  #climb(speed: MeasuredSpeed, sample: ThreadSample): void {
    const crowded = this.#runQueue / this.#samples >= CROWDED_RUN_QUEUE
    const { cores, most } = this.#options
    if (crowded && speed.threads > cores) {
      this.#best = null
      this.#try(cores, sample)
      return
    }
    const factor = this.#climbFactor()
    if (factor === undefined) {
      this.#hold(sample, `${describeSpeed(speed)}; ${crowded ? 'no CPU is free' : 'threads hardly wait'}`)
      return
    }
    const limit = Math.min(most, this.#ceiling - 1)
    const wanted = Math.min(limit, Math.max(speed.threads + 1, Math.round(speed.threads * factor)))
    if (sample.isMemoryFull) this.#hold(sample, `${describeSpeed(speed)}; the memory limit allows no more`)
    else if (wanted > speed.threads) this.#climbTo(wanted, speed, sample)
    else if (limit === most) this.#hold(sample, `${describeSpeed(speed)}; more have nothing to do, or no memory`)
    else this.#hold(sample, this.#reason)
  }

  #climbFactor(): number | undefined {
    const waiting = this.#waiting / this.#samples
    const factor = CLIMBS.find(([share]) => waiting >= share)?.[1]
    return factor === undefined || this.#isNew ? factor : Math.min(factor, CAREFUL_CLIMB)
  }

  #climbTo(wanted: number, speed: MeasuredSpeed, sample: ThreadSample): void {
    if (this.#canRepay(wanted, speed, sample)) this.#try(wanted, sample)
    else
      this.#hold(
        sample,
        `${this.#steps.length > 1 ? this.#reason : describeSpeed(speed)}; the rest is too short to try more`,
      )
  }

  #descend(speed: MeasuredSpeed, sample: ThreadSample): void {
    if (speed.threads === 1) this.#hold(sample, this.#reason)
    else this.#try(Math.ceil(speed.threads / 2), sample)
  }

  /** Back to the best, by way of what lies between, or below it where more threads did harm. */
  #takeBack(speed: MeasuredSpeed, best: MeasuredSpeed, sample: ThreadSample): void {
    this.#reason = compareSpeeds(best, speed, 'no faster')
    if (speed.threads < best.threads) {
      this.#hold(sample, this.#reason, best.threads)
      return
    }
    this.#ceiling = speed.threads
    if (this.#tryBetween(best, speed, sample)) return
    if (speed.rate < best.rate * NOTABLE_LOSS && best.threads > 1) this.#try(Math.ceil(best.threads / 2), sample)
    else this.#hold(sample, this.#reason, best.threads)
  }

  /** @returns false where nothing lies between, or the run is as good as over. */
  #tryBetween(fewer: MeasuredSpeed, more: MeasuredSpeed, sample: ThreadSample): boolean {
    const between = Math.round(Math.sqrt(fewer.threads * more.threads))
    const isApart = between >= fewer.threads * CLOSEST_FACTOR && between < more.threads
    if (!isApart || !this.#canRepay(between, more, sample)) return false
    this.#ceiling = more.threads
    this.#try(between, sample)
    return true
  }

  /** Whether enough of the run is left for a number of threads to pay back what trying it costs. */
  #canRepay(threads: number, { rate }: MeasuredSpeed, { readBytes }: ThreadSample): boolean {
    const restMs = (this.#options.totalBytes - readBytes) / rate
    const startMs = (Math.max(0, threads - this.#started) * THREAD_START_CPU_MS) / this.#options.cores
    return restMs >= WORTHWHILE_REST * (startMs + MEASURE_MS)
  }

  #try(threads: number, sample: ThreadSample): void {
    this.threads = threads
    this.#started = Math.max(this.#started, threads)
    this.#measureAfter(sample.atMs + SETTLE_MS)
  }

  #hold(sample: ThreadSample, reason: string, threads = this.threads): void {
    this.threads = threads
    this.#reason = reason
    this.#ceiling = Number.POSITIVE_INFINITY
    this.#holdUntilMs = sample.atMs + this.#holdMs
    this.#measureAfter(sample.atMs + SETTLE_MS)
    this.#holdMs = Math.min(LONGEST_HOLD_MS, this.#holdMs * 2)
  }

  #measureAfter(atMs: number): void {
    this.#quietUntilMs = atMs
    this.#from = null
    this.#waiting = 0
    this.#runQueue = 0
    this.#busyThreads = 0
    this.#samples = 0
  }

  #note({ threads, rate }: MeasuredSpeed, atMs: number): void {
    if (this.#steps.length === MOST_STEPS) return
    const megabytesPerSecond = rate / 1000
    this.#steps.push({ atMs, threads, megabytesPerSecond, secondsPerGb: 1000 / megabytesPerSecond })
  }
}
