import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plan } from '../../src/control/plan/plan-run.ts'
import type { MappingInput } from '../../src/model/mapping.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { BROKEN, GOOD, REJECTED, SmallTree, write } from './small-tree.ts'

const FILES = { 'a.csv': GOOD, 'sub/b.csv': REJECTED, 'c.ndjson': '{"a":1}\n' }

/** Changes the content of a file but neither its size nor its time, which is `timeSeconds`. */
function changeSecretly(path: string, timeSeconds: number): void {
  const text = readFileSync(path, 'latin1')
  writeFileSync(path, text.replace('1', '7'), 'latin1')
  utimesSync(path, timeSeconds, timeSeconds)
}

/** Why files would run, as the plan tells it; `done` for those that would not. */
async function reasons(tree: SmallTree, options: Partial<MigrateOptions> = {}): Promise<Record<string, string>> {
  const { files } = await plan({ in: tree.source, out: tree.out, ...options })
  return Object.fromEntries([...files].map(({ source, reason }) => [source, reason]))
}

const DONE = { 'a.csv': 'done', 'c.ndjson': 'done', 'sub/b.csv': 'done' }

describe('a run with a mapping', () => {
  const MAPPING = 'columns: { a: integer }\n'

  it('takes it from a file, and converts again what another mapping made, but not for a comment', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'c.ndjson': '{"a":"1"}\n{"a":"x"}\n' })
    write(tree.folder, { 'm.yaml': MAPPING })
    const map = join(tree.folder, 'm.yaml')
    const { rejectCodes } = await tree.migrate({ map, to: 'ndjson' })
    expect(rejectCodes).toEqual({ CAST: 1 })
    expect([tree.read('a.ndjson'), tree.read('c.ndjson')]).toEqual(['{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n', '{"a":1}\n'])
    write(tree.folder, { 'm.yaml': `# typed\n${MAPPING}` })
    expect(await reasons(tree, { map, to: 'ndjson' })).toEqual({ 'a.csv': 'done', 'c.ndjson': 'done' })
    write(tree.folder, { 'm.yaml': MAPPING.replace('integer', 'number') })
    const changed = 'mapping or options differ'
    expect(await reasons(tree, { map, to: 'ndjson' })).toEqual({ 'a.csv': changed, 'c.ndjson': changed })
  })

  it('says so in the plan', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    const tierOf = async (map: MappingInput) =>
      [...(await plan({ in: tree.source, out: tree.out, map })).files].map(({ tier }) => tier)
    expect(await tierOf({ columns: { a: 'integer' } })).toEqual(['kernel, typed: bytes csv to ndjson'])
    expect(await tierOf({ columns: { x: { from: 'a' } } })).toEqual(['kernel: bytes csv to ndjson'])
  })

  it('is refused for a mapping that is wrong, before anything is there', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    await expect(tree.migrate({ map: { columns: { a: 'int' as 'integer' } } })).rejects.toMatchObject({
      code: 'MAPPING_INVALID',
    })
    expect(existsSync(tree.out)).toBe(false)
  })
})

describe('a second run', () => {
  it('has nothing to do, tells so, and still counts the rejects that stand', async () => {
    const tree = new SmallTree(FILES)
    const first = await tree.migrate()
    const inode = tree.inode('a.ndjson')
    const second = await tree.migrate()
    expect(tree.converted).toEqual([])
    expect(second.files).toEqual({ total: 3, converted: 0, alreadyDone: 3, failed: 0, notStarted: 0 })
    expect(second.standingRejects).toEqual({ files: 1, records: 1 })
    expect(second.treeHash).toBe(first.treeHash)
    expect(tree.inode('a.ndjson')).toBe(inode)
  })

  type Case = readonly [title: string, change: (tree: SmallTree) => void, reason: string]
  const CASES: readonly Case[] = [
    ['whose source has grown', (tree) => write(tree.source, { 'a.csv': `${GOOD}3,z\n` }), 'source size differs'],
    ['whose source was touched', (tree) => utimesSync(join(tree.source, 'a.csv'), 1, 1), 'source mtime differs'],
    ['whose target is gone', (tree) => rmSync(join(tree.out, 'a.ndjson')), 'target is gone'],
    ['whose target was cut off', (tree) => write(tree.out, { 'a.ndjson': '' }), 'target size differs'],
  ]
  it.each<Case>(CASES)('converts a file %s, and no other', async (_, change, reason) => {
    const tree = new SmallTree(FILES)
    const first = await tree.migrate()
    change(tree)
    expect(await reasons(tree)).toEqual({ ...DONE, 'a.csv': reason })
    const second = await tree.migrate()
    expect(tree.converted).toEqual(['a.csv'])
    // The target is the same again unless the source is another one.
    expect(second.treeHash === first.treeHash).toBe(reason !== 'source size differs')
    expect(await reasons(tree)).toEqual(DONE)
  })

  it.each<[title: string, options: Partial<MigrateOptions>, converted: string[]]>([
    ['--select', { select: 'a' }, ['a.csv', 'c.ndjson', 'sub/b.csv']],
    ['--drop', { drop: 'b' }, ['a.csv', 'c.ndjson', 'sub/b.csv']],
    ['--map', { map: { columns: { a: 'string' } } }, ['a.csv', 'c.ndjson', 'sub/b.csv']],
    ['--nullstr, which only concerns tables', { nullstr: 'NULL' }, ['a.csv', 'sub/b.csv']],
    ['--force', { force: true }, ['a.csv', 'c.ndjson', 'sub/b.csv']],
    ['--threads, which changes no byte', { threads: 2 }, []],
    ['--chunk-size, which changes no byte', { chunkSize: 7 }, []],
  ])('converts what a changed option concerns: %s', async (_, options, converted) => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    await tree.migrate(options)
    expect(tree.converted).toEqual(converted)
    await tree.migrate({ ...options, force: false })
    expect(tree.converted).toEqual([])
  })

  it('gives the tree of a first run with its options, whatever was there before', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate({ select: 'a' })
    const second = await tree.migrate()
    const fresh = await new SmallTree(FILES).migrate()
    expect(second.treeHash).toBe(fresh.treeHash)
    expect(tree.read('a.ndjson')).toBe('{"a":"1","b":"x"}\n{"a":"2","b":"y"}\n')
  })

  it('tries a file again that failed, and does the others no more', async () => {
    const tree = new SmallTree({ ...FILES, 'bad.csv': BROKEN })
    expect((await tree.migrate()).files).toMatchObject({ converted: 3, failed: 1 })
    expect((await tree.migrate()).files).toMatchObject({ converted: 0, alreadyDone: 3, failed: 1 })
    write(tree.source, { 'bad.csv': GOOD })
    expect((await tree.migrate()).files).toMatchObject({ converted: 1, alreadyDone: 3, failed: 0 })
  })

  it('takes the rejects of a mended file away', async () => {
    const tree = new SmallTree(FILES)
    expect((await tree.migrate()).standingRejects).toEqual({ files: 1, records: 1 })
    write(tree.source, { 'sub/b.csv': GOOD })
    expect((await tree.migrate()).standingRejects).toEqual({ files: 0, records: 0 })
    expect(() => tree.read('.migrate/rejects/sub/b.csv.ndjson')).toThrow('ENOENT')
  })
})

describe('--checksum', () => {
  it.each([
    ['target', 'a.ndjson', 'out'],
    ['source', 'a.csv', 'in'],
  ])('finds a %s that was edited with the same size and time; without it nothing is seen', async (_, name, root) => {
    const tree = new SmallTree(FILES)
    utimesSync(join(tree.source, 'a.csv'), 1000, 1000)
    const first = await tree.migrate({ checksum: true })
    changeSecretly(join(tree.folder, root, name), 1000)
    await tree.migrate()
    expect(tree.converted).toEqual([])
    const third = await tree.migrate({ checksum: true })
    expect(tree.converted).toEqual(['a.csv'])
    expect(third.treeHash === first.treeHash).toBe(root === 'out')
  })

  it('has nothing to do where nothing was edited', async () => {
    const tree = new SmallTree(FILES)
    const first = await tree.migrate({ checksum: true })
    const second = await tree.migrate({ checksum: true })
    expect(tree.converted).toEqual([])
    expect(second.treeHash).toBe(first.treeHash)
  })
})

describe('orphans', () => {
  it('are targets whose source is gone: they are listed, and only --prune removes them', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    rmSync(join(tree.source, 'sub'), { recursive: true })
    expect((await tree.migrate()).orphans).toEqual({ count: 1, examples: ['sub/b.ndjson'], arePruned: false })
    expect(tree.targets).toContain('sub/b.ndjson')
    expect((await tree.migrate({ prune: true })).orphans).toMatchObject({ count: 1, arePruned: true })
    expect(tree.targets).toEqual(['a.ndjson', 'c.ndjson'])
    expect(() => tree.read('.migrate/rejects/sub/b.csv.ndjson')).toThrow('ENOENT')
    expect((await tree.migrate()).orphans.count).toBe(0)
  })

  it('are targets of other names too, after --to', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    expect((await tree.migrate({ to: 'csv', prune: true })).orphans.count).toBe(3)
    expect(tree.targets).toEqual(['a.csv', 'c.csv', 'sub/b.csv'])
  })

  it('are kept where they were edited since, and where a file failed', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    rmSync(join(tree.source, 'c.ndjson'))
    write(tree.source, { 'bad.csv': BROKEN })
    expect((await tree.migrate({ prune: true })).orphans).toMatchObject({ count: 1, arePruned: false })
    rmSync(join(tree.source, 'bad.csv'))
    write(tree.out, { 'c.ndjson': 'edited by hand' })
    expect((await tree.migrate({ prune: true })).orphans.count).toBe(0)
    expect(tree.targets).toContain('c.ndjson')
  })

  it('are never listed for a single file: the list is known to lack the others', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    const report = await tree.migrate({ in: join(tree.source, 'a.csv'), out: `${tree.out}/`, prune: true })
    expect(report.orphans.count).toBe(0)
    expect(tree.targets).toHaveLength(3)
  })
})

describe('a target that nobody claims', () => {
  it('is TARGET_EXISTS, and nothing is written or left behind', async () => {
    const tree = new SmallTree(FILES)
    write(tree.out, { 'a.ndjson': "somebody else's" })
    await expect(tree.migrate()).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(tree.targets).toEqual(['a.ndjson'])
    expect(() => statSync(join(tree.out, '.migrate'))).toThrow('ENOENT')
    await tree.migrate({ overwrite: true })
    expect(tree.read('a.ndjson')).toBe('{"a":"1","b":"x"}\n{"a":"2","b":"y"}\n')
  })

  it('is never replaced where it is a folder, whatever --overwrite says', async () => {
    const tree = new SmallTree(FILES)
    mkdirSync(join(tree.out, 'a.ndjson'), { recursive: true })
    await expect(tree.migrate({ overwrite: true })).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
  })

  it('is not in the way of a run on a tree that Drover made', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    write(tree.out, { 'notes.txt': 'mine' })
    expect((await tree.migrate({ force: true })).files.converted).toBe(3)
    expect(tree.read('notes.txt')).toBe('mine')
  })
})
