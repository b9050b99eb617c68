import { describe, expect, it } from 'vitest'
import { bindingThrottle, findThrottles } from '../../src/report/throttle.ts'

const WORK = {
  sourceBytes: 80e6,
  targetBytes: 20e6,
  fileCount: 10,
  chunkBytes: 256 * 1024,
  threads: 2,
  nodes: 1,
  wallNs: 10e9,
}

const sharesOf = (pacing: Parameters<typeof findThrottles>[0], work: Partial<typeof WORK> = {}) =>
  findThrottles(pacing, { ...WORK, ...work }).map(({ shown, share }) => `${shown}: ${share.toFixed(2)}`)

describe('a limit that the user set takes at least', () => {
  it.each<[string[], Parameters<typeof findThrottles>[0], Partial<typeof WORK>]>([
    [[], null, {}],
    [['--bwlimit (20 MB/s): 0.50'], { bytesPerSecond: 20e6, latencyMs: 0 }, {}],
    [['--bwlimit (10 MB/s): 1.00'], { bytesPerSecond: 10e6, latencyMs: 0 }, { wallNs: 9e9 }],
    [['--bwlimit (20 MB/s): 0.50'], { bytesPerSecond: 20e6, latencyMs: 0 }, { threads: 8 }],
    [['--bwlimit (20 MB/s): 0.25'], { bytesPerSecond: 20e6, latencyMs: 0 }, { nodes: 2 }],
    [['--bwlimit (1.5 kB/s): 1.00'], { bytesPerSecond: 1500, latencyMs: 0 }, {}],
    [['--bwlimit (3 B/s): 1.00'], { bytesPerSecond: 3, latencyMs: 0 }, {}],
    // 20 opens, 306 reads and 20 writes, by two threads.
    [['--latency (10 ms): 0.17'], { bytesPerSecond: null, latencyMs: 10 }, {}],
    [['--latency (10 ms): 0.04'], { bytesPerSecond: null, latencyMs: 10 }, { threads: 8 }],
    [['--latency (50 ms): 0.86', '--bwlimit (20 MB/s): 0.50'], { bytesPerSecond: 20e6, latencyMs: 50 }, {}],
    [[], { bytesPerSecond: 20e6, latencyMs: 50 }, { wallNs: 0 }],
  ])('%j of the time', (shares, pacing, work) => {
    expect(sharesOf(pacing, work)).toEqual(shares)
  })

  it('and binds where it is behind half of the waiting', () => {
    const throttles = findThrottles({ bytesPerSecond: 20e6, latencyMs: 0 }, WORK)
    expect(bindingThrottle(throttles, 0.9)?.flag).toBe('--bwlimit')
    expect(bindingThrottle(throttles, 1)?.flag).toBe('--bwlimit')
    expect(bindingThrottle(findThrottles({ bytesPerSecond: 60e6, latencyMs: 0 }, WORK), 0.9)).toBeNull()
    expect(bindingThrottle([], 0.9)).toBeNull()
  })
})
