import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Measurements } from '../../src/model/measurement.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { ReportSchema } from '../../src/model/report.ts'
import type { StageTimes } from '../../src/model/times.ts'
import { IO_BOUND_WAITING, judgeFile, judgeKind, STARVED_RUN_QUEUE } from '../../src/report/judge.ts'
import type { Spending, VerdictKind } from '../../src/report/spending.ts'
import { faultEnvironment, noShimReason } from '../faults/fault-shim.ts'
import { expectExit, runProgram } from '../faults/run-program.ts'
import { SmallTree, type Files } from './small-tree.ts'

/*
 * Real runs. What another program does to this machine meanwhile cannot be helped: where threads had to wait for a CPU, `starved` is the right
 * verdict, whatever was to be shown; the figures must then prove it. All verdicts are worked out again from what the report holds.
 */

const linesOf = (count: number): string =>
  'id,name,note\n' + '1,"a name, quoted",some note that is neither long nor short\n'.repeat(count)
const LINES = linesOf(60_000)

const filesOf = (count: number, text: string, extension = 'csv'): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.${extension}`, text]))

interface Measured extends Measurements {
  readonly stageNs: StageTimes
  readonly threadCount: number
}

async function measure(files: Files, options: Partial<MigrateOptions>): Promise<Measured> {
  return measuredIn(await new SmallTree(files).migrate({ threads: 2, ...options }))
}

function measuredIn(json: unknown): Measured {
  const report = ReportSchema.parse(json)
  expect(report.files.failed).toBe(0)
  if (report.measured === null) throw new Error('nothing was measured')
  return { ...report.measured, stageNs: report.stageNs, threadCount: report.threads }
}

/** The spending behind a verdict, worked out again from the figures of threads and files in the report. */
function spendingOf({ verdict, busy, files, stageNs, threadCount }: Measured): Spending {
  const lastEndMs = new Map<number, number>()
  for (const { thread, endMs } of files) lastEndMs.set(thread, Math.max(lastEndMs.get(thread) ?? 0, endMs))
  const startMs = Math.min(...files.map((file) => file.startMs))
  const endMs = Math.max(...lastEndMs.values())
  const idleMs = Array.from({ length: threadCount }, (_, at) => endMs - ([...lastEndMs.values()][at] ?? startMs))
  return {
    busy,
    stageNs,
    // Shares are of busy time and of this together.
    syncWaitShare: busy.onCpuNs === 0 ? 0 : Math.max(0, 1 - (verdict!.shares.onCpu * busy.busyNs) / busy.onCpuNs),
    idleShare: idleMs.reduce((sum, ms) => sum + ms, 0) / (threadCount * (endMs - startMs)),
  }
}

/** The figures of threads and files are those of the whole, and the verdict follows from them. */
function expectSound(measured: Measured): void {
  const { verdict, busy, threads, files } = measured
  for (const part of [busy, ...threads.map((thread) => thread.busy), ...files.map((file) => file.busy)]) {
    expect(part.onCpuNs + part.runQueueNs + part.waitingNs).toBeCloseTo(part.busyNs, -1)
  }
  expect(threads.reduce((sum, thread) => sum + thread.busy.busyNs, 0)).toBeCloseTo(busy.busyNs, -1)
  expect(threads.reduce((sum, thread) => sum + thread.files, 0)).toBe(files.length + measured.filesLeftOut)
  const { onCpu, runQueue, waiting } = verdict!.shares
  expect(onCpu + runQueue + waiting).toBeCloseTo(1, 6)
  const percents = [onCpu, runQueue, waiting].map((share) => Math.round(share * 100))
  expect(verdict!.evidence).toContain(`on CPU ${percents[0]}%, run queue ${percents[1]}%, waiting ${percents[2]}%`)
  expect(verdict!.kind).toBe(judgeKind(spendingOf(measured)))
}

/** @param kind what bounds the run, unless other load takes so much that the verdict must say that. */
function expectVerdict(measured: Measured, kind: VerdictKind): void {
  expectSound(measured)
  const { runQueue, waiting } = measured.verdict!.shares
  expect(measured.verdict!.kind).toBe(isStarved(runQueue, waiting) ? 'starved' : kind)
}

/** Whether other load takes so much that the verdict must say that, whatever the work is bound by. */
function isStarved(runQueue: number, waiting: number): boolean {
  return runQueue >= STARVED_RUN_QUEUE && waiting < IO_BOUND_WAITING
}

/** Keeps all CPUs busy until the test ends. */
async function load(): Promise<void> {
  const loops = Array.from({ length: availableParallelism() * 2 }, () =>
    spawn(process.execPath, ['-e', 'console.log(1); for (;;);'], { stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  onTestFinished(() => loops.forEach((loop) => loop.kill('SIGKILL')))
  await Promise.all(loops.map((loop) => once(loop.stdout, 'data')))
}

/** Much to parse, and little to write: nothing that a busy disk could hold up. */
const COMPUTING: Partial<MigrateOptions> = { engine: 'reference', select: ['id'] }

it('work that computes is CPU-bound', async () => {
  expectVerdict(await measure(filesOf(24, linesOf(16_000)), COMPUTING), 'cpu-bound')
})

it.each<[what: string, options: Partial<MigrateOptions>, limit: RegExp]>([
  ['answers late', { latency: '50ms' }, /each call waits for --latency \(50 ms\)/],
  ['is narrow', { bwlimit: '2MB' }, /all threads share what --bwlimit \(2 MB\/s\) lets through/],
])('storage that %s on purpose makes a run I/O-bound, and the verdict says what does', async (_, options, limit) => {
  const measured = await measure(filesOf(8, linesOf(6000)), options)
  expectSound(measured)
  const { runQueue, waiting } = measured.verdict!.shares
  const isBusyMachine = isStarved(runQueue, waiting)
  expect(measured.verdict?.kind).toMatch(isBusyMachine ? /^starved$/ : /^io-bound-/)
  expect(measured.verdict?.advice).toMatch(isBusyMachine ? /threads/ : limit)
  expect(measured.verdict?.evidence).toMatch(
    isBusyMachine ? /run queue/ : /--(?:latency|bwlimit) \(.*\) took at least \d+%/,
  )
  for (const { verdict, busy, stageNs } of measured.slowestFiles) {
    expect(verdict).toBe(judgeFile(busy, stageNs))
    expect(verdict).toMatch(busy.runQueueNs >= STARVED_RUN_QUEUE * busy.busyNs ? /^(starved|io-bound-)/ : /^io-bound-/)
  }
})

if (noShimReason !== null) console.log(`skipped: ${noShimReason}`)

// How long a sync takes depends on the machine, and on a tmpfs it takes no time. Here each takes 200 ms, as on a busy disk.
it.skipIf(noShimReason !== null)('tiny files that are made durable on a slow disk are sync-bound', async () => {
  const tree = new SmallTree(filesOf(200, 'a\n1\n'))
  const path = join(tree.folder, 'report.json')
  const args = ['--in', tree.source, '--out', tree.out, '--threads', '2', '--fsync', '--report', path]
  const env = faultEnvironment({ calls: 'fsync,syncfs', path: tree.out, action: 'wait:200' })
  expectExit(await runProgram(args, { env }), 0)
  const measured = measuredIn(JSON.parse(readFileSync(path, 'utf8')))
  expectSound(measured)
  expect(measured.verdict?.kind).toBe('sync-bound')
  expect(measured.verdict?.evidence).toContain('stood still for commits')
  expect(measured.verdict?.advice).toContain('--no-fsync')
})

it.each<[advice: string, threads: number]>([
  ['other work on this machine takes the core', availableParallelism()],
  ['fewer threads will do', availableParallelism() + 2],
])('threads that share their CPUs with other load are starved: %s', async (advice, threads) => {
  await load()
  const measured = await measure(filesOf(32, linesOf(16_000)), { ...COMPUTING, threads })
  expectSound(measured)
  expect(measured.verdict?.kind).toBe('starved')
  expect(measured.verdict?.advice).toContain(advice)
  expect(measured.verdict!.shares.runQueue).toBeGreaterThan(measured.verdict!.shares.waiting)
})

it('one huge file that cannot be split is too few files for two threads', async () => {
  const records = '{"id":1,"name":"a name","note":"some note"},\n'.repeat(400_000)
  const measured = await measure({ 'huge.json': `[${records}{}]` }, { threads: 2 })
  expectVerdict(measured, 'too-few-files')
  expect(measured.threads).toHaveLength(1)
  expect(spendingOf(measured).idleShare).toBe(0.5)
})

it('files, threads, course and system of a run are in its report', async () => {
  const measured = await measure(filesOf(6, LINES), { threads: 2 })
  expect(measured.files.map(({ file }) => file).sort()).toEqual(['0.csv', '1.csv', '2.csv', '3.csv', '4.csv', '5.csv'])
  for (const { startMs, endMs, busy, sourceBytes } of measured.files) {
    expect(endMs).toBeGreaterThan(startMs)
    expect(busy.onCpuNs + busy.runQueueNs + busy.waitingNs).toBe(busy.busyNs)
    expect(sourceBytes).toBe(LINES.length)
  }
  expect(measured.threads.reduce((sum, { files }) => sum + files, 0)).toBe(6)
  expect(measured.timeline.at(-1)?.readBytes).toBe(6 * LINES.length)
  expect(measured.system.peakMemoryBytes).toBeGreaterThan(30e6)
  expect(measured.tuning).toBeNull()
  expect(measured.source).toBe(process.platform === 'linux' ? 'thread-schedstat' : 'process')
})

it('--threads auto says what it tried, and never starts more threads than there are tasks', async () => {
  const { tuning, threads } = await measure(filesOf(3, LINES), { threads: 'auto', latency: '20ms' })
  expect(tuning?.reason).not.toBe('')
  expect(threads.length).toBeLessThanOrEqual(3)
})

it('nothing is measured where nothing was converted', async () => {
  const report = await new SmallTree({ 'bad.csv': 'a,b\n1,"x\n' }).migrate()
  expect(report.measured).toBeNull()
})
