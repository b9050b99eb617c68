import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plan } from '../../src/control/plan/plan-run.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { GOOD, SmallTree, write } from './small-tree.ts'

const FILES = { 'a.csv': GOOD, 'b.csv': GOOD, 'sub/c.csv': GOOD, 'sub/d.csv': GOOD }
const ALL = ['a.ndjson', 'b.ndjson', 'sub/c.ndjson', 'sub/d.ndjson']

/** A tree that was converted once. */
async function converted(): Promise<SmallTree> {
  const tree = new SmallTree(FILES)
  await tree.migrate()
  return tree
}

describe('--prune removes no target whose source is there, whatever a run is told to leave out', () => {
  const CASES: readonly (readonly [string, (tree: SmallTree) => Partial<MigrateOptions>])[] = [
    ['--include', () => ({ include: ['a.csv'] })],
    ['--exclude', () => ({ exclude: ['b.csv', 'sub/**'] })],
    ['--filter', () => ({ filter: ['- b.csv'] })],
    ['--max-depth', () => ({ maxDepth: 1 })],
    ['--min-size, of which one file is', (tree) => ({ minSize: 20, ...grow(tree) })],
    [
      '--max-age',
      (tree) => {
        utimesSync(join(tree.source, 'b.csv'), 1000, 1000)
        return { maxAge: '1d' }
      },
    ],
    [
      '--files-from',
      (tree) => {
        write(tree.folder, { list: 'a.csv\n' })
        return { filesFrom: [join(tree.folder, 'list')] }
      },
    ],
    ['a pattern', (tree) => ({ in: join(tree.source, 'a*') })],
    ['a source that is a link now, and passed over', (tree) => linkAway(tree)],
  ]
  it.each(CASES)('%s', async (_, change) => {
    const tree = await converted()
    const report = await tree.migrate({ ...change(tree), prune: true })
    expect(tree.targets).toEqual(ALL)
    expect(report.orphans).toEqual({ count: 0, examples: [], arePruned: false })
  })

  it.each(CASES)('%s: nor does a run without it say that sources are gone', async (_, change) => {
    const tree = await converted()
    const report = await tree.migrate(change(tree))
    expect(report.orphans.count).toBe(0)
  })
})

describe('--prune removes the targets of sources that are gone', () => {
  it.each<[string, Partial<MigrateOptions>]>([
    ['also where a filter leaves out others', { include: ['a.csv'] }],
    ['with all sources', {}],
  ])('%s', async (_, options) => {
    const tree = await converted()
    rmSync(join(tree.source, 'b.csv'))
    rmSync(join(tree.source, 'sub'), { recursive: true })
    const gone = ['b.ndjson', 'sub/c.ndjson', 'sub/d.ndjson']
    const planned = await plan({ in: tree.source, out: tree.out, prune: true, ...options })
    expect(planned.orphans).toEqual({ count: 3, examples: gone, wouldBePruned: true })
    expect(tree.targets).toEqual(ALL)
    expect((await tree.migrate(options)).orphans).toEqual({ count: 3, examples: gone, arePruned: false })
    const report = await tree.migrate({ ...options, prune: true })
    expect(report.orphans).toEqual({ count: 3, examples: gone, arePruned: true })
    expect(tree.targets).toEqual(['a.ndjson'])
  })

  it('but not one that was edited since, though it has the size that it had', async () => {
    const tree = await converted()
    rmSync(join(tree.source, 'b.csv'))
    write(tree.out, { 'b.ndjson': tree.read('b.ndjson').replace('1', '9') })
    const planned = await plan({ in: tree.source, out: tree.out, prune: true })
    expect(planned.orphans.count).toBe(0)
    expect((await tree.migrate({ prune: true })).orphans).toEqual({ count: 0, examples: [], arePruned: true })
    expect(tree.targets).toEqual(ALL)
  })

  it('but not one that a run which did not end was about to make', async () => {
    const tree = await converted()
    rmSync(join(tree.source, 'b.csv'))
    write(tree.out, {
      '.migrate/manifests/000009-abcdef.ndjson': `${JSON.stringify({ runId: '000009-abcdef', manifestHash: '', planHash: '' })}\n{"target":"b.ndjson"}\n`,
    })
    await tree.migrate({ prune: true })
    expect(tree.targets).toEqual(ALL)
  })

  it('but not through a link', async () => {
    const tree = await converted()
    rmSync(join(tree.source, 'sub/c.csv'))
    renameSync(join(tree.out, 'sub'), join(tree.folder, 'other'))
    symlinkSync(join(tree.folder, 'other'), join(tree.out, 'sub'))
    await tree.migrate({ prune: true, include: ['a.csv'] })
    expect(readdirSync(join(tree.folder, 'other'))).toEqual(['c.ndjson', 'd.ndjson'])
  })

  it('but not where a link leads to a folder that is away', async () => {
    const tree = await converted()
    renameSync(join(tree.source, 'sub'), join(tree.folder, 'disk'))
    symlinkSync(join(tree.folder, 'disk'), join(tree.source, 'sub'))
    await tree.migrate({ prune: true })
    renameSync(join(tree.folder, 'disk'), join(tree.folder, 'unplugged'))
    await tree.migrate({ prune: true })
    expect(tree.targets).toEqual(ALL)
  })

  it.skipIf(process.getuid?.() === 0)('but not where a folder may not be entered', async () => {
    const tree = await converted()
    chmodSync(join(tree.source, 'sub'), 0o600)
    try {
      await tree.migrate({ prune: true, exclude: ['sub/**', 'sub'] })
    } finally {
      chmodSync(join(tree.source, 'sub'), 0o700)
    }
    expect(tree.targets).toEqual(ALL)
  })

  it('also after the source tree was moved', async () => {
    const tree = await converted()
    rmSync(join(tree.source, 'b.csv'))
    const moved = join(tree.folder, 'moved')
    renameSync(tree.source, moved)
    await tree.migrate({ in: moved, prune: true })
    expect(tree.targets).toEqual(['a.ndjson', 'sub/c.ndjson', 'sub/d.ndjson'])
  })

  it('also after the source tree was made anew under its path, with some of its files', async () => {
    const tree = await converted()
    rmSync(tree.source, { recursive: true })
    write(tree.source, { 'a.csv': GOOD, 'new.csv': GOOD })
    await tree.migrate({ prune: true })
    expect(tree.targets).toEqual(['a.ndjson', 'new.ndjson'])
  })
})

describe('--prune is refused, and removes nothing', () => {
  const CASES: readonly (readonly [string, (tree: SmallTree) => Partial<MigrateOptions>, RegExp])[] = [
    ['with another source tree', otherTree, /were made from .*\/in, not from .*\/other/],
    [
      'with a folder of the source tree as source',
      (tree) => ({ in: join(tree.source, 'sub') }),
      /not from .*\/in\/sub/,
    ],
    [
      'with a copy of the source tree: what is gone there may be where the targets came from',
      (tree) => {
        const options = otherTree(tree)
        write(join(tree.folder, 'other'), FILES)
        rmSync(join(tree.folder, 'other', 'b.csv'))
        return options
      },
      /not from .*\/other/,
    ],
    [
      'with a source tree that is empty',
      (tree) => {
        rmSync(tree.source, { recursive: true })
        mkdirSync(tree.source)
        return {}
      },
      /found no source/,
    ],
    ['with filters that leave nothing', () => ({ include: ['nothing*'] }), /found no source/],
    [
      'with other files under the same path: another disk, perhaps',
      (tree) => {
        rmSync(tree.source, { recursive: true })
        write(tree.source, { 'README.csv': GOOD })
        return {}
      },
      /were made from/,
    ],
  ]
  it.each(CASES)('%s', async (_, change, message) => {
    const tree = await converted()
    const options = { ...change(tree), prune: true }
    const refused = { code: 'PRUNE_REFUSED', message: expect.stringMatching(message) as string }
    await expect(plan({ in: tree.source, out: tree.out, ...options })).rejects.toMatchObject(refused)
    await expect(tree.migrate(options)).rejects.toMatchObject(refused)
    expect(tree.targets).toEqual(ALL)
    expect(existsSync(join(tree.out, '.migrate/lock'))).toBe(false)
  })

  it('but not where nothing was ever converted', async () => {
    const tree = new SmallTree(FILES)
    expect((await tree.migrate({ prune: true })).files.converted).toBe(4)
  })

  it('and a run with another tree, without it, says nothing of sources that are gone', async () => {
    const tree = await converted()
    expect((await tree.migrate(otherTree(tree))).orphans.count).toBe(0)
    rmSync(join(tree.source, 'b.csv'))
    // Both trees made targets: each run judges those of its own.
    expect((await tree.migrate({ prune: true })).orphans.examples).toEqual(['b.ndjson'])
    expect(tree.targets).toEqual(['a.ndjson', 'sub/c.ndjson', 'sub/d.ndjson', 'z.ndjson'])
  })
})

function grow(tree: SmallTree): object {
  write(tree.source, { 'a.csv': `${GOOD}3,zzzzzzzzzz\n` })
  return {}
}

function linkAway(tree: SmallTree): object {
  renameSync(join(tree.source, 'b.csv'), join(tree.folder, 'elsewhere.csv'))
  symlinkSync(join(tree.folder, 'elsewhere.csv'), join(tree.source, 'b.csv'))
  return {}
}

function otherTree(tree: SmallTree): Partial<MigrateOptions> {
  const other = join(tree.folder, 'other')
  write(other, { 'z.csv': GOOD })
  return { in: other }
}
