import type { Measurements, ThreadTuning } from '../model/measurement.ts'
import type { StageTimes } from '../model/times.ts'
import { nowNs, type Clock } from '../report/clock.ts'
import { RunFigures, type RunLimits } from '../report/run-figures.ts'
import { watchSystem } from '../report/system-figures.ts'
import { Timeline, type Moment } from '../report/timeline.ts'
import { countUsableCores, readCpuQuota } from '../schedule/thread-count.ts'
import type { Executor } from '../schedule/executor.ts'
import type { Work } from './work.ts'

/** Measures one run: its files, its course, and what the system counts meanwhile. */
export class RunMeter {
  readonly figures = new RunFigures()
  /** What `--threads auto` tried; null where the number was given. */
  tuning: ThreadTuning | null = null
  readonly #clock: Clock
  readonly #readSystem = watchSystem({ cores: countUsableCores(), cpuQuota: readCpuQuota() })
  #timeline: Timeline | null = null
  #lastReadBytes = 0
  #endNs = 0
  /** CPU time of the process until the first file, and until the last commit. */
  #startCpuMs = 0
  #endCpuMs = 0
  /** Lanes that wait for commits, and since when there are any. */
  #held = 0
  #heldSinceNs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From here on files are converted on the pool. */
  start(pool: Executor): void {
    this.#startCpuMs = cpuMsOf(this.#clock.read())
    this.#timeline = new Timeline(() => this.look(pool))
    this.#timeline.start()
  }

  /** The last commit has ended. */
  stop(): void {
    this.#endNs = nowNs()
    this.#endCpuMs = cpuMsOf(this.#clock.read())
    this.#timeline?.stop()
  }

  /** Counts the time for which finished files hold back new ones. */
  async hold(ready: Promise<void>): Promise<void> {
    if (this.#held++ === 0) this.#heldSinceNs = nowNs()
    await ready
    if (--this.#held === 0) this.figures.heldNs += nowNs() - this.#heldSinceNs
  }

  /** @param stageNs of all converted files. */
  read(work: Work, stageNs: StageTimes): Measurements | null {
    const { files } = work.discovery
    return this.figures.read({
      startNs: this.#clock.startNs,
      endNs: this.#endNs,
      cpuNs: (this.#endCpuMs - this.#startCpuMs) * 1e6,
      threads: this.tuning?.chosen ?? work.threads,
      runNs: nowNs() - this.#clock.startNs,
      path: (index) => files.path(index),
      stageNs,
      limits: limitsOf(work),
      system: this.#readSystem(),
      timeline: this.#timeline?.points() ?? [],
      tuning: this.tuning,
    })
  }

  /** How far the run is. */
  look(pool: Executor): Moment {
    const threads = pool.readProgress()
    const inWork = threads.reduce(
      (sum, thread) => sum + (thread === null ? 0 : thread.readBytes + thread.earlierBytes),
      0,
    )
    // A thread may be at its next file before the result of the last one has come.
    this.#lastReadBytes = Math.max(this.#lastReadBytes, this.figures.readBytes + inWork)
    const times = this.#clock.read()
    return {
      atMs: times.realMs,
      readBytes: this.#lastReadBytes,
      busyThreads: threads.filter((thread) => thread !== null).length,
      cpuMs: cpuMsOf(times),
    }
  }
}

/** @param nodes that worked, each with the limits to itself. */
export function limitsOf({ data, options, threadWarning }: Work, nodes = 1): RunLimits {
  const { pacing, chunkBytes } = data
  return { pacing, nodes, chunkBytes, isDurable: options.fsync, isMemoryLimited: threadWarning !== null }
}

function cpuMsOf({ userMs, systemMs }: ReturnType<Clock['read']>): number {
  return userMs + systemMs
}
