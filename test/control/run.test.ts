import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plan } from '../../src/control/plan/plan-run.ts'
import type { MigrateEvent } from '../../src/model/events.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { migrate } from '../support/migrate.ts'
import { writeSources } from '../faults/source-tree.ts'
import { contentsOf, expectNothingLeft } from '../faults/tree-state.ts'
import { BROKEN, GOOD, REJECTED, SmallTree, write } from './small-tree.ts'

function manyFiles(count: number, text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${String(index).padStart(4, '0')}.csv`, text]),
  )
}

describe('a run', () => {
  it('gives the same bytes and the same tree hash with 1, 2, 3 and 8 threads', async () => {
    const tree = new SmallTree({})
    writeSources(tree.source, { fileCount: 40, sizeBytes: (index) => (index % 10) * 40_000 })
    const results = []
    for (const threads of [1, 2, 3, 8]) {
      const out = join(tree.folder, `out-${threads}`)
      const { treeHash } = await tree.migrate({ out, threads })
      results.push({ treeHash, contents: contentsOf(out) })
    }
    expect(Object.keys(results[0]!.contents).length).toBeGreaterThan(40)
    expect(results[0]!.treeHash).toMatch(/^[0-9a-f]{64}$/)
    for (const result of results) expect(result).toEqual(results[0])
  })

  it('resolves when files failed, and names each with its code and position', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'sub/bad.csv': BROKEN, 'twice.csv': 'a,a\n1,2\n' })
    const { files, failures, treeHash, stopped } = await tree.migrate()
    expect(files).toEqual({ total: 3, converted: 1, alreadyDone: 0, failed: 2, notStarted: 0 })
    expect(failures.map(({ code, position }) => `${position.file}: ${code}`).sort()).toEqual([
      'sub/bad.csv: UNTERMINATED_QUOTE',
      'twice.csv: DUPLICATE_COLUMN',
    ])
    expect([treeHash, stopped]).toEqual([null, null])
    expectNothingLeft(tree.out)
  })

  it('counts what it read, wrote and rejected', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'b.csv': REJECTED, 'c.json': '[{"a":1},7]' })
    const report = await tree.migrate()
    expect(report.records).toEqual({ read: 6, written: 4, rejected: 2, filtered: 0 })
    expect(report.rejectCodes).toEqual({ FIELD_COUNT: 1, NOT_AN_OBJECT: 1 })
    expect(report.standingRejects).toEqual({ files: 2, records: 2 })
  })

  it('says when it began, in UTC, and on which CPU', async () => {
    const before = Date.now()
    const { startedAt, cpu } = await new SmallTree({ 'a.csv': GOOD }).migrate()
    const startedMs = Date.parse(startedAt ?? '')
    expect(startedMs).toBeGreaterThanOrEqual(before)
    expect(startedMs).toBeLessThanOrEqual(Date.now())
    expect(cpu).toBe(cpus()[0]?.model.trim())
  })

  it('tells how far each of its threads is', async () => {
    const text = `a,b\n${'1,x\n'.repeat(70_000)}`
    const tree = new SmallTree({ 'a.csv': text, 'b.csv': text })
    // So slow that somebody looks while both are at work.
    await tree.migrate({ threads: 2, latency: '50ms', chunkSize: '16k' })
    const seen = new Set(
      tree.events.flatMap((event) => (event.type === 'progress' ? event.threads : [])).map((at) => at?.file),
    )
    expect([...seen].filter((file) => file !== undefined).sort()).toEqual(['a.csv', 'b.csv'])
    const together = tree.events.some((event) => event.type === 'progress' && event.threads.every((at) => at !== null))
    expect(together).toBe(true)
  })

  it('tells in order: the plan, each file as it starts and as it ends', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'bad.csv': BROKEN })
    await tree.migrate({ threads: 2 })
    const told = tree.events.filter(({ type }) => type !== 'progress')
    expect(told[0]).toMatchObject({ type: 'planned', fileCount: 2, alreadyDone: 0, threads: 2 })
    const of = (file: string): string[] =>
      told.flatMap((event) => ('file' in event && event.file === file ? [event.type] : []))
    expect(of('a.csv')).toEqual(['file-started', 'file-done'])
    expect(of('bad.csv')).toEqual(['file-started', 'file-failed'])
    expect(tree.events.at(-1)).toMatchObject({ type: 'progress', doneFiles: 1, failedFiles: 1 })
  })

  it('fails a source that disappears after the plan was made, and does the others', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'b.csv': GOOD })
    const report = await tree.migrate({}, ({ type }) => {
      if (type === 'planned') rmSync(join(tree.source, 'b.csv'))
    })
    expect(report.failures).toMatchObject([{ code: 'SOURCE_MISSING', position: { file: 'b.csv' } }])
    expect(report.files.converted).toBe(1)
  })

  it('fails a source that is another one by the time it is read', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'b.csv': GOOD })
    const report = await tree.migrate({}, ({ type }) => {
      if (type === 'planned') write(tree.source, { 'b.csv': `${GOOD}3,z\n` })
    })
    expect(report.failures).toMatchObject([{ code: 'SOURCE_CHANGED', position: { file: 'b.csv' } }])
    expect(tree.targets).toEqual(['a.ndjson'])
  })

  it('that has lost its lock makes nothing visible, and leaves the files of the new owner alone', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'b.csv': GOOD })
    const stagedByOther = '.migrate/staged/000002-bbbbbb/local/file'
    const report = await tree.migrate({}, ({ type }) => {
      if (type === 'planned') write(tree.out, { '.migrate/lock': '{}', [stagedByOther]: 'of the new owner' })
    })
    expect(report.failures.map(({ code }) => code)).toEqual(['LOCK_LOST', 'LOCK_LOST'])
    expect([report.stopped, tree.targets]).toEqual(['fatal', []])
    expect(tree.read(stagedByOther)).toBe('of the new owner')
    expect(tree.read('.migrate/lock')).toBe('{}')
  })

  it('keeps no descriptor open, however many files it had', async () => {
    // More than a task (128 files) and a commit record (512) take, so that each has several: one descriptor that stays open is one too many.
    const tree = new SmallTree(manyFiles(1500, 'a\n1\n'))
    await tree.migrate({ include: '000?.csv' })
    const before = readdirSync('/proc/self/fd').length
    expect((await tree.migrate({ force: true })).files.converted).toBe(1500)
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before)
  })
})

describe('an empty source tree', () => {
  it('is no error, and no target tree is made', async () => {
    const tree = new SmallTree({})
    const report = await tree.migrate()
    expect(report.files.total).toBe(0)
    expect(existsSync(tree.out)).toBe(false)
  })

  it('is EMPTY_SOURCE with errorOnEmpty', async () => {
    const tree = new SmallTree({ 'notes.txt': '' })
    await expect(tree.migrate({ errorOnEmpty: true })).rejects.toMatchObject({ code: 'EMPTY_SOURCE' })
    expect(existsSync(tree.out)).toBe(false)
  })
})

describe('a plan that is refused leaves nothing behind', () => {
  it.each<[code: string, files: Record<string, string>, options: Partial<MigrateOptions>]>([
    ['TARGET_COLLISION', { 'a.csv': GOOD, 'a.tsv': GOOD }, {}],
    ['WRONG_USE', { 'a.csv': GOOD }, { threads: 0 }],
    ['NO_SUCH_SOURCE', {}, { in: '/nowhere/at/all' }],
    ['TARGET_INSIDE_SOURCE', { 'a.csv': GOOD }, { out: 'in/out' }],
  ])('%s', async (code, files, options) => {
    const tree = new SmallTree(files)
    const out = options.out === undefined ? tree.out : join(tree.folder, options.out)
    await expect(tree.migrate({ ...options, out })).rejects.toMatchObject({ code })
    expect(readdirSync(tree.folder)).toEqual(['in'])
    expect(existsSync(out)).toBe(false)
  })
})

describe('plan', () => {
  it('writes nothing at all', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'sub/b.csv': GOOD })
    const { files, toConvert, prediction } = await plan({ in: tree.source, out: tree.out })
    expect([...files].map(({ target, reason }) => [target, reason])).toEqual([
      ['a.ndjson', 'new'],
      ['sub/b.ndjson', 'new'],
    ])
    expect([toConvert, prediction?.targetBytes]).toEqual([2, 72])
    expect(readdirSync(tree.folder)).toEqual(['in'])
  })
})

describe('--others', () => {
  const FILES = { 'a.csv': GOOD, 'sub/notes.txt': 'as it is\r\n', 'image.bin': '\0\x01' }

  it('skip leaves files of unknown formats out, counted and named', async () => {
    const tree = new SmallTree(FILES)
    const { skipped } = await tree.migrate()
    expect(skipped.unknownFormat).toEqual({ count: 2, examples: ['image.bin', 'sub/notes.txt'] })
    expect(tree.targets).toEqual(['a.ndjson'])
  })

  it('copy takes them over byte for byte, and not again on a resume', async () => {
    const tree = new SmallTree(FILES)
    await tree.migrate({ others: 'copy' })
    expect(tree.targets).toEqual(['a.ndjson', 'image.bin', 'sub/notes.txt'])
    expect([tree.read('sub/notes.txt'), tree.read('image.bin')]).toEqual(['as it is\r\n', '\0\x01'])
    await tree.migrate({ others: 'copy' })
    expect(tree.converted).toEqual([])
  })

  it('fail makes failed files of them', async () => {
    const tree = new SmallTree(FILES)
    const { files, failures } = await tree.migrate({ others: 'fail' })
    expect(files).toMatchObject({ total: 3, converted: 1, failed: 2 })
    expect(failures.map(({ position }) => `${position.file}`).sort()).toEqual(['image.bin', 'sub/notes.txt'])
  })
})

describe('a single file', () => {
  it.each([
    ['to a file', 'new/target.ndjson', 'new/target.ndjson'],
    ['into a folder that is to be made', 'new/', 'new/a.ndjson'],
  ])('goes %s', async (_, out, target) => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    // join() would take the last slash away.
    const report = await tree.migrate({ in: join(tree.source, 'a.csv'), out: `${tree.folder}/${out}` })
    expect(report.files).toMatchObject({ total: 1, converted: 1 })
    expect(existsSync(join(tree.folder, target))).toBe(true)
  })

  it('after another into the same folder leaves both, each done for itself', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD, 'b.csv': GOOD })
    const runs = ['a.csv', 'b.csv', 'a.csv', 'b.csv']
    const converted = []
    for (const name of runs) {
      const report = await tree.migrate({ in: join(tree.source, name), out: `${tree.out}/` })
      expect(report.orphans.count).toBe(0)
      converted.push(report.files.converted)
    }
    expect(converted).toEqual([1, 1, 0, 0])
    expect(tree.targets).toEqual(['a.ndjson', 'b.ndjson'])
  })
})

describe('--halt', () => {
  const bad = manyFiles(40, BROKEN)

  it.each([
    ['soon,fail=1', 1],
    ['now,fail=3', 3],
    ['soon,fail=10%', 4],
  ])('%s stops after %i failed files and leaves the rest', async (halt, failures) => {
    const tree = new SmallTree(bad)
    const report = await tree.migrate({ halt, threads: 1 })
    expect(report.stopped).toBe('halt')
    expect(report.files.failed).toBeGreaterThanOrEqual(failures)
    // What shares a task with the last straw, or waits for the thread, may still fail.
    expect(report.files.notStarted).toBeGreaterThan(10)
    expect(report.files.failed + report.files.notStarted).toBe(40)
    expectNothingLeft(tree.out)
  })

  it('does not stop below its number', async () => {
    const tree = new SmallTree({ ...manyFiles(20, GOOD), 'bad.csv': BROKEN })
    const report = await tree.migrate({ halt: 'soon,fail=2' })
    expect([report.stopped, report.files.converted]).toEqual([null, 20])
  })
})

/** Runs until an event of a type comes, then aborts. */
async function abortAt(tree: SmallTree, type: MigrateEvent['type'] | null, options: Partial<MigrateOptions> = {}) {
  const controller = new AbortController()
  if (type === null) controller.abort()
  return migrate(
    { in: tree.source, out: tree.out, threads: 1, fsync: false, ...options },
    { signal: controller.signal, onEvent: (event) => void (event.type === type && controller.abort()) },
  )
}

describe('an AbortSignal', () => {
  it.each(['planned', 'file-started', 'file-done'] as const)(
    'at the event %s: the run resolves as stopped, and resumes',
    async (type) => {
      const tree = new SmallTree(manyFiles(300, GOOD))
      const report = await abortAt(tree, type)
      expect(report.stopped).toBe('abort')
      expect(report.files.failed).toBe(0)
      expect(report.files.converted + report.files.notStarted).toBe(300)
      expect(report.files.converted).toBe(tree.targets.length)
      expectNothingLeft(tree.out)
      const resumed = await tree.migrate()
      expect(resumed.files).toMatchObject({ converted: 300 - report.files.converted, failed: 0 })
    },
  )

  it('while --checksum looks at what is done: the run resolves as stopped', async () => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    writeFileSync(join(tree.source, 'large.csv'), `a\n${'some text\n'.repeat(4_000_000)}`)
    await tree.migrate()
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 60)
    const report = await migrate(
      { in: tree.source, out: tree.out, checksum: true, force: true, fsync: false },
      { signal: controller.signal },
    )
    expect(report.stopped).toBe('abort')
    expectNothingLeft(tree.out)
  })
})
