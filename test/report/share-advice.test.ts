// Covers: What a cluster on one share is told: whether more nodes will help.
import { expect, it } from 'vitest'
import { shareAdvice } from '../../src/report/share-advice.ts'

const COURSE: Parameters<typeof shareAdvice>[0] = {
  nodes: 2,
  hosts: 2,
  megabytesPerSecond: 40,
  verdict: 'io-bound-read',
  throttle: null,
  isDurable: true,
}
const BANDWIDTH = { flag: '--bwlimit', shown: '--bwlimit (20 MB/s)', share: 0.95 } as const
const LATENCY = { flag: '--latency', shown: '--latency (5 ms)', share: 0.95 } as const

it.each<[advice: string, course: Partial<typeof COURSE>]>([
  ['2 nodes: the share delivers 40 MB/s in all: more nodes will not help', {}],
  [
    '2 nodes: 40 MB/s in all, held back by --bwlimit (20 MB/s): a higher --bwlimit will help, and so will more nodes, since each has its own',
    { throttle: BANDWIDTH },
  ],
  [
    '2 nodes: 40 MB/s in all, held back by --latency (5 ms): a lower --latency will help, and so will more nodes, since each has its own',
    { throttle: LATENCY, verdict: 'io-bound-write' },
  ],
  ['2 nodes: the share delivers 40 MB/s in all: more nodes will not help', { verdict: 'sync-bound' }],
  ['2 nodes: 40 MB/s in all, waiting for commits: larger files will help', { verdict: 'sync-bound', isDurable: false }],
  [
    '2 nodes: 40 MB/s in all, bound by CPU: more machines will help as long as the share keeps up',
    { verdict: 'cpu-bound', throttle: BANDWIDTH },
  ],
])('%s', (advice, course) => {
  expect(shareAdvice({ ...COURSE, ...course })).toBe(advice)
})
