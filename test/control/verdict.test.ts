import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statfsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import type { Measurements } from '../../src/model/measurement.ts'
import type { MigrateOptions } from '../../src/model/options.ts'
import { ReportSchema } from '../../src/model/report.ts'
import { SmallTree, type Files } from './small-tree.ts'

// Real runs. What another program does to this machine meanwhile cannot be helped: where threads had to wait for a CPU, `starved` is
// the right verdict, whatever was to be shown.

const LINES = 'id,name,note\n' + '1,"a name, quoted",some note that is neither long nor short\n'.repeat(60_000)

const filesOf = (count: number, text: string, extension = 'csv'): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.${extension}`, text]))

async function measure(files: Files, options: Partial<MigrateOptions>): Promise<Measurements> {
  const report = ReportSchema.parse(await new SmallTree(files).migrate(options))
  expect(report.files.failed).toBe(0)
  if (report.measured === null) throw new Error('nothing was measured')
  return report.measured
}

/** Keeps all CPUs busy until the test ends. */
async function load(): Promise<void> {
  const loops = Array.from({ length: availableParallelism() * 2 }, () =>
    spawn(process.execPath, ['-e', 'console.log(1); for (;;);'], { stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  onTestFinished(() => loops.forEach((loop) => loop.kill('SIGKILL')))
  await Promise.all(loops.map((loop) => once(loop.stdout, 'data')))
}

it('work that computes is CPU-bound', async () => {
  const { verdict } = await measure(filesOf(8, LINES), { engine: 'reference' })
  expect(['cpu-bound', 'starved']).toContain(verdict?.kind)
  expect(verdict!.shares.waiting).toBeLessThan(0.5)
})

it('storage that answers late makes a run I/O-bound, and waiting is what it shows', async () => {
  const { verdict, slowestFiles } = await measure(filesOf(8, LINES.slice(0, 400_000)), { latency: '50ms' })
  expect(verdict?.kind).toMatch(/^io-bound-/)
  expect(slowestFiles.map(({ verdict }) => verdict)).toEqual(
    slowestFiles.map(() => expect.stringMatching(/^io-bound-/)),
  )
})

/** The number that Linux gives tmpfs. */
const TMPFS = 0x01021994
const isTmpfs = statfsSync(tmpdir()).type === TMPFS
if (isTmpfs) console.log(`skipped: ${tmpdir()} is a tmpfs, where syncs cost nothing`)

it.skipIf(isTmpfs)('many tiny files that are made durable are sync-bound', async () => {
  const { verdict } = await measure(filesOf(1500, 'a\n1\n'), { fsync: true })
  expect(['sync-bound', 'starved']).toContain(verdict?.kind)
  expect(verdict?.kind === 'starved' || verdict?.evidence.includes('stood still for commits')).toBe(true)
})

it('threads that share their CPUs with other load are starved', async () => {
  await load()
  const { verdict } = await measure(filesOf(8, LINES), { threads: availableParallelism() + 2, engine: 'reference' })
  expect(verdict?.kind).toBe('starved')
})

it('one huge file is too few files for two threads', async () => {
  const records = '{"id":1,"name":"a name","note":"some note"},\n'.repeat(100_000)
  const { verdict, threads } = await measure({ 'huge.json': `[${records}{}]` }, { threads: 2 })
  expect(['too-few-files', 'starved']).toContain(verdict?.kind)
  expect(threads).toHaveLength(1)
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
