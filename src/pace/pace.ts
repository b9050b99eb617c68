import { setTimeout as sleep } from 'node:timers/promises'
import type { PaceIo, Pacing } from '../model/pacing.ts'

/**
 * Unused bandwidth is kept for this long. Without it a thread could not use the time in which it computes, as it can where the
 * system reads ahead; and waits that last a little too long would add up.
 */
const BURST_NS = 20_000_000n

/** How often an asynchronous wait looks whether the run stops. */
const STOP_CHECK_MS = 50

/** Makes I/O calls last as long as they would on slow storage. Waiting uses no CPU. */
export interface Pace {
  /** Blocks the thread; ends early when the run is to stop. */
  readonly wait: PaceIo
  /** The same for streams: other files of the thread go on meanwhile. */
  readonly waitAsync: (bytes: number) => Promise<void>
}

interface PaceSetup {
  readonly pacing: Pacing
  /** One 64-bit word that all threads of a run share, at first 0: see `PaceClock`. */
  readonly clock: SharedArrayBuffer
  /** Blocks for a time, or until the run is to stop. */
  readonly block: (waitMs: number) => void
  readonly shouldStop: () => boolean
  /** Nanoseconds of a clock that is the same for all threads. */
  readonly nowNs?: () => bigint
}

/**
 * Each call waits for its latency by itself, so that latencies of several threads overlap. Bandwidth is shared by all threads.
 */
export function createPace({
  pacing,
  clock,
  block,
  shouldStop,
  nowNs = () => process.hrtime.bigint(),
}: PaceSetup): Pace {
  const bandwidth = pacing.bytesPerSecond === null ? null : new PaceClock(clock, pacing.bytesPerSecond)
  const waitMs = (bytes: number): number => {
    const now = nowNs()
    const transferNs = bandwidth === null ? 0n : bandwidth.reserve(bytes, now) - now
    return pacing.latencyMs + Number(transferNs) / 1e6
  }
  return {
    wait: (bytes) => {
      const ms = waitMs(bytes)
      if (ms > 0) block(ms)
    },
    waitAsync: async (bytes) => {
      for (let restMs = waitMs(bytes); restMs > 0 && !shouldStop(); restMs -= STOP_CHECK_MS) {
        await sleep(Math.min(restMs, STOP_CHECK_MS))
      }
    },
  }
}

/**
 * A token bucket in one shared word: the time at which everything reserved so far will have been transferred. A transfer begins
 * then, or now if that is later, and moves the word behind itself; so transfers follow each other, whichever thread they are of.
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
class PaceClock {
  readonly #freeAtNs: BigInt64Array
  readonly #nsPerByte: number

  constructor(shared: SharedArrayBuffer, bytesPerSecond: number) {
    this.#freeAtNs = new BigInt64Array(shared)
    this.#nsPerByte = 1e9 / bytesPerSecond
  }

  /** @returns when the transfer of these bytes ends: not before `now`. */
  reserve(bytes: number, now: bigint): bigint {
    if (bytes === 0) return now
    const lastsNs = BigInt(Math.round(bytes * this.#nsPerByte))
    for (;;) {
      const freeAt = Atomics.load(this.#freeAtNs, 0)
      const start = freeAt > now - BURST_NS ? freeAt : now - BURST_NS
      const end = start + lastsNs
      if (Atomics.compareExchange(this.#freeAtNs, 0, freeAt, end) === freeAt) return end > now ? end : now
    }
  }
}
