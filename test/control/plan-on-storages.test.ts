// One table of cases on every storage: what a plan finds before a run must not depend on where the trees lie, or on when they answer.
import { mkdirSync, readFileSync, realpathSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CompleteJournal } from '../../src/commit/journal/complete-journal.ts'
import { formatJournalLine } from '../../src/commit/journal/journal-lines.ts'
import { findRemainder, type Remainder } from '../../src/control/plan/find-remainder.ts'
import { makePlan, resolveOptions, type Plan } from '../../src/control/plan/make-plan.ts'
import { recordSums } from '../../src/control/record-sums.ts'
import { noStageTimes } from '../../src/model/no-stage-times.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { registerStorage } from '../../src/storage/storages.ts'
import { MemoryStorage } from '../support/memory-storage/memory-storage.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Place {
  /** What `in` and `out` lie in. */
  readonly top: string
  /** Writes a file, or removes it: its path begins with `in/` or `out/`. */
  readonly change: (path: string, content: string | null) => void
  readonly read: (path: string) => string
}

function localPlace(): Place {
  const top = realpathSync(temporaryFolder())
  const change = (path: string, content: string | null): void => {
    const at = join(top, path)
    if (content === null) return unlinkSync(at)
    mkdirSync(dirname(at), { recursive: true })
    writeFileSync(at, content)
    // Never the time that it had: file systems keep those of ticks.
    utimesSync(at, 1, Math.floor(Math.random() * 1e9))
  }
  return { top, change, read: (path) => readFileSync(join(top, path), 'utf8') }
}

function memoryPlace(): Place {
  const top = '/in-memory'
  const storage = new MemoryStorage(top)
  onTestFinished(registerStorage(storage))
  const change = (path: string, content: string | null): void => {
    if (path.startsWith('out/')) return changeTarget(path.slice('out/'.length), content)
    if (content === null) storage.sources.files.delete(join(top, path))
    else storage.sources.put(join(top, path), content)
  }
  const changeTarget = (name: string, content: string | null): void => {
    const tree = storage.openTarget(join(top, 'out'))
    if (content === null) tree.disk.removeName(name)
    else tree.put(name, content)
  }
  const read = (path: string): string => storage.openTarget(join(top, 'out')).tree[path.slice('out/'.length)] ?? ''
  return { top, change, read }
}

const FILES = ['a.csv', 'b.csv', 'sub/c.csv']
const TARGET = '{"a":"1"}\n'

function withSources(place: Place): Place {
  for (const name of FILES) place.change(`in/${name}`, 'a\n1\n')
  return place
}

interface Found {
  readonly plan: Plan
  readonly remainder: Remainder
}

async function find({ top }: Place, options: Partial<MigrateOptions> = {}): Promise<Found> {
  const plan = await makePlan(resolveOptions({ in: join(top, 'in'), out: join(top, 'out'), ...options }), {})
  return { plan, remainder: await findRemainder(plan) }
}

/** Targets of all files, and a journal that proves them. */
async function converted(place: Place): Promise<Place> {
  const { plan } = await find(place)
  const { targetRoot, targets, sourceTree, discovery } = plan
  const name = '000001-abcdef-local.ndjson'
  const journal = await CompleteJournal.open({ targetRoot, name, sourceTrees: [sourceTree], isDurable: false })
  for (let index = 0; index < targets.length; index++) {
    place.change(`out/${targets.path(index)}`, TARGET)
    await journal.add(
      formatJournalLine({
        source: discovery.files.path(index),
        sizeBytes: discovery.files.sizeBytes(index),
        mtimeNs: String(discovery.files.mtimeNs(index)),
        sourceHash: null,
        filePlanHash: plan.filePlanHash('csv'),
        target: targets.path(index),
        targetBytes: TARGET.length,
        targetHash: '00000001',
        hasRejects: false,
        records: { read: 1, written: 1, rejected: 0, filtered: 0 },
        stageNs: noStageTimes(),
        host: 'here',
        attempt: 1,
      }),
    )
  }
  await journal.finish(async () => {})
  return place
}

async function reasons(place: Place): Promise<Record<string, string>> {
  const { plan, remainder } = await find(place)
  return Object.fromEntries(
    Array.from({ length: plan.targets.length }, (_, index) => [
      plan.targets.path(index),
      remainder.decision.reason(index) ?? 'done',
    ]),
  )
}

async function orphansOf(place: Place, options: Partial<MigrateOptions> = {}): Promise<string[]> {
  const { remainder } = await find(place, options)
  return remainder.decision.orphans.map(({ target }) => target)
}

const PLACES = { 'local files': localPlace, 'memory that answers later': memoryPlace }

describe.each(Object.entries(PLACES))('with all trees in %s', (_, makePlace) => {
  const sources = (): Place => withSources(makePlace())

  it('all is new at first, and done when it is proved', async () => {
    const place = sources()
    expect(await reasons(place)).toEqual({ 'a.ndjson': 'new', 'b.ndjson': 'new', 'sub/c.ndjson': 'new' })
    await converted(place)
    expect(await reasons(place)).toEqual({ 'a.ndjson': 'done', 'b.ndjson': 'done', 'sub/c.ndjson': 'done' })
  })

  it('a target that has another size, and one that is gone, are made again', async () => {
    const place = await converted(sources())
    place.change('out/a.ndjson', 'other')
    place.change('out/sub/c.ndjson', null)
    expect(await reasons(place)).toEqual({
      'a.ndjson': 'target size differs',
      'b.ndjson': 'done',
      'sub/c.ndjson': 'target is gone',
    })
  })

  it('a source that was changed is converted again', async () => {
    const place = await converted(sources())
    place.change('in/b.csv', 'a\n2,\n')
    expect(await reasons(place)).toMatchObject({ 'a.ndjson': 'done', 'b.ndjson': 'source size differs' })
  })

  it('the targets of sources that are gone are orphans, where they are as they were made', async () => {
    const place = await converted(sources())
    for (const name of ['in/b.csv', 'in/sub/c.csv']) place.change(name, null)
    expect(await orphansOf(place)).toEqual(['b.ndjson', 'sub/c.ndjson'])
    place.change('out/b.ndjson', 'edited')
    expect(await orphansOf(place)).toEqual(['sub/c.ndjson'])
    place.change('in/sub/c.csv', 'a\n1\n')
    expect(await orphansOf(place, { include: ['a.csv'] })).toEqual([])
  })

  it.each<[string, string, string, (place: Place) => Partial<MigrateOptions>]>([
    ['a target of somebody else', 'out/a.ndjson', 'TARGET_EXISTS', () => ({})],
    ['a folder in the place of a target', 'out/a.ndjson/x', 'TARGET_EXISTS', () => ({ overwrite: true })],
    ['a file where targets need a folder', 'out/sub', 'TARGET_NOT_A_FOLDER', () => ({})],
    ['a file where the target tree belongs', 'out/x', 'TARGET_NOT_A_FOLDER', ({ top }) => ({ out: `${top}/out/x` })],
    ['a target tree in the source', 'in/d.csv', 'TARGET_INSIDE_SOURCE', ({ top }) => ({ out: `${top}/in/out` })],
    [
      'a target that is the source',
      'in/a.csv',
      'TARGET_INSIDE_SOURCE',
      ({ top }) => ({ in: `${top}/in/a.csv`, out: `${top}/in/a.csv`, to: 'csv' }),
    ],
  ])('%s (%s) is refused: %s', async (_what, path, code, options) => {
    const place = sources()
    place.change(path, 'a\n1\n')
    await expect(find(place, options(place))).rejects.toMatchObject({ code, phase: 'plan' })
  })

  it('sums are recorded of those sources that are still as they were listed', async () => {
    const place = await converted(sources())
    const { plan, remainder } = await find(place)
    place.change('in/b.csv', 'a\n2\n')
    place.change('in/sub/c.csv', null)
    const options = { runId: '000002-abcdef', assertOwned: async () => {} }
    const warning = await recordSums(plan, remainder.decision, new Map(FILES.map((_name, at) => [at, at])), options)
    expect(warning).toMatchObject({ message: expect.stringContaining('their sums are recorded from now on') })
    const text = place.read('out/.migrate/journal/000002-abcdef-sums.ndjson')
    expect(text.match(/"source":"[^"]*"/g)).toEqual(['"source":"a.csv"'])
  })
})
