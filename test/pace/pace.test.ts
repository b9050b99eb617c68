import { describe, expect, it } from 'vitest'
import { createPace, type Pace } from '../../src/pace/pace.ts'
import type { Pacing } from '../../src/model/pacing.ts'

const MS = 1_000_000n
/** Long after the start of the clock, so that nothing is saved up. */
const START = 1_000_000n * MS

/** Threads on a clock that only their waits move, each by itself. */
function paceThreads(pacing: Pacing, count: number) {
  const clock = new SharedArrayBuffer(8)
  return Array.from({ length: count }, () => {
    const thread = { nowNs: START, waits: [] as number[], isStopping: false }
    const pace = createPace({
      pacing,
      clock,
      nowNs: () => thread.nowNs,
      shouldStop: () => thread.isStopping,
      block: (waitMs) => {
        thread.waits.push(waitMs)
        thread.nowNs += BigInt(Math.round(waitMs * 1e6))
      },
    })
    return Object.assign(thread, { wait: pace.wait satisfies Pace['wait'], waitAsync: pace.waitAsync })
  })
}

const thread = (pacing: Pacing) => paceThreads(pacing, 1)[0]!

describe('bandwidth', () => {
  it('lets as many bytes pass in a second as it says, beyond what was saved up', () => {
    const one = thread({ bytesPerSecond: 1_000_000, latencyMs: 0 })
    for (let call = 0; call < 100; call++) one.wait(10_000)
    // A million bytes, of which 20 ms had been saved up.
    expect(one.nowNs - START).toBe(980n * MS)
  })

  it('is shared by all threads', () => {
    const threads = paceThreads({ bytesPerSecond: 1_000_000, latencyMs: 0 }, 4)
    for (let call = 0; call < 25; call++) for (const one of threads) one.wait(10_000)
    const last = threads.map(({ nowNs }) => nowNs).reduce((a, b) => (a > b ? a : b))
    expect(last - START).toBe(980n * MS)
  })

  it('is used by a thread while it computes, but not saved up for longer', () => {
    const one = thread({ bytesPerSecond: 1_000_000, latencyMs: 0 })
    one.wait(100_000)
    const before = one.nowNs
    one.nowNs += 10n * MS
    one.wait(15_000)
    expect(one.nowNs - before).toBe(15n * MS)
    one.nowNs += 5_000n * MS
    one.waits.length = 0
    one.wait(20_000)
    one.wait(1_000)
    expect(one.waits).toEqual([1])
  })

  it('does not hold back calls that move nothing', () => {
    const one = thread({ bytesPerSecond: 1, latencyMs: 0 })
    one.wait(0)
    expect(one.waits).toEqual([])
  })
})

describe('latency', () => {
  it('is added to each call, and to the time of its transfer', () => {
    const one = thread({ bytesPerSecond: 1_000_000, latencyMs: 5 })
    one.wait(0)
    // Of its 120 ms, 20 were saved up.
    one.wait(120_000)
    expect(one.waits).toEqual([5, 100 + 5])
  })

  it('overlaps across threads', () => {
    const threads = paceThreads({ bytesPerSecond: null, latencyMs: 5 }, 8)
    for (const one of threads) for (let call = 0; call < 10; call++) one.wait(1000)
    expect(threads.map(({ nowNs }) => nowNs - START)).toEqual(threads.map(() => 50n * MS))
  })
})

describe('an asynchronous wait', () => {
  it('ends at once when the run stops', async () => {
    const one = thread({ bytesPerSecond: null, latencyMs: 3_600_000 })
    one.isStopping = true
    await one.waitAsync(1)
    expect(one.waits).toEqual([])
  })

  it('lets others of its thread go on', async () => {
    const one = thread({ bytesPerSecond: null, latencyMs: 1 })
    const order: string[] = []
    await Promise.all([
      one.waitAsync(1).then(() => order.push('waited')),
      Promise.resolve().then(() => order.push('ran')),
    ])
    expect(order).toEqual(['ran', 'waited'])
  })
})
