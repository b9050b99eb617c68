import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closeLeftGenerations } from '../../src/commit/records/close-generation.ts'
import { assertOwned } from '../commit/staged-files.ts'
import { migrate } from '../support/migrate.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { leadOut, listAll, MANIFEST_HASH } from '../trust/attack-tree.ts'

/** Two sources, converted once, and a victim beside the trees with files of the very names and sizes of targets. */
async function makeConvertedTree() {
  const base = temporaryFolder()
  const [source, out, victim] = ['in', 'out', 'victim'].map((name) => join(base, name)) as [string, string, string]
  mkdirSync(join(source, 'sub'), { recursive: true })
  writeFileSync(join(source, 'a.csv'), 'id\n1\n')
  writeFileSync(join(source, 'sub', 'b.csv'), 'id\n2\n')
  await migrate({ in: source, out, threads: 1 })
  mkdirSync(victim)
  for (const name of ['a.ndjson', 'b.ndjson']) writeFileSync(join(victim, name), '{"id":"9"}\n')
  return { source, out, victim, books: join(out, '.migrate') }
}

const run = ({ source, out }: { source: string; out: string }) => migrate({ in: source, out, threads: 1, prune: true })

describe('nothing foreign is touched', () => {
  it.each(['staged', 'journal', 'manifests', 'rejects', 'reports', 'cluster', 'commit', 'lock.members'])(
    'a run is refused where .migrate/%s is a link, and what it leads to stays as it is',
    async (folder) => {
      const tree = await makeConvertedTree()
      rmSync(join(tree.books, folder), { recursive: true, force: true })
      mkdirSync(join(tree.victim, '000001-abcdef'))
      symlinkSync(tree.victim, join(tree.books, folder))
      const before = listAll(tree.victim)
      await expect(run(tree)).rejects.toMatchObject({
        code: 'BOOKKEEPING_UNSAFE',
        message: expect.stringMatching(
          /is a symbolic link to .*victim, where Drover keeps a folder of its own$/,
        ) as string,
      })
      expect(listAll(tree.victim)).toEqual(before)
    },
  )

  it.each(['../victim/a.ndjson', 'sub/../../victim/a.ndjson', '/etc/hostname'])(
    'a line of a journal that says %s is made of no target and prunes nothing',
    async (way) => {
      const tree = await makeConvertedTree()
      const journal = join(tree.books, 'journal', readdirSync(join(tree.books, 'journal'))[0] ?? '')
      writeFileSync(journal, leadOut(readFileSync(journal, 'utf8'), way))
      for (const name of ['a.csv', 'sub/b.csv']) rmSync(join(tree.source, name))
      writeFileSync(join(tree.source, 'c.csv'), 'id\n3\n')
      const before = listAll(tree.victim)
      await run(tree).catch(() => undefined)
      expect(listAll(tree.victim)).toEqual(before)
    },
  )

  it('a claim that says where files are staged leads nowhere but into the tree', async () => {
    const tree = await makeConvertedTree()
    mkdirSync(join(tree.books, 'manifests'), { recursive: true })
    const lines = [
      { runId: '000001-abcdef', manifestHash: '', planHash: '' },
      { target: 'x.ndjson', stagedFolder: '../victim' },
    ]
    writeFileSync(
      join(tree.books, 'manifests', '000001-abcdef.ndjson'),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    )
    writeFileSync(join(tree.victim, '.migrate-staged-000001-abcdef-local-0'), 'mine')
    const before = listAll(tree.victim)
    await run(tree).catch(() => undefined)
    expect(listAll(tree.victim)).toEqual(before)
  })

  it('--prune keeps a target whose rejects are behind a link, removes all other orphans, and reports just that', async () => {
    const tree = await makeConvertedTree()
    for (const name of ['sub/c', 'z']) writeFileSync(join(tree.source, `${name}.csv`), 'a,b\n1,2\n3,4\n5,6\n1,2,3\n')
    await run(tree)
    renameSync(join(tree.books, 'rejects', 'sub'), join(tree.victim, 'moved'))
    symlinkSync(join(tree.victim, 'moved'), join(tree.books, 'rejects', 'sub'))
    const before = listAll(tree.victim)
    for (const name of ['sub/c', 'z']) rmSync(join(tree.source, `${name}.csv`))
    const { orphans, warnings } = await run(tree)
    expect(listAll(tree.victim)).toEqual(before)
    expect(orphans).toEqual({ count: 1, examples: ['z.ndjson'], arePruned: true })
    expect(warnings.map(({ code }) => code)).toEqual(['BOOKKEEPING_UNSAFE'])
    expect(['sub/c', 'z'].map((name) => existsSync(join(tree.out, `${name}.ndjson`)))).toEqual([true, false])
    expect(existsSync(join(tree.books, 'rejects', 'z.csv.ndjson'))).toBe(false)
  })

  it.each(['.migrate', '.migrate/journal', '.migrate/not/there'])('--in or --out %s is wrong use', async (place) => {
    const { source, out, books } = await makeConvertedTree()
    mkdirSync(join(books, 'mine'))
    writeFileSync(join(books, 'mine', 'x.csv'), 'a\n1\n')
    const before = listAll(out)
    await expect(run({ source, out: join(out, place) })).rejects.toMatchObject({ code: 'WRONG_USE' })
    await expect(run({ source: join(books, 'mine'), out: `${out}2` })).rejects.toMatchObject({ code: 'WRONG_USE' })
    expect(listAll(out)).toEqual(before)
  })

  it('--prune removes nothing through a folder of targets that was moved away and linked', async () => {
    const tree = await makeConvertedTree()
    const elsewhere = join(tree.victim, 'elsewhere')
    renameSync(join(tree.out, 'sub'), elsewhere)
    symlinkSync(elsewhere, join(tree.out, 'sub'))
    rmSync(join(tree.source, 'sub'), { recursive: true })
    await run(tree)
    expect(readFileSync(join(elsewhere, 'b.ndjson'), 'utf8')).toBe('{"id":"2"}\n')
  })

  it.each([
    `cluster`,
    `cluster/${MANIFEST_HASH}`,
    `cluster/${MANIFEST_HASH}/000001-abcdef`,
    `commit`,
    `commit/${MANIFEST_HASH}`,
    `commit/${MANIFEST_HASH}/000001-abcdef`,
    'staged',
    'staged/000001-abcdef',
  ])('what a coordinator left is not tidied away through a link: %s', async (place) => {
    const { books, out, victim } = await makeConvertedTree()
    const real = join(books, place)
    for (const folder of [`cluster/${MANIFEST_HASH}`, `commit/${MANIFEST_HASH}`, 'staged'])
      mkdirSync(join(books, folder, '000001-abcdef', 'n'), { recursive: true })
    renameSync(real, join(victim, 'moved'))
    symlinkSync(join(victim, 'moved'), real)
    const before = listAll(victim)
    await expect(closeLeftGenerations(out, { isDurable: false, assertOwned })).rejects.toMatchObject({
      code: 'BOOKKEEPING_UNSAFE',
    })
    expect(listAll(victim)).toEqual(before)
  })
})
