import { describe, expect, it } from 'vitest'
import { judge, judgeFile } from '../../src/report/judge.ts'
import type { Spending, Surroundings, VerdictKind } from '../../src/report/spending.ts'
import type { StageTimes } from '../../src/model/times.ts'

/** A second of busy time, in shares of 100. */
function busyOf(onCpu: number, runQueue: number) {
  const waiting = 100 - onCpu - runQueue
  return { busyNs: 1e9, onCpuNs: onCpu * 1e7, runQueueNs: runQueue * 1e7, waitingNs: waiting * 1e7 }
}

const STAGES: StageTimes = { read: 1e8, parse: 4e8, map: 0, encode: 3e8, write: 2e8, sync: 0 }

function spendingOf(onCpu: number, runQueue: number, rest: Partial<Spending> = {}): Spending {
  return { busy: busyOf(onCpu, runQueue), stageNs: STAGES, syncWaitShare: 0, idleShare: 0, ...rest }
}

const AROUND: Surroundings = {
  threads: 2,
  cores: 2,
  fileCount: 24,
  sourceBytes: 400e6,
  stealShare: 0,
  cpusBesideThreads: 0.05,
  cpusOfOthers: 0,
  throttles: [],
  isDurable: true,
  isMemoryLimited: false,
  longestFile: { file: 'a.csv', share: 0.1 },
}

const judgeIn = (spending: Spending, around: Partial<Surroundings> = {}) => judge(spending, { ...AROUND, ...around })

const READS = { ...STAGES, read: 6e8 }
const WRITES = { ...STAGES, write: 6e8 }

describe('the verdict', () => {
  it.each<[kind: VerdictKind, what: string, spending: Spending]>([
    ['cpu-bound', 'all on CPUs', spendingOf(100, 0)],
    ['cpu-bound', 'just enough on CPUs', spendingOf(85, 10)],
    ['mixed', 'just not enough on CPUs', spendingOf(84, 10)],
    ['io-bound-read', 'waiting, most in reads', spendingOf(50, 0, { stageNs: READS })],
    ['io-bound-write', 'waiting, most in writes', spendingOf(10, 0, { stageNs: WRITES })],
    ['io-bound-read', 'waiting although CPUs are short too', spendingOf(10, 40, { stageNs: READS })],
    ['mixed', 'just not waiting enough', spendingOf(51, 0, { stageNs: READS })],
    ['starved', 'more threads than CPUs', spendingOf(50, 50)],
    ['starved', 'just starved', spendingOf(60, 15)],
    ['mixed', 'just not starved', spendingOf(60, 14)],
    ['cpu-bound', 'on CPUs, with a little run queue', spendingOf(86, 14)],
    ['too-few-files', 'one thread busy, one idle', spendingOf(99, 0, { idleShare: 0.5 })],
    ['cpu-bound', 'a short tail with one thread', spendingOf(99, 0, { idleShare: 0.29 })],
    ['starved', 'idle threads that would get no CPU', spendingOf(60, 40, { idleShare: 0.5 })],
    ['io-bound-read', 'one file that waits', spendingOf(10, 0, { idleShare: 0.5, stageNs: READS })],
    ['sync-bound', 'threads that stand still for commits', spendingOf(95, 0, { syncWaitShare: 0.8 })],
    ['sync-bound', 'the same on a busy machine', spendingOf(20, 80, { syncWaitShare: 0.6 })],
    ['sync-bound', 'commits and few files', spendingOf(95, 0, { syncWaitShare: 0.6, idleShare: 0.5 })],
    ['cpu-bound', 'commits that nearly hide behind the work', spendingOf(99, 0, { syncWaitShare: 0.1 })],
    ['mixed', 'commits for a third of the time', spendingOf(95, 0, { syncWaitShare: 0.33 })],
    ['io-bound-write', 'waiting, with some commits', spendingOf(10, 0, { syncWaitShare: 0.2, stageNs: WRITES })],
    ['sync-bound', 'more waiting for commits than in stages', spendingOf(60, 0, { syncWaitShare: 0.4 })],
  ])('is %s: %s', (kind, _, spending) => {
    expect(judgeIn(spending).kind).toBe(kind)
  })

  it('has shares that are whole, also where a commit is waited for', () => {
    const { onCpu, runQueue, waiting } = judgeIn(spendingOf(60, 20, { syncWaitShare: 0.5 })).shares
    expect([onCpu, runQueue, waiting].map((share) => share.toFixed(2))).toEqual(['0.30', '0.10', '0.60'])
  })

  it('stands where no time was measured at all', () => {
    const busy = { busyNs: 0, onCpuNs: 0, runQueueNs: 0, waitingNs: 0 }
    expect(judgeIn({ ...spendingOf(0, 0), busy }).shares).toEqual({ onCpu: 0, runQueue: 0, waiting: 1 })
  })
})

describe('the evidence', () => {
  it('is one line: shares, and what a thread gets through the costliest stages', () => {
    expect(judgeIn(spendingOf(97, 1)).evidence).toBe(
      'on CPU 97%, run queue 1%, waiting 2%; a thread: parse 1000 MB/s, encode 1333 MB/s, write 2000 MB/s',
    )
  })

  it.each<[says: string, spending: Spending, around: Partial<Surroundings>]>([
    ['a file: parse 40 ms, encode 30 ms, write 20 ms', spendingOf(97, 1), { fileCount: 10, sourceBytes: 1000 }],
    ['a file: parse 400 ms, encode 300 ms, write 200 ms', spendingOf(97, 1), { fileCount: 1, sourceBytes: 1000 }],
    ['a file: parse 0.4 ms, encode 0.3 ms, write 0.2 ms', spendingOf(97, 1), { fileCount: 1000, sourceBytes: 1000 }],
    ['threads stood still for commits 80% of the time', spendingOf(95, 0, { syncWaitShare: 0.8 }), {}],
    ['threads had nothing left to do 50% of the time', spendingOf(95, 0, { idleShare: 0.5 }), {}],
    ['the host took 20%', spendingOf(50, 50), { stealShare: 0.2 }],
    ['commits and the main thread used 0.6 of 2 cores', spendingOf(60, 40), { cpusBesideThreads: 0.6 }],
  ])('says of its verdict: %s', (says, spending, around) => {
    expect(judgeIn(spending, around).evidence).toContain(says)
  })
})

describe('the advice', () => {
  it.each<[advice: string, spending: Spending, around: Partial<Surroundings>]>([
    ['more threads will help: 1 of 4 cores are used (--threads 4)', spendingOf(99, 0), { threads: 1, cores: 4 }],
    ['more threads will not help: all 2 cores are used, most by parse', spendingOf(99, 0), {}],
    ['threads wait for reads', spendingOf(10, 0, { stageNs: READS }), {}],
    ['threads wait for writes', spendingOf(10, 0, { stageNs: WRITES }), {}],
    ['--no-fsync leaves it out', spendingOf(95, 0, { syncWaitShare: 0.8 }), {}],
    ['fewer threads will do: 8 share 2 cores (--threads 2)', spendingOf(30, 70), { threads: 8 }],
    ['other work on this machine takes the cores', spendingOf(30, 70), {}],
    ['other work on this machine takes the cores', spendingOf(30, 70), { cores: 4, cpusBesideThreads: 0.6 }],
    ['other work on this machine takes the cores', spendingOf(30, 70), { cpusBesideThreads: 0.4, cpusOfOthers: 0.9 }],
    [
      '2 threads and the main thread, which commits 24 files, share 2 cores',
      spendingOf(60, 40),
      { cpusBesideThreads: 0.6 },
    ],
    [
      'more threads will bring little: 1 thread and the main thread, which commits 24 files, use 1.6 of 2 cores',
      spendingOf(99, 0),
      { threads: 1, cpusBesideThreads: 0.6 },
    ],
    [
      'a.json alone took 95% of the run',
      spendingOf(99, 0, { idleShare: 0.5 }),
      { longestFile: { file: 'a.json', share: 0.95 } },
    ],
    ['3 files for 8 threads', spendingOf(99, 0, { idleShare: 0.5 }), { threads: 8, cores: 8, fileCount: 3 }],
    ['no single limit', spendingOf(60, 0), {}],
  ])('%s', (advice, spending, around) => {
    expect(judgeIn(spending, around).advice).toContain(advice)
  })

  it('draws conclusions from hardly any work that waits long for its commits', () => {
    const busy = { busyNs: 1e6, onCpuNs: 1e6, runQueueNs: 0, waitingNs: 0 }
    const spending = { ...spendingOf(99, 0), busy, stageNs: { ...STAGES, sync: 1e9 }, syncWaitShare: 0.99 }
    expect(judgeIn(spending).advice).toContain('--no-fsync')
  })

  it('draws no conclusions from hardly any work', () => {
    const busy = { busyNs: 1e6, onCpuNs: 1e6, runQueueNs: 0, waitingNs: 0 }
    expect(judgeIn({ ...spendingOf(99, 0), busy }).advice).toBe('too little work to draw conclusions from')
  })
})

describe('the verdict of a file', () => {
  it.each<[kind: VerdictKind, onCpu: number, runQueue: number, stageNs: StageTimes]>([
    ['cpu-bound', 99, 0, STAGES],
    ['io-bound-read', 10, 0, READS],
    ['starved', 50, 50, STAGES],
    ['sync-bound', 99, 0, { ...STAGES, sync: 2e9 }],
    ['cpu-bound', 99, 0, { ...STAGES, sync: 1e8 }],
  ])('is %s', (kind, onCpu, runQueue, stageNs) => {
    expect(judgeFile(busyOf(onCpu, runQueue), stageNs)).toBe(kind)
  })
})

describe('what the user set on the run', () => {
  const BANDWIDTH = { flag: '--bwlimit', shown: '--bwlimit (20 MB/s)', share: 0.95 } as const
  const LATENCY = { flag: '--latency', shown: '--latency (5 ms)', share: 0.8 } as const

  it.each<[says: string, never: RegExp, stages: StageTimes, around: Partial<Surroundings>]>([
    [
      'all threads share what --bwlimit (20 MB/s) lets through',
      /storage serves|faster disk/,
      READS,
      { throttles: [BANDWIDTH] },
    ],
    [
      'all threads share what --bwlimit (20 MB/s) lets through',
      /storage takes|faster disk/,
      WRITES,
      { throttles: [BANDWIDTH] },
    ],
    [
      'raising or leaving it out would bring up to 10 times the speed',
      /storage serves/,
      READS,
      { throttles: [BANDWIDTH] },
    ],
    [
      'each call waits for --latency (5 ms); more threads wait side by side',
      /storage takes|faster disk/,
      WRITES,
      { throttles: [LATENCY, BANDWIDTH] },
    ],
    ['lowering or leaving it out would bring up to 10 times the speed', /raising/, READS, { throttles: [LATENCY] }],
    // A limit that is hardly reached is not what the run waits for.
    ['threads wait for reads', /bwlimit/, READS, { throttles: [{ ...BANDWIDTH, share: 0.1 }] }],
  ])('is named as what it waits for: %s', (says, never, stageNs, around) => {
    const { kind, advice, evidence } = judgeIn(spendingOf(10, 0, { stageNs }), around)
    expect(kind).toMatch(/^io-bound-/)
    expect(advice).toContain(says)
    expect(advice).not.toMatch(never)
    expect(evidence).toContain('of the time')
  })

  it('stands in the evidence with the least it took, also where it is not the cause', () => {
    const { evidence } = judgeIn(spendingOf(10, 0, { stageNs: READS }), { throttles: [LATENCY, BANDWIDTH] })
    expect(evidence).toContain('--latency (5 ms) took at least 80% of the time; --bwlimit (20 MB/s) took at least 95%')
  })

  const KINDS: readonly [VerdictKind, Spending, Partial<Surroundings>][] = [
    ['cpu-bound', spendingOf(99, 0), { threads: 1, cores: 4 }],
    ['cpu-bound', spendingOf(99, 0), {}],
    ['io-bound-read', spendingOf(10, 0, { stageNs: READS }), {}],
    ['io-bound-write', spendingOf(10, 0, { stageNs: WRITES }), {}],
    ['sync-bound', spendingOf(95, 0, { syncWaitShare: 0.8 }), {}],
    ['starved', spendingOf(30, 70), { threads: 8 }],
    ['too-few-files', spendingOf(99, 0, { idleShare: 0.5 }), {}],
    ['mixed', spendingOf(60, 0), {}],
  ]
  const SET: readonly [option: string, advised: RegExp, around: Partial<Surroundings>][] = [
    ['--no-fsync', /--no-fsync|durable/, { isDurable: false }],
    ['--memory-limit', /--threads 4/, { isMemoryLimited: true }],
    ['--bwlimit', /faster disk for|storage (?:serves|takes)/, { throttles: [{ ...BANDWIDTH, share: 1 }] }],
    ['--latency', /faster disk for|storage (?:serves|takes)/, { throttles: [{ ...LATENCY, share: 1 }] }],
  ]
  it.each(
    KINDS.flatMap(([kind, spending, around]) => SET.map((set) => [kind, set[0], spending, around, set] as const)),
  )('no advice of %s names what %s has settled', (kind, _, spending, around, [, advised, set]) => {
    const verdict = judgeIn(spending, { ...around, ...set })
    expect(verdict.kind).toBe(kind)
    expect(verdict.advice).not.toMatch(advised)
  })
})
