import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { plan } from '../../src/control/plan/plan-run.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { fakeHost } from '../cli/fake-host.ts'
import { heavyTailedSizes } from '../cluster/heavy-tailed-sizes.ts'
import { contentsOf, expectNothingLeft } from '../faults/tree-state.ts'
import { GOOD, REJECTED, SmallTree, write, type Files } from './small-tree.ts'

const FILES: Files = Object.fromEntries(
  Array.from({ length: 12 }, (_, index) => [
    `${index % 3 === 0 ? 'below/' : ''}${index}.csv`,
    index === 5 ? REJECTED : GOOD.repeat(index + 1),
  ]),
)

function shards(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index + 1}/${count}`)
}

async function runAll(tree: SmallTree, count: number, options: Partial<MigrateOptions> = {}) {
  return Promise.all(shards(count).map((shard) => tree.migrate({ shard, ...options })))
}

async function merge(...words: readonly string[]) {
  const host = fakeHost(['report', 'merge', ...words, '--as', 'json'])
  const exitCode = await main(host)
  const report = host.stdout.text === '' ? null : JSON.parse(host.stdout.text)
  return { exitCode, report, stderr: host.stderr.text }
}

function reportsOf(tree: SmallTree): string[] {
  const folder = join(tree.out, '.migrate/reports')
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name))
}

describe('the shards of a tree', () => {
  it.each([1, 2, 3, 5, 20])('%i of them, all at once, make the tree of one run, and each file once', async (count) => {
    const tree = new SmallTree(FILES)
    const gold = await tree.migrate({ out: join(tree.folder, 'gold') })
    const reports = await runAll(tree, count)
    expect(reports.reduce((sum, report) => sum + report.files.converted, 0)).toBe(12)
    expect(contentsOf(tree.out)).toEqual(contentsOf(join(tree.folder, 'gold')))
    expectNothingLeft(tree.out)
    for (const report of reports) expect(report.manifestHash).toBe(gold.manifestHash)
    // One hash over a part would pass for one over the whole.
    for (const report of reports) expect(report.treeHash).toBeNull()

    const merged = await merge(tree.out)
    const starts = reports.map(({ startedAt }) => Date.parse(startedAt ?? ''))
    expect(Date.parse(merged.report.startedAt)).toBe(Math.min(...starts))
    expect([merged.exitCode, merged.stderr]).toEqual([12, ''])
    expect(merged.report).toMatchObject({
      treeHash: gold.treeHash,
      files: gold.files,
      records: gold.records,
      sourceBytes: gold.sourceBytes,
      targetBytes: gold.targetBytes,
      standingRejects: gold.standingRejects,
      time: { realMs: Math.max(...reports.map((report) => report.time.realMs)) },
      shard: null,
    })
    expect(merged.report.merged.shards).toHaveLength(count)
  })

  it('of a heavy-tailed tree are even within 5 % of bytes', async () => {
    const sizes = heavyTailedSizes(120, 5, 100_000, 1.2)
    const line = 'some text,and more of it\n'
    const files = Array.from(sizes, (size, index) => [
      `${index}.csv`,
      `a,b\n${line.repeat(Math.ceil(size / line.length))}`,
    ])
    const tree = new SmallTree(Object.fromEntries(files))
    await runAll(tree, 3)
    const { report } = await merge(tree.out)
    expect(report.merged.bytesImbalance).toBeLessThan(0.05)
    const bytes = report.merged.shards.map((shard: { bytes: number }) => shard.bytes)
    expect((Math.min(...bytes) * 3) / report.sourceBytes).toBeGreaterThan(0.95)
  })

  it('started again, convert nothing; a whole run finds all done, and prunes', async () => {
    const tree = new SmallTree(FILES)
    await runAll(tree, 3)
    const again = await runAll(tree, 3)
    for (const report of again) expect(report.files.converted).toBe(0)
    expect((await merge(tree.out)).report.files).toMatchObject({ converted: 0, alreadyDone: 12 })

    rmSync(join(tree.source, '7.csv'))
    const whole = await tree.migrate({ prune: true })
    expect(whole.files).toMatchObject({ converted: 0, alreadyDone: 11 })
    expect(tree.targets).not.toContain('7.ndjson')
  })

  it('go on where a whole run stopped, and with changed sources', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    write(tree.source, { '1.csv': 'a,b\n3,z\n', 'new.csv': GOOD })
    const reports = await runAll(tree, 3)
    expect(reports.reduce((sum, report) => sum + report.files.converted, 0)).toBe(2)
    // The reports of three shards of the old list would not do.
    expect((await merge(tree.out)).report.files).toMatchObject({ total: 13, converted: 2, alreadyDone: 11 })
  })

  it('of which one fails for a file say so in the merged report, which has no tree hash then', async () => {
    const tree = new SmallTree({ ...FILES, 'broken.csv': 'a,b\n1,"x\n' })
    await runAll(tree, 3)
    const merged = await merge(tree.out)
    expect(merged.exitCode).toBe(11)
    expect(merged.report).toMatchObject({ treeHash: null, files: { total: 13, converted: 12, failed: 1 } })
    expect(merged.report.failures).toHaveLength(1)
  })

  it('count what cannot be listed once', async () => {
    const tree = new SmallTree(FILES)
    const list = join(tree.folder, 'list')
    writeFileSync(list, '1.csv\n2.csv\nmissing.csv\n')
    await runAll(tree, 3, { filesFrom: [list] })
    const merged = await merge(tree.out)
    expect(merged.report.files).toMatchObject({ total: 3, converted: 2, failed: 1 })
    expect(merged.exitCode).toBe(11)
  })

  it('with nothing to do are no error, even with --error-on-empty', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    const reports = await runAll(tree, 3, { errorOnEmpty: true })
    expect(reports.map((report) => report.files.total)).toEqual([1, 0, 0])
    expect(reports.flatMap((report) => report.warnings)).toEqual([])
  })

  it('are shown by plan --shard, which names the files and the share', async () => {
    const tree = new SmallTree(FILES)
    const planned = await Promise.all(shards(3).map((shard) => plan({ in: tree.source, out: tree.out, shard })))
    const sources = planned.flatMap((part) => [...part.files].map((file) => file.source))
    expect(sources.sort()).toEqual(Object.keys(FILES).sort())
    expect(planned.map((part) => part.shard?.treeFiles)).toEqual([12, 12, 12])

    const host = fakeHost(['plan', '--in', tree.source, '--out', tree.out, '--shard', '2/3'])
    expect(await main(host)).toBe(0)
    expect(host.stderr.text).toMatch(/this is shard 2 of 3: \d+\.\d% of the bytes of 12 files/)
    expect(tree.targets).toEqual([])
  })

  it('are found in the environment', async () => {
    const tree = new SmallTree(FILES)
    process.env['JOB_COMPLETION_INDEX'] = '1'
    onTestFinished(() => void delete process.env['JOB_COMPLETION_INDEX'])
    const { shard } = await tree.migrate({ shard: 'auto/3' })
    expect(shard).toMatchObject({ index: 2, count: 3 })
  })

  it.each([
    [{ prune: true }, '--prune needs the whole tree'],
    [{ maxAge: '1d' }, 'count from the moment at which each shard starts'],
    [{ minAge: '1s' }, 'count from the moment at which each shard starts'],
  ])('refuse %j', async (options, message) => {
    const tree = new SmallTree(FILES)
    await expect(tree.migrate({ shard: '1/2', ...options })).rejects.toMatchObject({
      code: 'WRONG_USE',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/\S/),
    })
    expect(tree.targets).toEqual([])
  })
})

describe('migrate report merge', () => {
  it('takes a folder of reports, or reports by name, wherever they were copied to', async () => {
    const tree = new SmallTree(FILES)
    await runAll(tree, 3)
    const copies = join(tree.folder, 'copies')
    mkdirSync(copies)
    const folder = join(tree.out, '.migrate/reports')
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(copies, name))
    rmSync(tree.out, { recursive: true })
    const byFolder = await merge(copies)
    const reports = readdirSync(copies).filter((name) => name.endsWith('.json'))
    const byName = await merge(...reports.map((name) => join(copies, name)).toReversed())
    expect(byFolder.report.treeHash).toMatch(/^[0-9a-f]{64}$/)
    expect(byName).toEqual(byFolder)
  })

  it('names shards that are missing, and a shard that is killed has no report of an earlier run', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate({ shard: '2/3' })
    const merged = await merge(tree.out)
    expect(merged.exitCode).toBe(2)
    expect(merged.stderr).toContain('no report of shard 1/3, 3/3')

    await tree.migrate({ shard: '1/3' })
    await tree.migrate({ shard: '3/3' })
    expect((await merge(tree.out)).exitCode).toBe(12)
    // Stopped before its first file, as by a kill.
    const none = new SmallTree({})
    expect((await merge(none.out, '--quiet')).exitCode).toBe(3)
    mkdirSync(none.out)
    expect((await merge(none.out)).stderr).toContain('there is no report of a shard in')
  })

  it('refuses a shard twice, other plans, other divisions and reports of whole runs', async () => {
    const tree = new SmallTree(FILES)
    await runAll(tree, 2)
    const [first = '', second = ''] = reportsOf(tree)
    const twice = await merge(first, second, first)
    expect([twice.exitCode, twice.stderr]).toEqual([2, expect.stringContaining('are both of shard 1 of 2')])

    const other = new SmallTree(FILES)
    await runAll(other, 2, { nullstr: 'NULL' })
    const different = await merge(first, reportsOf(other)[1] ?? '')
    expect([different.exitCode, different.stderr]).toEqual([2, expect.stringContaining('of different plans')])

    await runAll(other, 2)
    const moved = await merge(first, reportsOf(other)[1] ?? '')
    expect([moved.exitCode, moved.stderr]).toEqual([2, expect.stringContaining('of different lists of sources')])

    const whole = join(tree.folder, 'whole.json')
    writeFileSync(whole, JSON.stringify(await tree.migrate()))
    const ofWhole = await merge(first, whole)
    expect([ofWhole.exitCode, ofWhole.stderr]).toEqual([2, expect.stringContaining('the report of a whole run')])

    const folder = join(tree.folder, 'divided')
    mkdirSync(folder)
    for (const name of readdirSync(join(tree.out, '.migrate/reports')))
      copyFileSync(join(tree.out, '.migrate/reports', name), join(folder, name))
    await runAll(tree, 3)
    const divided = await merge(folder, reportsOf(tree)[2] ?? '')
    expect([divided.exitCode, divided.stderr]).toEqual([2, expect.stringContaining('2 and 3 shards')])
    expect((await merge()).stderr).toContain('the reports to merge are missing')
  })

  type Damage = readonly [what: string, edit: (lines: string[]) => string[], message: string]
  const damages: readonly Damage[] = [
    ['a line less', (lines) => lines.slice(1), 'its hash is not the one that the report names'],
    ['a line twice', (lines) => [lines[0] ?? '', ...lines], 'its lines are out of order'],
    ['a line cut short', (lines) => ['{"source":', ...lines.slice(1)], 'a line is no target'],
    [
      'another size',
      (lines) => [(lines[0] ?? '').replace(/"sizeBytes":\d/, '"sizeBytes":7'), ...lines.slice(1)],
      'its hash is not',
    ],
  ]

  it.each(damages)('notices a list of targets with %s', async (_, edit, message) => {
    const tree = new SmallTree(FILES)
    await runAll(tree, 2)
    const list = (reportsOf(tree)[0] ?? '').replace(/json$/, 'targets.ndjson')
    const lines = readFileSync(list, 'utf8').trimEnd().split('\n')
    writeFileSync(list, `${edit(lines).join('\n')}\n`)
    const merged = await merge(tree.out)
    expect([merged.exitCode, merged.stderr]).toEqual([2, expect.stringContaining(message)])
    rmSync(list)
    expect((await merge(tree.out)).stderr).toContain('which belongs to it, is not there')
  })
})
