import { spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { discoverSources } from '../../src/discover/discover-sources.ts'
import type { DiscoverHooks, DiscoverOptions, Discovery } from '../../src/discover/discover-sources.ts'
import type { FormatName } from '../../src/model/format-name.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { writeTree } from './write-tree.ts'

const FORMATS: Readonly<Record<string, FormatName>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
}

function formatOf(name: string): FormatName | null {
  return FORMATS[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? null
}

function discover(options: Partial<DiscoverOptions> & { in: string }, hooks?: DiscoverHooks): Promise<Discovery> {
  const none = { include: [], exclude: [], filter: [], filterFrom: [], filesFrom: [], filesFrom0: [] }
  return discoverSources({ ...none, links: false, others: 'skip', formatOf, ...options }, hooks)
}

function paths(discovery: Discovery): string[] {
  return Array.from({ length: discovery.files.length }, (_, index) => discovery.files.path(index))
}

function treeOf(...names: string[]): string {
  const root = temporaryFolder()
  writeTree(root, names)
  return root
}

it('a folder gives its files with their formats, sizes and times', async () => {
  const root = treeOf('a.csv', 'b/c.JSON', 'b/d.tab')
  utimesSync(join(root, 'a.csv'), 5, 5)
  const { files, ...rest } = await discover({ in: root })
  const all = Array.from({ length: files.length }, (_, at) => [files.path(at), files.format(at), files.sizeBytes(at)])
  expect(all).toEqual([
    ['a.csv', 'csv', 5],
    ['b/c.JSON', 'json', 8],
    ['b/d.tab', 'tsv', 7],
  ])
  expect(files.mtimeNs(0)).toBe(5_000_000_000n)
  expect(rest).toMatchObject({ root: realpathSync(root), isSingleFile: false, failed: [], filteredOut: 0 })
})

it('an empty folder gives an empty list', async () => {
  const discovery = await discover({ in: temporaryFolder() })
  expect(discovery.files.length).toBe(0)
})

it('a folder by a link is taken under its real path', async () => {
  const root = treeOf('real/a.csv')
  symlinkSync('real', join(root, 'link'))
  const discovery = await discover({ in: join(root, 'link') })
  expect([discovery.root, paths(discovery)]).toEqual([join(realpathSync(root), 'real'), ['a.csv']])
})

it('a single file is taken whatever the filters say', async () => {
  const root = treeOf('b/a.csv')
  const discovery = await discover({ in: join(root, 'b/a.csv'), exclude: ['*'], maxSize: 0 })
  expect(discovery).toMatchObject({ root: join(realpathSync(root), 'b'), isSingleFile: true })
  expect(paths(discovery)).toEqual(['a.csv'])
})

it('a single file of unknown format is refused; --from and --others copy take it', async () => {
  const file = join(treeOf('a.txt'), 'a.txt')
  await expect(discover({ in: file })).rejects.toMatchObject({
    code: 'UNKNOWN_FORMAT',
    hint: expect.stringContaining('--from'),
  })
  expect((await discover({ in: file, from: 'tsv' })).files.format(0)).toBe('tsv')
  expect((await discover({ in: file, others: 'copy' })).files.format(0)).toBe('bytes')
})

it.each([
  ['*.csv', ['a.csv']],
  ['**/*.csv', ['a.csv', 'b/a.csv', 'b/c/a.csv']],
  ['b/*.csv', ['a.csv']],
  ['*/*.{csv,tsv}', ['b/a.csv', 'b/d.tsv']],
  ['?.csv', ['a.csv']],
  ['b/**', ['a.csv', 'd.tsv', 'c/a.csv']],
])('the pattern %s gives %j', async (pattern, expected) => {
  const root = treeOf('a.csv', '.hidden.csv', 'b/a.csv', 'b/d.tsv', 'b/c/a.csv')
  expect(paths(await discover({ in: join(root, pattern) }))).toEqual(expected)
})

it('a pattern that cannot reach deeper folders says so, and does not count them as filtered', async () => {
  const root = treeOf('a.csv', 'b/a.csv')
  expect(await discover({ in: join(root, '*.csv') })).toMatchObject({ depth: 1, filteredOut: 0 })
  expect(await discover({ in: join(root, '**/*.csv') })).toMatchObject({ depth: Number.POSITIVE_INFINITY })
})

it('a path that exists is no pattern', async () => {
  const root = treeOf('[ab]/x.csv', 'a/y.csv', '*.csv')
  expect(paths(await discover({ in: join(root, '[ab]') }))).toEqual(['x.csv'])
  expect(paths(await discover({ in: join(root, '*.csv') }))).toEqual(['*.csv'])
})

it.each([
  ['order', 'did you mean ROOT/orders?'],
  ['orders/x/y', 'the nearest folder that exists is ROOT/orders'],
  ['orders/a.cvs', 'did you mean ROOT/orders/a.csv?'],
  ['orders/a.csv/b', 'ROOT/orders/a.csv is not a folder'],
  ['orders/*.xyz', 'it was looked for in ROOT/orders'],
  ['nothing/*.csv', 'the nearest folder that exists is ROOT'],
])('for %s, which does not exist, the hint is: %s', async (path, hint) => {
  const root = realpathSync(treeOf('orders/a.csv', 'orders/.migrate/lock'))
  const failure = discover({ in: join(root, path) })
  await expect(failure).rejects.toMatchObject({ code: 'NO_SUCH_SOURCE', hint: hint.replace('ROOT', root) })
})

it('a pipe as source is wrong use', async () => {
  const pipe = join(temporaryFolder(), 'pipe')
  spawnSync('mkfifo', [pipe])
  await expect(discover({ in: pipe })).rejects.toMatchObject({ code: 'WRONG_USE' })
})

it.each([
  ['skip', ['a.csv'], [], { count: 7, examples: ['1.txt', '2.txt', '3.txt', '4.txt', '5.txt'] }],
  ['copy', ['1.txt', '2.txt', '3.txt', '4.txt', '5.txt', '6.txt', 'a.csv', 'none'], [], { count: 0, examples: [] }],
  ['fail', ['a.csv'], Array.from({ length: 7 }, () => 'UNKNOWN_FORMAT'), { count: 0, examples: [] }],
] as const)('with --others %s files of unknown format are told apart', async (others, taken, failed, unknownFormat) => {
  const root = treeOf('1.txt', '2.txt', '3.txt', '4.txt', '5.txt', '6.txt', 'a.csv', 'none')
  const discovery = await discover({ in: root, others })
  expect(paths(discovery)).toEqual(taken)
  expect(discovery.failed.map((error) => error.code)).toEqual(failed)
  expect(discovery.skipped.unknownFormat).toEqual(unknownFormat)
})

it('links and what is no regular file are counted', async () => {
  const root = treeOf('a.csv')
  symlinkSync('a.csv', join(root, 'l.csv'))
  spawnSync('mkfifo', [join(root, 'p.csv')])
  const { skipped } = await discover({ in: root })
  expect(skipped).toMatchObject({
    links: { count: 1, examples: ['l.csv'] },
    special: { count: 1, examples: ['p.csv'] },
  })
  expect(paths(await discover({ in: root, links: true }))).toEqual(['a.csv', 'l.csv'])
})

it('names that are no UTF-8 fail, unless a rule leaves them out', async () => {
  const root = treeOf('a.csv')
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from('b\xff.csv', 'latin1')]), '')
  mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from('d\xff', 'latin1')]))
  const codes = async (options: Partial<DiscoverOptions>) =>
    (await discover({ in: root, ...options })).failed.map((error) => `${error.code} ${error.position.file}`)
  expect(await codes({})).toEqual(['NAME_NOT_UTF8 b\\xff.csv', 'NAME_NOT_UTF8 d\\xff'])
  // The folder may hold what is wanted; the file is not.
  expect(await codes({ include: ['a*'] })).toEqual(['NAME_NOT_UTF8 d\\xff'])
  expect(await codes({ exclude: ['b*', 'd?/'] })).toEqual([])
})

it('every path is explained by the rule that decided on it', async () => {
  const root = treeOf('a.csv', 'b.tmp', 'big.csv', 'c.txt', 'old/x.csv', 'deep/er/y.csv', '.migrate/lock', 'keep/z.csv')
  writeFileSync(join(root, 'big.csv'), 'x'.repeat(100))
  symlinkSync('a.csv', join(root, 'l.csv'))
  const told: [string, boolean, string][] = []
  const options = { in: root, exclude: ['*.tmp', '/old/'], filter: ['+ z.csv'], maxSize: 50, maxDepth: 2 }
  const discovery = await discover(options, { onDecision: (...decision) => told.push(decision) })
  expect(told).toEqual([
    ['.migrate/', false, 'bookkeeping of a target tree'],
    ['a.csv', true, 'no rule leaves it out'],
    ['b.tmp', false, '- *.tmp from --exclude'],
    ['big.csv', false, '--max-size'],
    ['c.txt', false, 'unknown extension'],
    ['l.csv', false, 'a link'],
    ['old/', false, '- /old/ from --exclude'],
    ['deep/er/', false, '--max-depth'],
    ['keep/z.csv', true, '+ z.csv from --filter'],
  ])
  expect(discovery.filteredOut).toBe(4)
})

it('ages count back from one moment', async () => {
  const root = treeOf('new.csv', 'old.csv')
  utimesSync(join(root, 'new.csv'), 2000, 2000)
  utimesSync(join(root, 'old.csv'), 1000, 1000)
  expect(paths(await discover({ in: root, minAge: 500_000, nowMs: 2_000_000 }))).toEqual(['old.csv'])
  expect(paths(await discover({ in: root, maxAge: 500_000, nowMs: 2_000_000 }))).toEqual(['new.csv'])
})

it('a stop signal ends the listing', async () => {
  const failure = discover({ in: treeOf('a.csv') }, { signal: AbortSignal.abort() })
  await expect(failure).rejects.toMatchObject({ code: 'STOPPED' })
})

function listOf(content: string | Buffer): string {
  const list = join(temporaryFolder(), 'list')
  writeFileSync(list, content)
  return list
}

it('--files-from takes exactly the listed files, each once, in the order of a walk', async () => {
  const root = treeOf('a.csv', 'b/c.csv', 'b/#d.csv', 'e.csv', ' f.csv')
  const list = listOf('# comment\r\nb/c.csv\r\n/a.csv\n./a.csv\n\n f.csv\nb/#d.csv')
  const discovery = await discover({ in: root, filesFrom: [list], exclude: ['*'], maxSize: 0 })
  expect(paths(discovery)).toEqual([' f.csv', 'a.csv', 'b/#d.csv', 'b/c.csv'])
})

it('--files-from0 splits at NUL, so names may hold anything', async () => {
  const root = treeOf('line\nfeed.csv', '#x.csv')
  const list = listOf('line\nfeed.csv\0#x.csv\0')
  expect(paths(await discover({ in: root, filesFrom0: [list] }))).toEqual(['#x.csv', 'line\nfeed.csv'])
})

it('listed files that are no files fail one by one', async () => {
  const root = treeOf('a.csv', 'folder/b.csv', 'c.txt')
  symlinkSync('folder', join(root, 'link'))
  symlinkSync('a.csv', join(root, 'l.csv'))
  const list = listOf(Buffer.from('a.csv\ngone.csv\nfolder\na.csv/x\nlink/b.csv\nl.csv\nc.txt\nbad\xff', 'latin1'))
  const discovery = await discover({ in: root, filesFrom: [list] })
  expect(paths(discovery)).toEqual(['a.csv'])
  expect(discovery.failed.map((error) => `${error.code} ${error.message}`)).toEqual([
    'NAME_NOT_UTF8 the listed name bad\\xff is not valid UTF-8',
    'EISDIR the listed path folder is a folder, not a file',
    'SOURCE_MISSING the listed file gone.csv does not exist',
    'SOURCE_MISSING the listed file a.csv/x does not exist',
  ])
  expect(discovery.skipped).toMatchObject({ links: { count: 2 }, unknownFormat: { count: 1 } })
  expect(paths(await discover({ in: root, filesFrom: [list], links: true }))).toEqual(['a.csv', 'l.csv', 'link/b.csv'])
})

it('listed files behind a link out of the tree are left alone, even when links are followed', async () => {
  const root = treeOf('a.csv')
  symlinkSync(treeOf('secret.csv'), join(root, 'out'))
  const discovery = await discover({ in: root, filesFrom: [listOf('a.csv\nout/secret.csv')], links: true })
  expect(paths(discovery)).toEqual(['a.csv'])
  expect(discovery.skipped.links).toEqual({ count: 1, examples: ['out/secret.csv'] })
})

it.each(['../x.csv', 'a/../../x.csv', '..'])('a listed path that leaves the tree, %s, is wrong use', async (path) => {
  const failure = discover({ in: treeOf('a.csv'), filesFrom: [listOf(path)] })
  await expect(failure).rejects.toMatchObject({ code: 'WRONG_USE' })
})

it('a list that is not there is wrong use', async () => {
  const failure = discover({ in: treeOf('a.csv'), filesFrom: ['/nowhere/list'] })
  await expect(failure).rejects.toMatchObject({
    code: 'WRONG_USE',
    message: '--files-from /nowhere/list cannot be read: ENOENT',
  })
})
