import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { migrate } from '../support/migrate.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Traces and profiles of real runs. */

/** The part of Chrome's trace-event format that a trace uses. */
const TraceSchema = z.strictObject({
  traceEvents: z.array(
    z.discriminatedUnion('ph', [
      z.strictObject({
        name: z.enum(['process_name', 'thread_name', 'thread_sort_index']),
        ph: z.literal('M'),
        pid: z.number().int(),
        tid: z.number().int(),
        args: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
      z.strictObject({
        name: z.string(),
        cat: z.enum(['file', 'stage', 'commit']),
        ph: z.literal('X'),
        pid: z.number().int(),
        tid: z.number().int().nonnegative(),
        ts: z.number().nonnegative(),
        dur: z.number().nonnegative(),
        args: z.record(z.string(), z.unknown()).optional(),
      }),
    ]),
  ),
  displayTimeUnit: z.literal('ms'),
  otherData: z.strictObject({ spansLeftOut: z.number() }),
})

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

describe('the trace of a run', () => {
  const HOSTILE = 'na"me\u2028\n.csv'

  async function trace(options: { readonly engine: 'kernel' | 'stream' } = { engine: 'kernel' }) {
    const { folder, roots } = sourceTree({ 'a.csv': TABLE, 'b.csv': 'a\n"x', [HOSTILE]: TABLE, 'c.csv': TABLE })
    const path = join(folder, 'traces/run.json')
    const report = await migrate({ ...roots, threads: 2, trace: path, chunkSize: 4096, lossy: true, ...options })
    const { traceEvents } = TraceSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    const spans = traceEvents.flatMap((event) => (event.ph === 'X' ? event : []))
    return { report, traceEvents, spans }
  }

  it('has a row for each thread, each file with its stages inside, and the commits', async () => {
    const { report, traceEvents, spans } = await trace()
    expect(report.warnings).toEqual([])
    const files = spans.filter(({ cat }) => cat === 'file')
    expect(files.map(({ name }) => name).sort()).toEqual(['a.csv', 'b.csv', 'c.csv', HOSTILE].sort())
    expect(files.filter(({ args }) => args?.['isConverted'] === false).map(({ name }) => name)).toEqual(['b.csv'])
    const named = traceEvents.flatMap((event) => (event.name === 'thread_name' ? event.tid : []))
    expect(named).toEqual(expect.arrayContaining(files.map(({ tid }) => tid)))
    const stages = spans.filter(({ cat }) => cat === 'stage')
    expect(new Set(stages.map(({ name }) => name))).toEqual(new Set(['read', 'parse', 'map', 'encode', 'write']))
    const isInside = (inner: (typeof spans)[number], outer: (typeof spans)[number]): boolean =>
      inner.tid === outer.tid && inner.ts >= outer.ts && inner.ts + inner.dur <= outer.ts + outer.dur
    expect(stages.filter((stage) => !files.some((file) => isInside(stage, file)))).toEqual([])
    const commits = spans.filter(({ cat }) => cat === 'commit')
    expect(commits.reduce((sum, { args }) => sum + Number(args?.['files']), 0)).toBe(3)
  })

  it('never has two spans of a row that cross', async () => {
    const { spans } = await trace()
    for (const tid of new Set(spans.map((span) => span.tid))) {
      const open: number[] = []
      for (const { ts, dur } of spans.filter((span) => span.tid === tid).sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
        while (open.length > 0 && (open.at(-1) ?? 0) <= ts) open.pop()
        expect(ts + dur).toBeLessThanOrEqual(open.at(-1) ?? Number.POSITIVE_INFINITY)
        open.push(ts + dur)
      }
    }
  })

  it('has files without stages with the stream engine', async () => {
    const { spans } = await trace({ engine: 'stream' })
    expect(spans.filter(({ cat }) => cat === 'file')).toHaveLength(4)
  })
})

const namesIn = (path: string): string[] => {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as { nodes: { callFrame: { functionName: string } }[] }
  return profile.nodes.map(({ callFrame }) => callFrame.functionName)
}

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
