import { spawnSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { walk } from '../../src/discover/walk.ts'
import type { WalkEntry, WalkOptions } from '../../src/discover/walk.ts'
import { localSources } from '../../src/storage/local/local-sources.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { writeTree } from './write-tree.ts'

function walkAll(root: string, options: Partial<WalkOptions> = {}): WalkEntry[] {
  const all = { maxDepth: Number.POSITIVE_INFINITY, followLinks: false, ruleAgainstFolder: () => null, ...options }
  return [...walk(localSources, realpathSync(root), all)].filter(
    (entry): entry is WalkEntry => !(entry instanceof Promise),
  )
}

/** One line an entry: files by their path alone, the rest with what it is. */
function lines(entries: WalkEntry[]): string[] {
  return entries.map((entry) => {
    if (entry.kind === 'file') return entry.folder === '' ? entry.name : `${entry.folder}/${entry.name}`
    return `${entry.kind} ${entry.kind === 'failed' ? `${entry.error.code} ${entry.error.position.file}` : entry.path}`
  })
}

it('files come folder by folder, sorted by the bytes of their names', () => {
  const root = temporaryFolder()
  writeTree(root, ['z.csv', 'b/2', 'b/1', 'a/x/1', 'a/9', 'B', 'é', '\u{1f680}', '\u{ffee}', 'empty/'])
  // By bytes U+FFEE comes before U+1F680; by UTF-16 units it would not.
  expect(lines(walkAll(root))).toEqual(['B', 'z.csv', 'é', '\u{ffee}', '\u{1f680}', 'a/9', 'a/x/1', 'b/1', 'b/2'])
})

it('a file comes with its exact size and modification time', () => {
  const root = temporaryFolder()
  writeFileSync(join(root, 'a'), '12345')
  utimesSync(join(root, 'a'), 1, 1.5)
  expect(walkAll(root)).toEqual([{ kind: 'file', folder: '', name: 'a', sizeBytes: 5, mtimeNs: 1_500_000_000n }])
})

it('strange but valid names are files like any other', () => {
  const root = temporaryFolder()
  const names = ['-rf', 'line\nfeed', ' blank ', 'quote"\\', '...', '*', 'x'.repeat(255), 'ü'.repeat(127)]
  writeTree(root, names)
  expect(lines(walkAll(root)).sort()).toEqual(names.sort())
})

it('pipes and sockets are no sources', async () => {
  const root = temporaryFolder()
  const pipe = spawnSync('mkfifo', [join(root, 'pipe')])
  expect(pipe.status).toBe(0)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve))
  onTestFinished(() => void server.close())
  expect(lines(walkAll(root))).toEqual(['special pipe', 'special socket'])
})

it('links are left alone, whatever they lead to', () => {
  const root = temporaryFolder()
  writeTree(root, ['folder/a', 'b'])
  symlinkSync('b', join(root, 'to-file'))
  symlinkSync('folder', join(root, 'to-folder'))
  symlinkSync('nowhere', join(root, 'to-nothing'))
  expect(lines(walkAll(root))).toEqual(['b', 'link to-file', 'link to-folder', 'link to-nothing', 'folder/a'])
})

it('a hard link is a file of its own', () => {
  const root = temporaryFolder()
  writeTree(root, ['a'])
  linkSync(join(root, 'a'), join(root, 'b'))
  expect(lines(walkAll(root))).toEqual(['a', 'b'])
})

it('followed links lead to files and folders inside the tree only', () => {
  const outside = temporaryFolder()
  const root = temporaryFolder()
  writeTree(outside, ['secret/x'])
  writeTree(root, ['folder/a', 'b', '.migrate/lock'])
  symlinkSync('b', join(root, 'to-file'))
  symlinkSync('folder', join(root, 'to-folder'))
  symlinkSync(outside, join(root, 'to-outside'))
  symlinkSync(join(outside, 'secret/x'), join(root, 'to-secret'))
  symlinkSync('nowhere', join(root, 'to-nothing'))
  symlinkSync('.migrate', join(root, 'to-bookkeeping'))
  expect(lines(walkAll(root, { followLinks: true }))).toEqual([
    'bookkeeping .migrate',
    'b',
    'link to-bookkeeping',
    'to-file',
    'link to-nothing',
    'link to-outside',
    'link to-secret',
    'folder/a',
    'to-folder/a',
  ])
})

it('followed links do not go around in circles', () => {
  const root = temporaryFolder()
  writeTree(root, ['a/1', 'b/2'])
  symlinkSync('..', join(root, 'a/up'))
  symlinkSync('.', join(root, 'a/self'))
  symlinkSync('loop', join(root, 'loop'))
  symlinkSync('../b', join(root, 'a/to-b'))
  symlinkSync('../a', join(root, 'b/to-a'))
  expect(lines(walkAll(root, { followLinks: true }))).toEqual([
    'link loop',
    'a/1',
    'link a/self',
    'link a/up',
    'a/to-b/2',
    'link a/to-b/to-a',
    'b/2',
    'b/to-a/1',
    'link b/to-a/self',
    'link b/to-a/to-b',
    'link b/to-a/up',
  ])
})

it('a bookkeeping folder is never entered, at any level', () => {
  const root = temporaryFolder()
  writeTree(root, ['.migrate/journal/x', 'a/.migrate/y', 'a/z', 'not.migrate/w'])
  expect(lines(walkAll(root))).toEqual(['bookkeeping .migrate', 'bookkeeping a/.migrate', 'a/z', 'not.migrate/w'])
})

it('a name that is no UTF-8 is a failure that shows its bytes; a folder of such a name fails once', () => {
  const root = temporaryFolder()
  writeTree(root, ['fine'])
  writeFileSync(bytes(root, 'bad\xff.csv'), '')
  mkdirSync(bytes(root, 'dir\xe9'))
  writeFileSync(bytes(root, 'dir\xe9/inside.csv'), '')
  symlinkSync('fine', bytes(root, 'link\xff'))
  const entries = walkAll(root)
  expect(lines(entries)).toEqual([
    'failed NAME_NOT_UTF8 bad\\xff.csv',
    'failed NAME_NOT_UTF8 dir\\xe9',
    'fine',
    'link link\ufffd',
  ])
  expect(entries.map((entry) => entry.kind === 'failed' && entry.isFolder)).toEqual([false, true, false, false])
})

function bytes(root: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')])
}

it.each([
  [1, ['1', 'left-out a']],
  [2, ['1', 'a/2', 'left-out a/b']],
  [3, ['1', 'a/2', 'a/b/3']],
])('with a depth of %d the entries are %j', (maxDepth, expected) => {
  const root = temporaryFolder()
  writeTree(root, ['1', 'a/2', 'a/b/3'])
  expect(lines(walkAll(root, { maxDepth }))).toEqual(expected)
})

it('a folder that a rule leaves out is not entered', () => {
  const root = temporaryFolder()
  writeTree(root, ['a/1', 'b/2'])
  const entries = walkAll(root, { ruleAgainstFolder: (path) => (path === 'a' ? '- a/' : null) })
  expect(entries[0]).toEqual({ kind: 'left-out', path: 'a', rule: '- a/' })
  expect(lines(entries)).toEqual(['left-out a', 'b/2'])
})

/** Runs as somebody whom permissions hold for: root passes all of them. */
function asNobody<Result>(action: () => Result): Result {
  if (process.getuid?.() !== 0) return action()
  process.seteuid?.(65534)
  try {
    return action()
  } finally {
    process.seteuid?.(0)
  }
}

it('a folder that cannot be read is a failure, and the rest of the tree is walked', () => {
  const root = temporaryFolder()
  writeTree(root, ['closed/1', 'open/2', 'listed/3'])
  chmodSync(root, 0o755)
  chmodSync(join(root, 'closed'), 0o000)
  // Its names can be listed, but nothing can be said about what they name.
  chmodSync(join(root, 'listed'), 0o644)
  onTestFinished(() => {
    chmodSync(join(root, 'closed'), 0o755)
    chmodSync(join(root, 'listed'), 0o755)
  })
  expect(asNobody(() => lines(walkAll(root)))).toEqual(['failed EACCES closed', 'failed EACCES listed/3', 'open/2'])
})

it('a top that cannot be read is an error', () => {
  const root = temporaryFolder()
  chmodSync(root, 0o000)
  onTestFinished(() => chmodSync(root, 0o755))
  const all = { maxDepth: 1, followLinks: false, ruleAgainstFolder: () => null }
  expect(() => asNobody(() => [...walk(localSources, root, all)])).toThrow(expect.objectContaining({ code: 'EACCES' }))
})
