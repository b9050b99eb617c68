import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isFolderInside, isPathInside, isPlainName, isTargetInside } from '../../../src/model/paths/path-inside.ts'
import { GuardedTree } from '../../../src/storage/local/guarded-tree.ts'
import { StagedLooks } from '../../../src/storage/local/staged-looks.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('a path that is read back from a tree', () => {
  it.each(['a', 'a/b.csv', '...', 'a/..b', '.hidden', 'a b/ü', 'a\\..\\b', '.migrate-staged-x'])(
    'may be %j',
    (path) => {
      expect([isPathInside(path), isTargetInside(path)]).toEqual([true, true])
    },
  )

  it.each(['', '/', '/etc', '..', '../a', 'a/../b', 'a/..', '.', './a', 'a/.', 'a//b', 'a/', 'a\0b', null, 7, ['a']])(
    'may not be %j',
    (path) => {
      expect([isPathInside(path), isTargetInside(path), isPlainName(path)]).toEqual([false, false, false])
    },
  )

  it('may be a target only outside of the bookkeeping', () => {
    const paths = ['.migrate', '.migrate/lock', '.migrate.csv', 'a/.migrate']
    expect(paths.map(isTargetInside)).toEqual([false, false, true, true])
  })

  it('may be the tree itself where a folder is meant, and has no slash where a name is meant', () => {
    expect([isFolderInside('.'), isFolderInside('a/b'), isFolderInside('..')]).toEqual([true, true, false])
    expect([isPlainName('a'), isPlainName('a/b')]).toEqual([true, false])
  })
})

/** A tree with a file and a folder, and a victim outside of it, both in a folder of their own. */
function makeTrees() {
  const base = temporaryFolder()
  const root = join(base, 'out')
  const victim = join(base, 'victim')
  for (const folder of [join(root, '.migrate', 'journal'), join(victim, 'deep')]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(victim, 'file'), 'mine')
  writeFileSync(join(victim, 'deep', 'file'), 'mine too')
  return { root, victim, books: join(root, '.migrate'), tree: new GuardedTree(root) }
}

/** What can stand where a file belongs. */
const IN_PLACE_OF_FILE = {
  'a link to a file': (path: string, victim: string) => symlinkSync(join(victim, 'file'), path),
  'a link to a folder': (path: string, victim: string) => symlinkSync(victim, path),
  'a dangling link': (path: string, victim: string) => symlinkSync(join(victim, 'nothing'), path),
  'a link to a device': (path: string) => symlinkSync('/dev/zero', path),
  'a FIFO': (path: string) => execFileSync('mkfifo', [path]),
  'a folder': (path: string) => mkdirSync(path),
}

describe.each(Object.entries(IN_PLACE_OF_FILE))('%s in the place of a file', (_, put) => {
  it.each(['r', 'r+', 'wx', 'a+'] as const)('is never opened (%s), nor waited for', async (mode) => {
    const { tree, books, victim } = makeTrees()
    put(join(books, 'file'), victim)
    const opening = tree.open(join(books, 'file'), mode)
    await expect(opening).rejects.toMatchObject({ code: 'BOOKKEEPING_UNSAFE' })
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('mine')
    expect(readdirSync(victim).sort()).toEqual(['deep', 'file'])
  })

  it('is never read at once', () => {
    const { tree, books, victim } = makeTrees()
    put(join(books, 'file'), victim)
    expect(() => tree.readStart(join(books, 'file'))).toThrow(/, where Drover keeps a file of its own$/)
  })

  it('is TARGET_EXISTS outside of the bookkeeping', () => {
    const { tree, root, victim } = makeTrees()
    put(join(root, 'file'), victim)
    expect(() => tree.headOf(join(root, 'file'))).toThrow(expect.objectContaining({ code: 'TARGET_EXISTS' }))
  })
})

describe('a file with another name too', () => {
  it('is not opened to append to it', async () => {
    const { tree, books, victim } = makeTrees()
    linkSync(join(victim, 'file'), join(books, 'file'))
    await expect(tree.open(join(books, 'file'), 'a+')).rejects.toMatchObject({ code: 'BOOKKEEPING_UNSAFE' })
  })

  it('can be read', async () => {
    const { tree, books, victim } = makeTrees()
    linkSync(join(victim, 'file'), join(books, 'file'))
    expect(String(await tree.read(join(books, 'file')))).toBe('mine')
  })
})

/** Calls that go through a folder. */
const CALLS: Readonly<Record<string, (tree: GuardedTree, folder: string) => Promise<unknown>>> = {
  open: (tree, folder) => tree.open(join(folder, 'file'), 'r'),
  make: (tree, folder) => tree.write(join(folder, 'new'), 'x'),
  list: (tree, folder) => tree.list(folder),
  'make a folder in': (tree, folder) => tree.makeFolder(join(folder, 'new')),
  'remove a file of': (tree, folder) => tree.removeFile(join(folder, 'file')),
  'remove a folder of': (tree, folder) => tree.removeEmptyFolder(join(folder, 'deep')),
  'remove all of': (tree, folder) => tree.removeTree(folder),
  'remove all below': (tree, folder) => tree.removeTree(join(folder, 'deep')),
  'rename something of': (tree, folder) => tree.rename(join(folder, 'file'), join(tree.root, 'stolen')),
  'rename something into': (tree, folder) => tree.rename(join(tree.root, 'own'), join(folder, 'file')),
}

describe.each([
  ['the bookkeeping', '.migrate/staged', 'BOOKKEEPING_UNSAFE', 'BOOKKEEPING_UNSAFE'],
  ['the targets', 'sub', 'TARGET_LINK', 'TARGET_NOT_A_FOLDER'],
])('a folder of %s that is a link', (_, folder, linkCode, fileCode) => {
  it.each(Object.entries(CALLS))('lets nobody %s it, and nothing behind it changes', async (_name, call) => {
    const { tree, root, victim } = makeTrees()
    writeFileSync(join(root, 'own'), 'own')
    symlinkSync(victim, join(root, folder))
    await expect(call(tree, join(root, folder))).rejects.toMatchObject({ code: linkCode })
    expect(readdirSync(victim, { recursive: true, encoding: 'utf8' }).sort()).toEqual(['deep', 'deep/file', 'file'])
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('mine')
  })

  it.each(Object.entries(CALLS))('nor below a folder that is a link: %s', async (_name, call) => {
    const { tree, root, victim } = makeTrees()
    writeFileSync(join(root, 'own'), 'own')
    symlinkSync(victim, join(root, folder))
    await expect(call(tree, join(root, folder, 'deep'))).rejects.toMatchObject({ code: linkCode })
    expect(readdirSync(victim, { recursive: true, encoding: 'utf8' }).sort()).toEqual(['deep', 'deep/file', 'file'])
  })

  it('is refused by another code where it is a file', async () => {
    const { tree, root } = makeTrees()
    writeFileSync(join(root, folder), 'no folder')
    await expect(tree.list(join(root, folder))).rejects.toMatchObject({ code: fileCode })
    await expect(tree.makeFolder(join(root, folder, 'a'))).rejects.toMatchObject({ code: fileCode })
  })
})

describe('a path outside of the tree', () => {
  it.each(['/etc/passwd', '../victim/file', 'a/../../victim/file'])('is a fault of the caller: %s', async (path) => {
    const { tree, root } = makeTrees()
    const absolute = path.startsWith('/') ? path : `${root}/${path}`
    await expect(tree.open(absolute, 'r')).rejects.toBeInstanceOf(RangeError)
    await expect(tree.removeFile(absolute)).rejects.toBeInstanceOf(RangeError)
  })
})

describe('removal of a folder with all below it', () => {
  it('removes links and follows none', async () => {
    const { tree, books, victim } = makeTrees()
    const staged = join(books, 'staged')
    mkdirSync(join(staged, 'run', 'local'), { recursive: true })
    writeFileSync(join(staged, 'run', 'local', '0'), 'x')
    symlinkSync(victim, join(staged, 'run', 'local', 'link'))
    symlinkSync(join(victim, 'file'), join(staged, 'run', 'link'))
    await tree.removeTree(join(staged, 'run'))
    expect(existsSync(join(staged, 'run'))).toBe(false)
    expect(readdirSync(victim, { recursive: true, encoding: 'utf8' }).sort()).toEqual(['deep', 'deep/file', 'file'])
  })

  it('follows no link that takes the place of a folder while it is being emptied', async () => {
    const { tree, books, victim } = makeTrees()
    const folder = join(books, 'staged', 'run')
    mkdirSync(join(folder, 'local'), { recursive: true })
    for (let number = 0; number < 2000; number++) writeFileSync(join(folder, 'local', `${number}`), '')
    for (let number = 0; number < 2000; number++) writeFileSync(join(victim, `${number}`), '')
    const removal = tree.removeTree(folder).catch(() => undefined)
    // In the middle of it: some are gone.
    while (readdirSync(join(folder, 'local')).length === 2000) await fs.stat(folder)
    renameSync(join(folder, 'local'), join(books, 'moved'))
    symlinkSync(victim, join(folder, 'local'))
    await removal
    expect(readdirSync(victim)).toHaveLength(2002)
  })

  it('is nothing where nothing is', async () => {
    const { tree, books } = makeTrees()
    await tree.removeTree(join(books, 'staged', 'run'))
    expect(readdirSync(books)).toEqual(['journal'])
  })
})

it('makes a folder with those above it, the root included, and tells which folders changed', async () => {
  const base = temporaryFolder()
  const tree = new GuardedTree(join(base, 'new', 'out'))
  const changed = await tree.makeFolder(join(tree.root, 'a', 'b'), 0o700)
  expect(changed).toEqual([join(tree.root, 'a'), tree.root, join(base, 'new'), base])
  expect(lstatSync(join(tree.root, 'a', 'b')).mode & 0o777).toBe(0o700)
  expect(await tree.makeFolder(join(tree.root, 'a', 'b'))).toEqual([])
})

it('takes a link at its top, and looks at a folder once where a caller asks for that', async () => {
  const { victim } = makeTrees()
  const link = join(temporaryFolder(), 'link')
  symlinkSync(victim, link)
  const tree = new GuardedTree(link)
  expect(await tree.list(join(link, 'deep'))).toEqual(['file'])
  const seen = new Set<string>()
  expect(tree.hasFolder(join(link, 'deep'), seen)).toBe(true)
  expect(seen).toEqual(new Set([join(link, 'deep')]))
  renameSync(join(link, 'deep'), join(link, 'other'))
  expect(tree.hasFolder(join(link, 'deep'), seen)).toBe(true)
  expect(tree.hasFolder(join(link, 'deep'))).toBe(false)
})

it('removes a link and not what it leads to, and a file that is gone costs nothing', async () => {
  const { tree, books, victim } = makeTrees()
  symlinkSync(join(victim, 'file'), join(books, 'link'))
  await tree.removeFile(join(books, 'link'))
  await tree.removeFile(join(books, 'link'))
  expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('mine')
  expect(() => unlinkSync(join(books, 'link'))).toThrow('ENOENT')
})

it('looks once a task, and again after 20 ms, at the folders that a thread stages files in', () => {
  const { books, victim, tree } = makeTrees()
  const folder = join(books, 'staged', 'run', 'local')
  mkdirSync(folder, { recursive: true })
  let nowMs = 1000
  const looks = new StagedLooks(tree, () => nowMs)
  looks.beginTask()
  looks.requireFolderOf(join(folder, '0'))
  renameSync(join(books, 'staged', 'run'), join(books, 'moved'))
  mkdirSync(join(victim, 'local'))
  symlinkSync(victim, join(books, 'staged', 'run'))
  nowMs += 20
  looks.requireFolderOf(join(folder, '1'))
  nowMs++
  expect(() => looks.requireFolderOf(join(folder, '1'))).toThrow(/is a symbolic link to .*victim, where Drover/)
  nowMs = 1000
  looks.beginTask()
  expect(() => looks.requireFolderOf(join(folder, '2'))).toThrow(/is a symbolic link to .*victim, where Drover/)
})

it.each([
  ['a', 'a/mount/.migrate-staged-0'],
  ['.migrate/staged', '.migrate/staged/run/0.rejects'],
])('a thread that stages beside a target looks at all folders from the tree down: %s', (way, path) => {
  const { root, victim, tree } = makeTrees()
  mkdirSync(join(root, 'a', 'mount'), { recursive: true })
  mkdirSync(join(root, '.migrate', 'staged', 'run'), { recursive: true })
  for (const name of ['mount', 'run']) mkdirSync(join(victim, name))
  const looks = new StagedLooks(tree)
  looks.requireFolderOf(join(root, path))
  renameSync(join(root, way), join(root, 'moved'))
  symlinkSync(victim, join(root, way))
  looks.beginTask()
  expect(() => looks.requireFolderOf(join(root, path))).toThrow(/is a symbolic link to .*victim/)
})
