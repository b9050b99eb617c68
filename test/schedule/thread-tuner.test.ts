import { describe, expect, it } from 'vitest'
import { ThreadTuner } from '../../src/schedule/thread-tuner.ts'

/** How a workload behaves with a number of threads: bytes in a millisecond, and shares of the threads' time. */
type Curve = (
  threads: number,
  atMs: number,
) => { readonly rate: number; readonly waiting: number; readonly runQueue?: number; readonly isMemoryFull?: boolean }

interface Setting {
  readonly start?: number
  readonly most?: number
  readonly cores?: number
  readonly seconds?: number
  /** How long threads need to get to work after a change. */
  readonly startMs?: number
  /** How many threads find work at a moment. */
  readonly work?: (atMs: number) => number
  readonly totalBytes?: number
  readonly pieceBytes?: number
}

/** Feeds a sample every 100 ms of a run. */
function tune(curve: Curve, setting: Setting = {}) {
  const { start = 2, most = 32, cores = 2, seconds = 30, startMs = 0, totalBytes = 1e12, pieceBytes = 256e3 } = setting
  const { work = () => Number.POSITIVE_INFINITY } = setting
  const tuner = new ThreadTuner({ start, most, cores, totalBytes, pieceBytes })
  let readBytes = 0
  const visited = new Set([start])
  let changedMs = 0
  for (let atMs = 0; atMs <= seconds * 1000; atMs += 100) {
    const { rate, waiting, runQueue = 0, isMemoryFull = false } = curve(tuner.threads, atMs)
    // Threads take a moment to start.
    if (atMs > 200) readBytes += rate * 100
    const busyThreads = atMs < changedMs + startMs ? 0 : Math.min(tuner.threads, work(atMs))
    const before = tuner.threads
    visited.add(tuner.feed({ atMs, readBytes, busyThreads, waiting, runQueue, isMemoryFull }))
    if (tuner.threads !== before) changedMs = atMs
  }
  return { ...tuner.result(), visited: [...visited], bytes: readBytes }
}

/** The bytes of the same run with a fixed number. */
const fixed = (curve: Curve, threads: number, seconds = 30): number => {
  let bytes = 0
  for (let atMs = 300; atMs <= seconds * 1000; atMs += 100) bytes += curve(threads, atMs).rate * 100
  return bytes
}

const cpuBound: Curve = (threads) => ({
  rate: 400_000 * Math.min(threads, 2),
  waiting: 0.02,
  runQueue: Math.max(0, 1 - 2 / threads),
})
/** Each thread gets 20 MB/s out of a storage that gives 200. */
const latencyBound: Curve = (threads) => ({ rate: Math.min(20_000 * threads, 200_000), waiting: 0.9 })
/** A disk with one head. */
const seeking: Curve = (threads) => ({ rate: 100_000 / (1 + 0.3 * (threads - 1)), waiting: 0.9 })
const changing: Curve = (threads, atMs) => (atMs < 15_000 ? latencyBound : cpuBound)(threads, atMs)
/** Best at 4. */
const hump: Curve = (threads) => ({
  rate: threads <= 4 ? 30_000 * threads : 480_000 / threads,
  waiting: 0.8,
})
/** After four seconds a single thread has work. */
const ending: Curve = (threads, atMs) => {
  const figures = latencyBound(threads, atMs)
  return atMs < 4000 ? figures : { ...figures, rate: 20_000 }
}
const flat: Curve = () => ({ rate: 100_000, waiting: 0.9 })

describe('the tuner', () => {
  it.each<[what: string, curve: Curve, most: number, least: number]>([
    ['stays at the cores where CPUs are the limit', cpuBound, 2, 2],
    ['climbs beyond the cores where threads wait, until nothing is gained', latencyBound, 32, 8],
    ['goes down to one where threads are in each other’s way', seeking, 1, 1],
    ['finds a best number in the middle', hump, 4, 4],
    ['stays where it makes no difference', flat, 2, 2],
  ])('%s', (_, curve, most, least) => {
    const { chosen } = tune(curve)
    expect(chosen).toBeLessThanOrEqual(most)
    expect(chosen).toBeGreaterThanOrEqual(least)
  })

  it.each<[what: string, curve: Curve, best: number]>([
    ['CPU-bound', cpuBound, 2],
    ['latency-bound', latencyBound, 10],
    ['seeking', seeking, 1],
    ['a hump', hump, 4],
    ['flat', flat, 2],
  ])('comes within a tenth of the best fixed number over half a minute: %s', (_, curve, best) => {
    expect(tune(curve).bytes).toBeGreaterThan(fixed(curve, best) * 0.9)
  })

  it('is not led astray by noise', () => {
    // A fixed sequence between 0.8 and 1.2.
    let state = 1
    const noisy =
      (curve: Curve): Curve =>
      (threads, atMs) => {
        state = (state * 16_807) % 2_147_483_647
        const figures = curve(threads, atMs)
        return { ...figures, rate: figures.rate * (0.8 + (0.4 * state) / 2_147_483_647) }
      }
    expect(tune(noisy(cpuBound)).chosen).toBe(2)
    expect(tune(noisy(latencyBound)).bytes).toBeGreaterThan(fixed(latencyBound, 10) * 0.85)
    expect(tune(noisy(seeking)).bytes).toBeGreaterThan(fixed(seeking, 1) * 0.85)
  })

  it('goes back to the cores when work that waited becomes work that computes', () => {
    expect(tune(changing, { seconds: 60 }).chosen).toBe(2)
  })

  it('does not judge threads before they work', () => {
    expect(tune(latencyBound, { startMs: 1000 }).chosen).toBeGreaterThanOrEqual(8)
  })

  it('never exceeds what tasks and memory allow', () => {
    expect(Math.max(...tune(latencyBound, { most: 5 }).visited)).toBe(5)
    const full: Curve = (threads) => ({ ...latencyBound(threads, 0), isMemoryFull: threads >= 8 })
    const { visited, reason } = tune(full)
    expect(Math.max(...visited)).toBe(8)
    expect(reason).toContain('memory limit')
  })

  it('sees at a glance that threads wait, and takes large steps while they pay', () => {
    const { steps } = tune(latencyBound, { seconds: 2.5 })
    expect(steps.slice(0, 2)).toMatchObject([{ threads: 2 }, { threads: 8 }])
    expect(steps[0]!.atMs).toBeLessThan(600)
    expect(steps[1]!.atMs).toBeLessThan(1000)
  })

  it('tries nothing that the rest of the run cannot repay', () => {
    // 40 MB/s at first: of a run of a second not much is left when the first measurement ends.
    const { visited, reason } = tune(latencyBound, { seconds: 1, totalBytes: 40e6 })
    expect(visited).toEqual([2])
    expect(reason).toBe('2 threads: 25.0 s/GB; the rest is too short to try more')
    expect(tune(latencyBound, { seconds: 1, totalBytes: 400e6 }).visited).toEqual([2, 8])
  })

  it('takes small steps once large ones brought nothing, as long as nothing changes', () => {
    const { steps } = tune(flat, { seconds: 60 })
    expect(steps.slice(0, 3).map(({ threads }) => threads)).toEqual([2, 8, 4])
    expect(new Set(steps.slice(3).map(({ threads }) => threads))).toEqual(new Set([2, 3]))
  })

  it('waits for enough pieces where bytes come in large ones', () => {
    const [small, large] = [256e3, 8e6].map((pieceBytes) => tune(flat, { seconds: 4, pieceBytes }).steps[1]!.atMs)
    expect(small!).toBeLessThan(large!)
  })

  it('does not take the end of the work for a change of speed', () => {
    const { steps } = tune(ending, { seconds: 8, work: (atMs) => (atMs < 4000 ? 100 : 1) })
    expect(steps.every(({ atMs }) => atMs < 4000)).toBe(true)
  })

  it('says what it tried and why it stayed', () => {
    const { steps, reason } = tune(flat, { seconds: 4 })
    expect(steps.map(({ threads }) => threads)).toEqual([2, 8, 4])
    expect(steps[0]).toMatchObject({ megabytesPerSecond: 100, secondsPerGb: 10 })
    expect(reason).toBe('2 threads: 10.0 s/GB; 4: 10.0, no faster')
  })

  it.each<[reason: string, curve: Curve, seconds: number]>([
    ['the run ended before there was anything to compare', flat, 0.4],
    ['2 threads: 1.25 s/GB; threads hardly wait', cpuBound, 3],
    ['2 threads: 10.0 s/GB; no CPU is free', () => ({ rate: 100_000, waiting: 0, runQueue: 0.5 }), 3],
  ])('%s', (reason, curve, seconds) => {
    expect(tune(curve, { seconds }).reason).toBe(reason)
  })
})
