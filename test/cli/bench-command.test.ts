import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { BenchReportSchema, type BenchReport } from '../../src/model/bench-report.ts'
import { writeSources } from '../faults/source-tree.ts'
import { runProgram } from '../faults/run-program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { fakeHost } from './fake-host.ts'

const SAMPLE = join(import.meta.dirname, '../../samples/orders/input')

async function bench(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const host = fakeHost(['bench', ...args])
  const exitCode = await main(host)
  return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text }
}

const ONCE = ['--runs', '1', '--warmup', '0']

describe('migrate bench', () => {
  it('measures real runs, prints and exports them, and leaves nothing else', async () => {
    const folder = temporaryFolder()
    const out = join(folder, 'out')
    mkdirSync(out)
    const source = join(folder, 'in')
    cpSync(SAMPLE, source, { recursive: true })
    // Large enough to be split.
    writeFileSync(join(source, 'large.csv'), `id,name\n${'17,seventeen\n'.repeat(50_000)}`)
    const file = (name: string): string => join(folder, 'results', name)
    const exports = ['--export-json', file('b.json'), '--export-csv', file('b.csv')]
    const pages = ['--export-markdown', file('b.md'), '--export-html', file('b.html')]
    const setting = [
      '--in',
      source,
      '--out',
      out,
      '-L',
      'threads',
      '1,2',
      ...ONCE,
      '--latency',
      '1ms',
      '--split-size',
      '64k',
      '--ladder',
      '-q',
    ]
    const { exitCode, stdout, stderr } = await bench(...setting, ...exports, ...pages)
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    const report = BenchReportSchema.parse(JSON.parse(readFileSync(file('b.json'), 'utf8')))
    expect(report.kinds.map(({ kind, points }) => [kind, points.map(({ threads }) => threads)])).toEqual([
      ['cpu-bound', [1, 2]],
      ['io-bound', [1, 2]],
    ])
    for (const { wall, userSeconds, peakBytes } of report.kinds.flatMap(({ points }) => points)) {
      expect(Math.min(wall.median, userSeconds)).toBeGreaterThan(0)
      expect(peakBytes).toBeGreaterThan(20e6)
    }
    expect(report.kinds[1]?.pacing).toEqual({ bytesPerSecond: null, latencyMs: 1 })
    // Two numbers of threads are too few for a model.
    expect(report.kinds[0]?.model).toBe(null)
    expect(report.work.treeHash).toMatch(/^[0-9a-f]{64}$/)
    expect(report.ladders.map(({ steps }) => steps.length)).toEqual([9, 9])
    for (const { steps } of report.ladders) {
      const notes = new Map(steps.map(({ name, note }) => [name, note]))
      expect(notes.get('kernels, threads')).toBe('')
      expect(notes.get('kernels, threads, large files split')).toBe('1 file was split')
    }
    for (const title of ['CPU-bound', 'I/O-bound', 'Side by side, s/GB', 'Ladder, CPU-bound']) {
      for (const text of [stdout, readFileSync(file('b.md'), 'utf8'), readFileSync(file('b.html'), 'utf8')])
        expect(text).toContain(title)
    }
    expect(readFileSync(file('b.csv'), 'utf8').split('\r\n')[1]).toMatch(/^cpu-bound,,1,1,/)
    expect(readdirSync(out)).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(['in', 'out', 'results'])
  })

  it('ends with 14 when it is slower than its baseline, and says by how much', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'b.json')
    const args = ['--in', SAMPLE, '--threads', '1', ...ONCE, '--out', folder, '-q']
    await bench(...args, '--export-json', file)
    const before = JSON.parse(readFileSync(file, 'utf8')) as BenchReport
    const atSpeed = (factor: number): BenchReport => ({
      ...before,
      kinds: before.kinds.map((kind) => ({
        ...kind,
        points: kind.points.map((point) => ({ ...point, secondsPerGb: point.secondsPerGb * factor })),
      })),
    })
    writeFileSync(file, JSON.stringify(atSpeed(1 / 1000)))
    const slower = await bench(...args, '--baseline', file)
    expect([slower.exitCode, slower.stderr]).toEqual([14, ''])
    expect(slower.stdout).toMatch(/CPU-bound +1 .* slower$/m)
    writeFileSync(file, JSON.stringify(atSpeed(1000)))
    expect((await bench(...args, '--baseline', file)).exitCode).toBe(0)
  })

  it.each([
    [['--in', SAMPLE, '--threads', '1,many'], 2, '--threads: "many" is not a number of threads'],
    [['--in', SAMPLE, '-L', 'files', '1,2'], 2, '"files 1,2" is not "threads" and a list'],
    [['--in', SAMPLE, '-L', 'threads', '1', '--threads', '2'], 2, '--threads and --parameter-list say the same'],
    [['--in', SAMPLE, '--runs', '0'], 2, '--runs "0" is too small'],
    [['--in', SAMPLE, '--bwlimit', '0'], 2, '--bwlimit "0": the least is one byte a second'],
    [['--in', SAMPLE, '--force'], 2, 'unknown flag --force'],
    [['--in', SAMPLE, '--baseline', '/nowhere/b.json'], 2, '--baseline /nowhere/b.json cannot be read: ENOENT'],
    [['--in', SAMPLE, '--baseline', join(SAMPLE, '../../../package.json')], 2, 'is no benchmark of this version'],
    [['--in', SAMPLE, '--out', '/nowhere/at/all'], 2, 'no folder for targets can be made in /nowhere/at'],
    [['--in', '/nowhere'], 3, '/nowhere'],
    [[], 2, '--in is missing'],
  ])('refuses %j', async (args, exitCode, message) => {
    const ended = await bench(...args)
    expect(ended.stderr).toContain(message)
    expect([ended.exitCode, ended.stdout]).toEqual([exitCode, ''])
  })

  it('ends with the error of a run that fails, and leaves nothing', async () => {
    const folder = temporaryFolder()
    const source = join(folder, 'in')
    mkdirSync(source)
    writeFileSync(join(source, 'a.csv'), 'a,b\n1,"x\n')
    const { exitCode, stderr } = await bench('--in', source, '--out', join(folder, 'out'), ...ONCE)
    expect(stderr).toContain('a measured run ended with exit code 6')
    expect(exitCode).toBe(1)
    expect(readdirSync(folder)).toEqual(['in'])
  })

  it('stopped by Ctrl-C in the middle of a run leaves nothing', async () => {
    const folder = temporaryFolder()
    const source = join(folder, 'in')
    mkdirSync(source)
    writeSources(source, { fileCount: 4, sizeBytes: () => 100_000 })
    const args = [
      'bench',
      '--in',
      source,
      '--out',
      join(folder, 'out'),
      '--threads',
      '1',
      '--runs',
      '1',
      '--warmup',
      '0',
    ]
    // The I/O-bound run would take hours: the signal comes in the middle of it.
    let pid: number | undefined
    const ended = await runProgram([...args, '--latency', '1m'], {
      onStart: (child) => {
        pid = child.pid
      },
      onText: (child, text) => {
        if (text.includes('[1/2] cpu-bound')) setTimeout(() => child.kill('SIGINT'), 1000)
      },
    })
    expect(ended.stderr).toContain('the benchmark was stopped')
    expect(ended.exitCode).toBe(130)
    expect(readdirSync(folder)).toEqual(['in'])
    const left = ['/dev/shm', tmpdir()].flatMap((place) => (existsSync(place) ? readdirSync(place) : []))
    expect(left.filter((name) => name.startsWith(`.drover-bench-${pid}-`))).toEqual([])
  })
})
