import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MigrateOptions } from '../../src/options/options.ts'
import { checkCpuProfile } from '../support/check-cpu-profile.ts'
import { checkTrace, type Span } from '../support/check-trace.ts'
import { migrate } from '../support/migrate.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Traces and profiles of real runs. */

function sourceTree(files: Readonly<Record<string, string>>): {
  readonly folder: string
  readonly roots: { in: string; out: string }
} {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'in'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'in', name), text)
  return { folder, roots: { in: join(folder, 'in'), out: join(folder, 'out') } }
}

const TABLE = `a,b\n${'1,x\n2,"y ""z"""\n'.repeat(3000)}`

const isInside = (inner: Span, outer: Span): boolean =>
  inner.tid === outer.tid && inner.ts >= outer.ts && inner.ts + inner.dur <= outer.ts + outer.dur

describe('the trace of a run', () => {
  const HOSTILE = 'na"me\u2028\n.csv'

  const FILES = { 'a.csv': TABLE, 'b.csv': 'a\n"x', [HOSTILE]: TABLE, 'c.csv': TABLE }

  async function trace(options: Partial<MigrateOptions> = {}, files: Readonly<Record<string, string>> = FILES) {
    const { folder, roots } = sourceTree(files)
    const path = join(folder, 'traces/run.json')
    const settings = { threads: 2, engine: 'kernel', trace: path, chunkSize: 4096, lossy: true } as const
    const report = await migrate({ ...roots, ...settings, ...options })
    return { report, spans: checkTrace(JSON.parse(readFileSync(path, 'utf8'))) }
  }

  it('has a row for each thread, each file with its stages inside, and the commits', async () => {
    const { report, spans } = await trace()
    expect(report.warnings).toEqual([])
    const files = spans.flatMap((span) => (span.cat === 'file' ? span : []))
    expect(files.map(({ name }) => name).sort()).toEqual(['a.csv', 'b.csv', 'c.csv', HOSTILE].sort())
    expect(files.filter(({ args }) => !args.isConverted).map(({ name }) => name)).toEqual(['b.csv'])
    const stages = spans.filter(({ cat }) => cat === 'stage')
    expect(new Set(stages.map(({ name }) => name))).toEqual(new Set(['read', 'parse', 'map', 'encode', 'write']))
    expect(stages.filter((stage) => !files.some((file) => isInside(stage, file)))).toEqual([])
    const commits = spans.flatMap((span) => (span.cat === 'commit' ? span.args.files : []))
    expect(commits.reduce((sum, files) => sum + files, 0)).toBe(3)
  })

  it('shows a split file on each thread that worked at it', async () => {
    const options = { splitSize: 16 * 1024, latency: '10ms', threads: 3 }
    const { report, spans } = await trace(options, { 'large.csv': TABLE.repeat(4) })
    expect(report.splitFiles).toBe(1)
    const files = spans.filter(({ cat }) => cat === 'file')
    expect(new Set(files.map(({ name }) => name))).toEqual(new Set(['large.csv']))
    expect(new Set(files.map(({ tid }) => tid)).size).toBe(files.length)
    expect(files.length).toBeGreaterThan(1)
  })

  it('has files without stages with the stream engine', async () => {
    const { spans } = await trace({ engine: 'stream' })
    expect(spans.filter(({ cat }) => cat === 'file')).toHaveLength(4)
  })
})

const namesIn = (path: string): string[] =>
  checkCpuProfile(JSON.parse(readFileSync(path, 'utf8'))).nodes.map(({ callFrame }) => callFrame.functionName)

describe('the profile of a run', () => {
  it('is one of each thread, one of the main thread and one of all, with our names of functions and kernels', async () => {
    const { folder, roots } = sourceTree({ 'a.csv': TABLE.repeat(400), 'b.csv': TABLE })
    const profile = join(folder, 'profiles')
    const report = await migrate({ ...roots, threads: 2, engine: 'kernel', profile })
    expect(report.warnings).toEqual([])
    expect(readdirSync(profile).sort()).toEqual([
      'main.cpuprofile',
      'merged.cpuprofile',
      'thread-0.cpuprofile',
      'thread-1.cpuprofile',
    ])
    const merged = namesIn(join(profile, 'merged.cpuprofile'))
    expect(merged).toEqual(expect.arrayContaining(['main', 'thread-0', 'thread-1', 'pump']))
    expect(merged.filter((name) => /assembly\/[\w-]+\/\w+$/.test(name))).not.toEqual([])
    namesIn(join(profile, 'main.cpuprofile'))
    const threads = ['thread-0', 'thread-1'].flatMap((name) => namesIn(join(profile, `${name}.cpuprofile`)))
    expect(threads).toContain('pump')
  })
})

describe('a run that cannot record', () => {
  it.each([
    ['trace', '--trace', 'EISDIR'],
    ['profile', '--profile', 'EEXIST'],
  ] as const)('is refused before it writes anything: %s', async (key, flag, errno) => {
    const { folder, roots } = sourceTree({ 'a.csv': TABLE })
    writeFileSync(join(folder, 'file'), '')
    const path = key === 'trace' ? folder : join(folder, 'file')
    await expect(migrate({ ...roots, [key]: path })).rejects.toMatchObject({
      code: 'WRONG_USE',
      message: expect.stringMatching(new RegExp(`^${flag} .* cannot be written: .*${errno}`)) as string,
    })
    expect(existsSync(roots.out)).toBe(false)
  })
})
