// Covers: What one more thread would bring, by the figures of a run.
import { expect, it } from 'vitest'
import { predictOneMoreThread } from '../../src/report/one-more-thread.ts'

const RUN: Parameters<typeof predictOneMoreThread>[0] = {
  threads: 1,
  cores: 4,
  wallNs: 10e9,
  busyNs: 10e9,
  cpuNs: 10e9,
  verdict: 'cpu-bound',
  throttle: null,
}

const BANDWIDTH = { flag: '--bwlimit', shown: '--bwlimit (20 MB/s)', share: 0.9 } as const
const LATENCY = { flag: '--latency', shown: '--latency (5 ms)', share: 0.9 } as const

it.each<[what: string, run: Partial<typeof RUN>, gain: number]>([
  ['all of it divides', {}, 2],
  ['the third core of four', { threads: 2, busyNs: 20e9, cpuNs: 20e9 }, 1.5],
  ['a tenth of it does not divide', { busyNs: 9e9, cpuNs: 9e9 }, 10 / 5.5],
  ['half of the cores are the main thread’s', { cores: 2, cpuNs: 16e9 }, 10 / 8],
  ['no core is left', { threads: 4, busyNs: 40e9, cpuNs: 40e9 }, 1],
  ['waiting divides beyond the cores', { threads: 4, busyNs: 40e9, cpuNs: 4e9, verdict: 'io-bound-read' }, 1.25],
  ['bandwidth is shared', { verdict: 'io-bound-read', cpuNs: 1e9, throttle: BANDWIDTH }, 1],
  ['latencies pass side by side', { verdict: 'io-bound-read', cpuNs: 1e9, throttle: LATENCY }, 2],
  ['until the cores are used up', { threads: 1, cores: 1, cpuNs: 9e9, verdict: 'io-bound-read' }, 10 / 9],
  ['commits do not divide', { busyNs: 2e9, cpuNs: 1e9, verdict: 'sync-bound' }, 1],
  ['nothing is gained without a CPU', { busyNs: 10e9, cpuNs: 4e9, verdict: 'starved' }, 1],
])('%s', (_, run, gain) => {
  const prediction = predictOneMoreThread({ ...RUN, ...run })
  expect(prediction?.threads).toBe((run.threads ?? RUN.threads) + 1)
  expect(prediction?.gain).toBeCloseTo(gain)
})

it('cannot be told of a run without work', () => {
  expect(predictOneMoreThread({ ...RUN, wallNs: 0 })).toBeNull()
})

it.each([
  [BANDWIDTH, 'all threads share --bwlimit (20 MB/s)'],
  [LATENCY, 'it would wait for --latency (5 ms) beside the others'],
  [null, 'if the storage serves one thread more as fast as the others'],
])('names the limit that its user set, and not the storage: %j', (throttle, reason) => {
  expect(predictOneMoreThread({ ...RUN, cpuNs: 1e9, verdict: 'io-bound-write', throttle })?.reason).toBe(reason)
})
