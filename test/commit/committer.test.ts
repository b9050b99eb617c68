import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { MigrationError } from '../../src/errors/migration-error.ts'
import type { CommitOutcome } from '../../src/commit/publish/commit-outcome.ts'
import { Committer, type CommitterOptions } from '../../src/commit/committer.ts'
import { readJournals } from '../../src/commit/journal/journal-reader.ts'
import { systemError, watchFileSystem, type Watch, watchStorage } from './fault-file-system.ts'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import { commitOne, heldLock, stageFiles, writeTree, type Content } from './staged-files.ts'
import { makeTargetRoot, readTree } from './temporary-tree.ts'

// Real syncs on a busy disk take what they take.
vi.setConfig({ testTimeout: 60_000 })

const RUN = '000001-aaaaaa'

/** Stages files and commits them as one group; answers with the outcome of each source. */
async function commitAll(
  root: string,
  contents: Readonly<Record<string, Content>>,
  options: Partial<CommitterOptions> = {},
): Promise<Record<string, CommitOutcome>> {
  const lock = options.lock ?? heldLock(RUN)
  const files = await stageFiles(root, lock.runId, contents)
  const committer = await Committer.open({ targetRoot: root, isDurable: true, ...options, lock })
  const outcomes = files.map((file) => commitOne(committer, file))
  await committer.close()
  const settled = await Promise.all(outcomes)
  return Object.fromEntries(files.map((file, index) => [file.source, settled[index]!]))
}

function codes(outcomes: Readonly<Record<string, CommitOutcome>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outcomes).map(([source, outcome]) => [source, outcome.isCommitted ? 'done' : outcome.error.code]),
  )
}

async function journaled(root: string): Promise<string[]> {
  const sources: string[] = []
  await readJournals(root, ({ source }) => sources.push(source))
  return sources.sort()
}

/** The tree without journals: what users and the next run see. */
function visibleFiles(root: string): Record<string, string> {
  return Object.fromEntries(Object.entries(readTree(root)).filter(([name]) => !name.startsWith('.migrate/journal/')))
}

/** Fails the calls that the pattern names. */
function failAt(pattern: RegExp, code: string): Watch {
  return (call) => {
    if (pattern.test(call)) throw systemError(code, call.split(' ')[0]!)
  }
}

describe('Committer', () => {
  it('targets and rejects get to their places, in new folders too, and each commit is journaled', async () => {
    const root = makeTargetRoot()
    const outcomes = await commitAll(root, {
      'a.csv': { target: 'A' },
      'deep/er/b.csv': { target: 'B', rejects: 'R' },
    })
    expect(codes(outcomes)).toEqual({ 'a.csv': 'done', 'deep/er/b.csv': 'done' })
    expect(visibleFiles(root)).toEqual({
      'a.ndjson': 'A',
      'deep/er/b.ndjson': 'B',
      '.migrate/rejects/deep/er/b.csv.ndjson': 'R',
    })
    expect(await journaled(root)).toEqual(['a.csv', 'deep/er/b.csv'])
  })

  it('a target of an earlier run is replaced, and its rejects go when there are none any more', async () => {
    const root = makeTargetRoot()
    writeTree(root, {
      'a.ndjson': 'old',
      '.migrate/rejects/a.csv.ndjson': 'old',
      '.migrate/rejects/b.csv.ndjson': 'kept',
    })
    await commitAll(root, { 'a.csv': { target: 'new' } })
    expect(visibleFiles(root)).toEqual({ 'a.ndjson': 'new', '.migrate/rejects/b.csv.ndjson': 'kept' })
  })

  it('content is synced before its name, folders before the journal, the journal last', async () => {
    const root = makeTargetRoot()
    const allCalls: string[] = []
    const fileSystem = watchFileSystem((call, path) => {
      if (/^(?:sync|write|rename|link)/.test(call))
        allCalls.push(path.includes('/staged/') ? `${call.split(' ')[0]} staged` : call)
    })
    await commitAll(
      root,
      { 'new/sub/a.csv': { target: 'A', rejects: 'R' } },
      { storage: new LocalStorage(root, { fileSystem }) },
    )
    // Before that the journal was made.
    const calls = allCalls.slice(allCalls.indexOf('sync staged'))
    const at = (call: string): number => calls.indexOf(call)
    expect(calls.slice(0, 4)).toEqual(['sync staged', 'sync staged', 'rename a.csv.ndjson', 'link a.ndjson'])
    const rootName = root.slice(root.lastIndexOf('/') + 1)
    const journalWrite = at(`write ${RUN}-local.ndjson`)
    // The folder of the target, the folders that got new folders, and the same for the rejects.
    for (const folder of ['sub', 'new', rootName, 'rejects', '.migrate']) {
      expect(at(`sync ${folder}`), `of ${folder}`).toBeGreaterThan(3)
      expect(at(`sync ${folder}`), `of ${folder}`).toBeLessThan(journalWrite)
    }
    expect(calls.at(-1)).toBe(`sync ${RUN}-local.ndjson`)
  })

  it('files of one folder share its sync and that of the journal', async () => {
    const root = makeTargetRoot()
    writeTree(root, { 'folder/there': '' })
    const syncs: string[] = []
    const fileSystem = watchFileSystem((call, path) => {
      if (call.startsWith('sync') && !path.includes('/staged/')) syncs.push(call)
    })
    const names = Array.from({ length: 100 }, (_, i) => `folder/${i}.csv`)
    await commitAll(root, Object.fromEntries(names.map((name) => [name, { target: name }])), {
      storage: new LocalStorage(root, { fileSystem }),
    })
    expect(syncs.filter((call) => call === 'sync folder')).toHaveLength(1)
    // And one more for its end.
    expect(syncs.filter((call) => call.includes(RUN))).toHaveLength(2)
  })

  it('many contents are synced with one call before any gets its name, and one by one where that call fails', async () => {
    for (const isDone of [true, false]) {
      const calls: string[] = []
      const fileSystem = watchFileSystem((call, path) => {
        if (/^(?:sync|link)/.test(call)) calls.push(path.includes('/staged/') ? 'sync one' : call)
      })
      const syncEverything = (): Promise<boolean> => {
        calls.push('sync all')
        return Promise.resolve(isDone)
      }
      const names = Array.from({ length: 100 }, (_, i) => `${i}.csv`)
      const root = makeTargetRoot()
      const options = { storage: new LocalStorage(root, { fileSystem, syncEverything }) }
      await commitAll(root, Object.fromEntries(names.map((name) => [name, { target: name }])), options)
      expect(await journaled(root)).toEqual(names.toSorted())
      const first = calls.indexOf('sync all')
      const links = calls.flatMap((call, at) => (call.startsWith('link') ? [at] : []))
      expect(links).toHaveLength(100)
      expect(links[0]).toBeGreaterThan(first)
      expect(calls.filter((call) => call === 'sync one')).toHaveLength(isDone ? 0 : 100)
      expect(calls.lastIndexOf('sync one')).toBeLessThan(links[0]!)
    }
  })

  it('many folders are synced with one call too, after the last target and before the journal', async () => {
    const calls: string[] = []
    const fileSystem = watchFileSystem((call) => {
      if (/^(?:sync|link|write)/.test(call)) calls.push(call)
    })
    const syncEverything = (): Promise<boolean> => {
      calls.push('sync all')
      return Promise.resolve(true)
    }
    const names = Array.from({ length: 100 }, (_, i) => `folder-${i}/a.csv`)
    const root = makeTargetRoot()
    const options = { storage: new LocalStorage(root, { fileSystem, syncEverything }) }
    await commitAll(root, Object.fromEntries(names.map((name) => [name, { target: name }])), options)
    expect(calls.filter((call) => call.startsWith('sync folder'))).toEqual([])
    const [, second, third] = calls.flatMap((call, at) => (call === 'sync all' ? [at] : []))
    expect(third).toBeUndefined()
    expect(second).toBeGreaterThan(calls.lastIndexOf('link a.ndjson'))
    expect(second).toBeLessThan(calls.lastIndexOf(`sync ${RUN}-local.ndjson`))
  })

  it('without durability nothing is synced', async () => {
    const root = makeTargetRoot()
    const storage = watchStorage(root, failAt(/^sync/, 'EIO'))
    const longName = `${'x'.repeat(248)}.csv`
    const contents = { 'new/a.csv': { target: 'A' }, [longName]: { target: 'A', rejects: 'R' } }
    const outcomes = await commitAll(root, contents, { storage, isDurable: false })
    expect(codes(outcomes)).toEqual({ 'new/a.csv': 'done', [longName]: 'done' })
  })

  it('a finished file is committed soon, though no other joins it', async () => {
    const root = makeTargetRoot()
    const [file] = await stageFiles(root, RUN, { 'a.csv': { target: 'A' } })
    const committer = await Committer.open({ targetRoot: root, lock: heldLock(RUN), isDurable: true })
    expect(await commitOne(committer, file!)).toMatchObject({ isCommitted: true })
    await committer.close()
  })

  it('more files than a group holds are all committed, and whenReady holds their maker back meanwhile', async () => {
    const root = makeTargetRoot()
    const names = Array.from({ length: 700 }, (_, i) => `${i}.csv`)
    const files = await stageFiles(root, RUN, Object.fromEntries(names.map((name) => [name, { target: name }])))
    const committer = await Committer.open({ targetRoot: root, lock: heldLock(RUN), isDurable: false })
    await committer.whenReady()
    let doneCount = 0
    const outcomes = files.map(async (file) => {
      const outcome = await commitOne(committer, file)
      doneCount++
      return outcome
    })
    await committer.whenReady()
    expect(doneCount).toBeGreaterThan(0)
    expect(doneCount).toBeLessThan(700)
    await committer.close()
    expect((await Promise.all(outcomes)).every(({ isCommitted }) => isCommitted)).toBe(true)
    expect(await journaled(root)).toEqual(names.sort())
  })

  it('files that came while a group was under way are committed, to the last one, though none follows', async () => {
    const root = makeTargetRoot()
    const names = Array.from({ length: 300 }, (_, i) => `${i}.csv`)
    const files = await stageFiles(root, RUN, Object.fromEntries(names.map((name) => [name, { target: name }])))
    let isHeldUp = true
    const assertOwned = async (): Promise<void> => {
      // Longer than a file waits for company.
      if (isHeldUp) await sleep(250)
      isHeldUp = false
    }
    const committer = await Committer.open({ targetRoot: root, lock: { runId: RUN, assertOwned }, isDurable: false })
    const outcomes = await Promise.all(files.map((file) => commitOne(committer, file)))
    expect(outcomes.every(({ isCommitted }) => isCommitted)).toBe(true)
    await committer.close()
  })

  it('the time of syncing is spread over the files of the group', async () => {
    const root = makeTargetRoot()
    await commitAll(root, { 'a.csv': { target: 'A' }, 'b.csv': { target: 'B' } })
    const times: number[] = []
    await readJournals(root, ({ stageNs }) => times.push(stageNs.sync))
    expect(times[0]).toBeGreaterThan(0)
    expect(times[1]).toBe(times[0])
  })
})

describe('A file that cannot be committed fails alone', () => {
  const contents = { 'bad/a.csv': { target: 'A', rejects: 'R' }, 'good/b.csv': { target: 'B', rejects: 'S' } }
  const good = { 'good/b.ndjson': 'B', '.migrate/rejects/good/b.csv.ndjson': 'S' }

  it.each([
    ['its folder cannot be made', /^mkdir bad/, 'EACCES'],
    ['the target cannot be linked', /^link a\.ndjson/, 'EIO'],
    ['the rejects cannot be renamed', /^rename a\.csv\.ndjson/, 'ENOSPC'],
  ])('when %s: nothing of it is left, the other is done', async (_, pattern, code) => {
    const root = makeTargetRoot()
    const outcomes = await commitAll(root, contents, { storage: watchStorage(root, failAt(pattern, code)) })
    expect(codes(outcomes)).toEqual({ 'bad/a.csv': code, 'good/b.csv': 'done' })
    expect(outcomes['bad/a.csv']).toMatchObject({ error: { phase: 'commit', position: { file: 'bad/a.csv' } } })
    expect(visibleFiles(root)).toEqual(good)
    expect(await journaled(root)).toEqual(['good/b.csv'])
  })

  it('when a sync of its content fails: nothing of it is left, and it is not tried again', async () => {
    const root = makeTargetRoot()
    let syncCount = 0
    const watch: Watch = (call, path) => {
      if (call.startsWith('sync') && path.includes('/staged/') && readFileSync(path, 'utf8') === 'A') {
        syncCount++
        throw systemError('EIO', 'fsync')
      }
    }
    expect(codes(await commitAll(root, contents, { storage: watchStorage(root, watch) }))).toEqual({
      'bad/a.csv': 'EIO',
      'good/b.csv': 'done',
    })
    expect(syncCount).toBe(1)
    expect(visibleFiles(root)).toEqual(good)
  })

  it('when its folder cannot be synced: it is there, whole, but is not reported done', async () => {
    const root = makeTargetRoot()
    const outcomes = await commitAll(root, contents, { storage: watchStorage(root, failAt(/^sync bad/, 'EIO')) })
    expect(codes(outcomes)).toEqual({ 'bad/a.csv': 'EIO', 'good/b.csv': 'done' })
    expect(visibleFiles(root)).toMatchObject({ 'bad/a.ndjson': 'A' })
    expect(await journaled(root)).toEqual(['good/b.csv'])
  })

  it('when the folder above its new folder cannot be synced, whoever made that folder', async () => {
    const root = makeTargetRoot()
    const rootName = root.slice(root.lastIndexOf('/') + 1)
    const fail = failAt(new RegExp(`^sync ${rootName}`), 'EIO')
    let isCommitting = false
    const watch: Watch = (call, path) => {
      isCommitting ||= call.startsWith('link')
      if (isCommitting) fail(call, path)
    }
    const outcomes = await commitAll(
      root,
      { 'new/a.csv': { target: 'A' }, 'new/b.csv': { target: 'B' } },
      { storage: watchStorage(root, watch) },
    )
    expect(codes(outcomes)).toEqual({ 'new/a.csv': 'EIO', 'new/b.csv': 'EIO' })
  })

  it.each([
    ['a folder stands at its name', { 'a.ndjson/inside': '' }, 'a.csv', 'TARGET_EXISTS'],
    ['a file stands where its folder should be', { sub: '' }, 'sub/a.csv', 'TARGET_NOT_A_FOLDER'],
  ])('when %s', async (_, there, source, code) => {
    const root = makeTargetRoot()
    writeTree(root, there)
    const outcomes = await commitAll(root, { [source]: { target: 'A' }, 'b.csv': { target: 'B' } })
    expect(codes(outcomes)[source]).toBe(code)
    expect(visibleFiles(root)).toEqual({ ...there, 'b.ndjson': 'B' })
  })
})

function loseLock(): Promise<void> {
  return Promise.reject(new MigrationError('LOCK_LOST', 'gone', { phase: 'lock' }))
}

describe('After an error that ends the run', () => {
  const contents = { 'a.csv': { target: 'A' }, 'b.csv': { target: 'B' } }

  it.each([
    ['written', /^write 000001/],
    ['synced', /^sync 000001/],
  ])('no file counts when the journal cannot be %s, and later files fail without being renamed', async (_, pattern) => {
    const root = makeTargetRoot()
    const storage = watchStorage(root, failAt(pattern, 'ENOSPC'))
    const committer = await Committer.open({ targetRoot: root, lock: heldLock(RUN), isDurable: true, storage })
    const outcomes = await Promise.all(
      (await stageFiles(root, RUN, contents)).map((file) => commitOne(committer, file)),
    )
    for (const outcome of outcomes) expect(outcome).toMatchObject({ error: { code: 'JOURNAL_FAILED' } })
    const [late] = await stageFiles(root, RUN, { 'late.csv': { target: 'L' } })
    expect(await commitOne(committer, late!)).toMatchObject({
      error: { code: 'JOURNAL_FAILED', position: { file: 'late.csv' } },
    })
    await committer.close()
    expect(await journaled(root)).toEqual([])
    expect(visibleFiles(root)).toEqual({ 'a.ndjson': 'A', 'b.ndjson': 'B' })
  })

  it('a journal that cannot be made is told before any file is taken', async () => {
    const root = makeTargetRoot()
    const storage = watchStorage(root, failAt(/^open 000001/, 'ENOSPC'))
    const opening = Committer.open({ targetRoot: root, lock: heldLock(RUN), isDurable: true, storage })
    await expect(opening).rejects.toMatchObject({ code: 'JOURNAL_FAILED' })
  })

  it('a run that lost its lock renames nothing more', async () => {
    const root = makeTargetRoot()
    expect(codes(await commitAll(root, contents, { lock: { runId: RUN, assertOwned: loseLock } }))).toEqual({
      'a.csv': 'LOCK_LOST',
      'b.csv': 'LOCK_LOST',
    })
    expect(visibleFiles(root)).toEqual({})
  })
})

/** The rejects that the index names, by the file they belong to. */
function indexedRejects(root: string): Record<string, string> {
  const folder = join(root, '.migrate/rejects')
  const lines = readFileSync(join(folder, 'index.ndjson'), 'utf8').trim().split('\n')
  const entries = lines.map((line) => JSON.parse(line) as { file: string; rejects: string })
  expect(new Set(entries.map(({ file }) => file)).size).toBe(lines.length)
  return Object.fromEntries(entries.map(({ file, rejects }) => [file, readFileSync(join(folder, rejects), 'utf8')]))
}

describe('Rejects get a hashed name and one line in the index', () => {
  it.each([
    ['too long with its new extension', `${'x'.repeat(248)}.csv`, {}],
    ['that of the index itself', 'index', {}],
    ['taken by a folder of rejects', 'a.csv', { '.migrate/rejects/a.csv.ndjson/b.csv.ndjson': 'other' }],
    ['below the rejects of another file', 'a.csv.ndjson/b.csv', { '.migrate/rejects/a.csv.ndjson': 'other' }],
  ])('when their own is %s', async (_, source, there) => {
    const root = makeTargetRoot()
    writeTree(root, there)
    for (const rejects of ['first', 'second']) {
      const outcomes = await commitAll(
        root,
        { [source]: { target: 'A', rejects } },
        { lock: heldLock(`000001-${rejects}`) },
      )
      expect(codes(outcomes)).toEqual({ [source]: 'done' })
      expect(indexedRejects(root)).toEqual({ [source]: rejects })
    }
    await commitAll(root, { [source]: { target: 'A' } }, { lock: heldLock('000003-third') })
    expect(() => indexedRejects(root)).toThrow('ENOENT')
  })
})

describe('What is staged is taken from its own folder only', () => {
  it.each([true, false])(
    'a link in its place costs the files, and what is behind it stays (durable: %s)',
    async (isDurable) => {
      const root = makeTargetRoot()
      const victim = makeTargetRoot()
      const staged = join(root, '.migrate/staged', RUN)
      const files = await stageFiles(root, RUN, {
        'a.csv': { target: 'A', rejects: 'R' },
        'deep/b.csv': { target: 'B' },
      })
      renameSync(staged, `${staged}-moved`)
      mkdirSync(join(victim, 'local'))
      for (const name of ['0', '0.rejects', '1']) writeFileSync(join(victim, 'local', name), 'mine')
      symlinkSync(victim, staged)
      const committer = await Committer.open({ targetRoot: root, isDurable, lock: heldLock(RUN) })
      const outcomes = await committer.commit(files)
      await committer.close()
      expect(outcomes.map((outcome) => (outcome.isCommitted ? 'done' : outcome.error.code))).toEqual([
        'BOOKKEEPING_UNSAFE',
        'BOOKKEEPING_UNSAFE',
      ])
      expect(readTree(victim)).toEqual({ 'local/0': 'mine', 'local/0.rejects': 'mine', 'local/1': 'mine' })
      expect(Object.keys(visibleFiles(root)).filter((name) => !name.startsWith('.migrate/'))).toEqual([])
    },
  )
})
