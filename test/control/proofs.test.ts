import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { extname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatJournalLine } from '../../src/commit/journal/journal-lines.ts'
import { readJournals } from '../../src/commit/journal/journal-reader.ts'
import { writeManifest } from '../../src/commit/journal/manifest.ts'
import { plan } from '../../src/control/plan/plan-run.ts'
import type { JournalEntry } from '../../src/model/journal-entry.ts'
import { listFiles } from '../faults/tree-state.ts'
import { BROKEN, GOOD, REJECTED, SmallTree, write } from './small-tree.ts'

const FILES = { 'a.csv': GOOD, 'sub/b.csv': REJECTED, 'c.ndjson': '{"a":1}\n' }

function journals(tree: SmallTree): string[] {
  const folder = join(tree.out, '.migrate/journal')
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : []
}

function manifests(tree: SmallTree): string[] {
  const folder = join(tree.out, '.migrate/manifests')
  return readdirSync(folder).map((name) => join(folder, name))
}

/** Changes one bit in the middle of the line that has a text in it. */
function flipBit(path: string, text: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(text)
  if (at < 0) throw new Error(`${path} has no ${text}`)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
}

/** A bit far from the name of the target. */
function flipInLineOf(path: string, target: string): void {
  const lines = readFileSync(path, 'latin1').split('\n')
  const index = lines.findIndex((line) => line.includes(`"target":"${target}"`))
  lines[index] = lines[index]!.replace('"sizeBytes"', '"sizeBytet"')
  writeFileSync(path, lines.join('\n'), 'latin1')
}

/** The rejects that are kept, under whatever name. */
function rejectsOf(tree: SmallTree): string[] {
  const files = listFiles(join(tree.out, '.migrate/rejects')).filter((path) => !path.endsWith('index.ndjson'))
  return files.map((path) => tree.read(join('.migrate/rejects', path)))
}

describe('rejects are part of the proof', () => {
  const REJECTS = '.migrate/rejects/sub/b.csv.ndjson'
  const CASES: readonly (readonly [string, (path: string) => void, boolean])[] = [
    ['are gone', (path) => rmSync(path), false],
    ['are a folder now', (path) => (rmSync(path), mkdirSync(path)), false],
    ['are cut short', (path) => truncateSync(path, 10), false],
    ['are emptied', (path) => truncateSync(path, 0), false],
    ['have one bit changed, with --checksum', (path) => flipBit(path, '1,x,3'), true],
  ]
  it.each(CASES)('a file whose rejects %s is converted again', async (_, change, checksum) => {
    const tree = new SmallTree(FILES)
    await tree.migrate({ checksum })
    const before = tree.read(REJECTS)
    change(join(tree.out, REJECTS))
    await tree.migrate({ checksum })
    expect(tree.converted).toEqual(['sub/b.csv'])
    expect(rejectsOf(tree)).toEqual([before])
    expect(await tree.migrate({ checksum })).toMatchObject({ standingRejects: { files: 1, records: 1 } })
    expect(tree.converted).toEqual([])
  })

  it('all of them, where the folder is gone', async () => {
    const tree = new SmallTree({ ...FILES, 'd.csv': REJECTED })
    await tree.migrate()
    rmSync(join(tree.out, '.migrate/rejects'), { recursive: true })
    expect([...(await plan({ in: tree.source, out: tree.out })).files].map(({ reason }) => reason)).toEqual([
      'done',
      'done',
      'rejects are gone',
      'rejects are gone',
    ])
    await tree.migrate()
    expect(tree.converted).toEqual(['d.csv', 'sub/b.csv'])
    expect(tree.read(REJECTS)).toContain('1,x,3')
  })

  it('also those of a file that several threads converted', async () => {
    const row = 'abcdefgh,ijklmnop\n'
    const tree = new SmallTree({ 'large.csv': `a,b\n${row.repeat(500)}1,2,3\n${row.repeat(500)}` })
    const options = { splitSize: 1000, chunkSize: 2000, threads: 2, checksum: true }
    await tree.migrate(options)
    expect(tree.read('.migrate/rejects/large.csv.ndjson')).toContain('1,2,3')
    await tree.migrate(options)
    expect(tree.converted).toEqual([])
    flipBit(join(tree.out, '.migrate/rejects/large.csv.ndjson'), '1,2,3')
    await tree.migrate(options)
    expect(tree.converted).toEqual(['large.csv'])
  })
})

describe('a manifest that is damaged', () => {
  const CASES: readonly (readonly [string, (path: string) => void])[] = [
    ['in the line of the target', (path) => flipBit(path, 'a.ndjson')],
    ['in its header', (path) => flipBit(path, 'planHash')],
    ['in its last line', (path) => flipBit(path, '"claims"')],
    ['by a line that is cut out', (path) => cutOut(path, 'a.ndjson')],
    ['by its end, which is missing', (path) => truncateSync(path, readFileSync(path).indexOf('b.ndjson'))],
    [
      'by its end, missing from a line on',
      (path) => truncateSync(path, readFileSync(path, 'latin1').split('\n')[0]!.length + 1),
    ],
    ['and empty', (path) => truncateSync(path, 0)],
  ]
  it.each(CASES)('%s lets no target of another plan count as done', async (title, damage) => {
    const { tree, manifest, good } = await killedUnderAnotherPlan()
    damage(manifest)
    const report = await tree.migrate()
    expect(tree.read('a.ndjson')).toBe(good)
    expect(tree.converted).toContain('a.csv')
    expect(report.warnings.map(({ code }) => code)).toContain('BOOKKEEPING_DAMAGED')
    // Whose claim is lost is only compared, and not converted again where it is as it was proved.
    expect(tree.converted.includes('b.csv')).toBe(!/missing|empty/.test(title))
    // Told once: what was in doubt is settled by then.
    expect((await tree.migrate()).warnings.map(({ code }) => code)).not.toContain('BOOKKEEPING_DAMAGED')
  })

  it('is taken for damaged by targets that a run leaves out, until they are compared', async () => {
    const { tree, manifest, good } = await killedUnderAnotherPlan()
    flipBit(manifest, 'a.ndjson')
    await tree.migrate({ include: ['b.csv'] })
    expect(tree.read('a.ndjson')).not.toBe(good)
    await tree.migrate()
    expect(tree.read('a.ndjson')).toBe(good)
  })
})

describe('a journal that is damaged', () => {
  const REFUSED = 'BOOKKEEPING_DAMAGED'

  it('is named, with the byte, and with how many targets are proved no more; nothing is said of somebody else', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    const [journal = ''] = journals(tree)
    const start = readFileSync(journal, 'latin1')
      .split('\n')
      .findIndex((line) => line.includes('"a.ndjson"'))
    const offset = readFileSync(journal, 'latin1').split('\n').slice(0, start).join('\n').length + (start > 0 ? 1 : 0)
    flipInLineOf(journal, 'a.ndjson')
    for (let time = 0; time < 2; time++) {
      const error = await tree.migrate().catch((thrown: unknown) => thrown as Error)
      expect(error).toMatchObject({ code: REFUSED })
      expect((error as Error).message).toContain(`${journal} is damaged from byte ${offset} on (1 line)`)
      expect((error as Error).message).toContain('1 target that is there: a.ndjson')
      expect((error as Error).message).not.toContain('not made by Drover')
    }
    const report = await tree.migrate({ overwrite: true })
    expect(tree.converted).toEqual(['a.csv'])
    expect(report.warnings.map(({ code }) => code)).toContain(REFUSED)
    expect((await tree.migrate()).warnings).toEqual([])
  })

  const CASES: readonly (readonly [string, (path: string) => void])[] = [
    ['cut short in a line', (path) => truncateSync(path, statSync(path).size - 300)],
    ['cut short between two lines', cutLastCommit],
    ['emptied', (path) => truncateSync(path, 0)],
    ['filled with zeros', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
    ['overwritten with something else', (path) => writeFileSync(path, 'nothing of Drover\n')],
  ]
  it.each(CASES)('is named where it was %s, also by a second try', async (_, damage) => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    const [journal = ''] = journals(tree)
    damage(journal)
    for (let time = 0; time < 2; time++) {
      await expect(tree.migrate()).rejects.toMatchObject({
        code: REFUSED,
        message: expect.stringContaining(journal) as string,
      })
    }
  })

  it.each(CASES)('and was %s lets no target of a later plan count for an earlier one', async (_, damage) => {
    const tree = new SmallTree({ 'a.csv': 'a,b\n1,x\n', 'b.csv': 'a,b\n1,x\n' })
    await tree.migrate({ to: 'csv', outDelim: ';' })
    const first = tree.read('a.csv')
    await tree.migrate({ to: 'csv', outDelim: '|' })
    expect(tree.read('a.csv')).not.toBe(first)
    damage(journals(tree).at(-1) ?? '')
    const report = await tree.migrate({ to: 'csv', outDelim: ';' })
    expect([tree.read('a.csv'), tree.read('b.csv')]).toEqual([first, first])
    expect(report.warnings.map(({ code }) => code)).toContain(REFUSED)
  })

  it('by a kill, in the middle of a line, is only that: what was not proved is made again without a word', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate()
    const [journal = ''] = journals(tree)
    // As a kill leaves it: the claims are still there.
    const runId = /\d{6}-[0-9a-f]{6}/.exec(journal)?.[0] ?? ''
    const claims = tree.targets.map((target) => ({ target }))
    await writeManifest({ targetRoot: tree.out, isDurable: false }, { runId, manifestHash: '', planHash: '' }, claims)
    truncateSync(journal, statSync(journal).size - 200)
    const report = await tree.migrate()
    expect(tree.converted).toHaveLength(1)
    expect(report.warnings).toEqual([])
    expect((await tree.migrate()).warnings).toEqual([])
  })
})

describe('--checksum after runs without it', () => {
  it('says how many sources cannot be compared, and compares them from then on', async () => {
    const tree = new SmallTree(FILES)
    utimesSync(join(tree.source, 'a.csv'), 1000, 1000)
    await tree.migrate()
    const second = await tree.migrate({ checksum: true })
    expect(tree.converted).toEqual([])
    expect(second.warnings).toEqual([
      {
        code: 'SOURCES_NOT_COMPARED',
        message: expect.stringMatching(/^3 sources cannot be compared: .*--force/) as string,
      },
    ])
    expect((await tree.migrate({ checksum: true })).warnings).toEqual([])
    writeFileSync(join(tree.source, 'a.csv'), GOOD.replace('1', '7'))
    utimesSync(join(tree.source, 'a.csv'), 1000, 1000)
    await tree.migrate()
    expect(tree.converted).toEqual([])
    const last = await tree.migrate({ checksum: true })
    expect(tree.converted).toEqual(['a.csv'])
    expect(last.warnings).toEqual([])
    expect(last.standingRejects).toEqual({ files: 1, records: 1 })
  })
})

describe('a target tree of version 0.1', () => {
  it('is gone on with: nothing is converted again, and nothing is told but what fails', async () => {
    const tree = await oldTree()
    for (let time = 0; time < 3; time++) {
      const report = await tree.migrate({ to: 'ndjson' })
      expect(tree.converted).toEqual([])
      expect(report.files).toMatchObject({ alreadyDone: 4, failed: 1 })
      expect(report.standingRejects).toEqual({ files: 1, records: 1 })
      expect(report.warnings).toEqual([])
    }
  })

  it('has its rejects and its orphans looked after as any other', async () => {
    const tree = await oldTree()
    rmSync(join(tree.source, 'broken.csv'))
    rmSync(join(tree.out, '.migrate/rejects'), { recursive: true })
    await tree.migrate({ to: 'ndjson' })
    expect(tree.converted).toEqual(['sub/rejects.csv'])
    rmSync(join(tree.source, 'gone.csv'))
    await tree.migrate({ to: 'ndjson', prune: true })
    expect(tree.targets).toEqual(['a.ndjson', 'c.ndjson', 'sub/rejects.ndjson'])
  })

  it('is not pruned with another source tree', async () => {
    const tree = await oldTree()
    const other = join(tree.folder, 'other')
    write(other, { 'z.csv': GOOD })
    await expect(tree.migrate({ in: other, prune: true })).rejects.toMatchObject({ code: 'PRUNE_REFUSED' })
    expect(tree.targets).toHaveLength(4)
  })

  it('has damage found, also in its manifest', async () => {
    const tree = await oldTree()
    const [manifest = ''] = manifests(tree)
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('{"target"', '{"tar'))
    const report = await tree.migrate({ to: 'ndjson' })
    expect(report.warnings.map(({ code }) => code)).toEqual(['BOOKKEEPING_DAMAGED'])
    expect(tree.converted).toEqual([])
  })
})

/**
 * Plan B made `a` anew just before it was killed: same size, other content. Only its claim keeps the proof of plan A from counting.
 * @returns the tree, with the manifest of the dead run.
 */
async function killedUnderAnotherPlan(): Promise<{ tree: SmallTree; manifest: string; good: string }> {
  const tree = new SmallTree({ 'a.csv': GOOD, 'b.csv': GOOD, 'bad.csv': BROKEN })
  await tree.migrate()
  const good = tree.read('a.ndjson')
  // A file that fails keeps its claim: its manifest stays, in the form that this version writes.
  await tree.migrate({ force: true })
  const [manifest] = manifests(tree)
  if (manifest === undefined) throw new Error('there is no manifest')
  const [run] = /\d{6}-[0-9a-f]{6}/.exec(manifest) ?? []
  const dead = '000009-abcdef'
  const text = readFileSync(manifest, 'utf8')
  rmSync(manifest)
  const header = { runId: dead, manifestHash: 'm', planHash: 'p' }
  await writeManifest({ targetRoot: tree.out, isDurable: false }, header, [
    { target: 'a.ndjson' },
    { target: 'b.ndjson' },
    { target: 'bad.ndjson' },
  ])
  expect(text).toContain(run)
  write(tree.out, { 'a.ndjson': good.replace('"x"', '"q"') })
  return { tree, manifest: join(tree.out, `.migrate/manifests/${dead}.ndjson`), good }
}

function cutOut(path: string, text: string): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  writeFileSync(path, lines.filter((line) => !line.includes(text)).join('\n'))
}

function cutLastCommit(path: string): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  const last = lines.findLastIndex((line) => line.includes('"commit"'))
  writeFileSync(path, `${lines.slice(0, last).join('\n')}\n`)
}

/** What version 0.1 left, with the hashes that its options have by now: what a plan makes of a file has changed since. */
async function oldTree(): Promise<SmallTree> {
  const tree = new SmallTree({})
  cpSync(new URL('tree-of-0.1', import.meta.url).pathname, tree.folder, { recursive: true })
  renameSync(join(tree.out, 'bookkeeping'), join(tree.out, '.migrate'))
  const second = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000
  for (const path of ['broken.csv', 'c.ndjson', 'gone.csv', 'sub/rejects.csv'])
    utimesSync(join(tree.source, path), second, second)
  utimesSync(join(tree.source, 'a.csv'), second + 1, second + 1)
  const hashes = await planHashesOfToday()
  for (const journal of journals(tree)) {
    const lines = readFileSync(journal, 'utf8').split('\n').filter(Boolean)
    const entries = lines.map((line) => (JSON.parse(line) as { commit: JournalEntry }).commit)
    const today = entries.map((entry) => ({ ...entry, filePlanHash: hashes.get(extname(entry.source)) ?? '' }))
    writeFileSync(journal, today.map(formatJournalLine).join(''))
  }
  return tree
}

async function planHashesOfToday(): Promise<ReadonlyMap<string, string>> {
  const tree = new SmallTree({ 'a.csv': GOOD, 'c.ndjson': '{"a":1}\n' })
  await tree.migrate({ to: 'ndjson' })
  const hashes = new Map<string, string>()
  await readJournals(tree.out, ({ source, filePlanHash }) => hashes.set(extname(source), filePlanHash))
  return hashes
}
