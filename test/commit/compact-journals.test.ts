import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { compactJournals, isCompactionDue } from '../../src/commit/journal/compact-journals.ts'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import { bookkeepingPaths } from '../../src/commit/bookkeeping-paths.ts'
import { formatJournalEnd, formatJournalHeader, formatJournalLine } from '../../src/commit/journal/journal-lines.ts'
import { readJournals } from '../../src/commit/journal/journal-reader.ts'
import { nextRunNumber } from '../../src/commit/run-id.ts'
import type { SourceTree } from '../../src/model/journal-entry.ts'
import { systemError, watchFileSystem } from './fault-file-system.ts'
import { makeEntry, writeTree } from './staged-files.ts'
import { makeTargetRoot } from './temporary-tree.ts'

// Real syncs on a busy disk take what they take.
vi.setConfig({ testTimeout: 60_000 })

const HERE: SourceTree = { root: '/data/in', identity: '7-9', mounts: ['disk'] }
const THERE: SourceTree = { root: '/data/other', identity: null, mounts: [] }

function journal(tree: SourceTree | null, ...entries: readonly (readonly [source: string, content: string])[]): string {
  const lines = entries.map(([source, content]) => formatJournalLine(makeEntry(source, content)))
  return [formatJournalHeader([tree]), ...lines, formatJournalEnd(entries.length)].join('')
}

/** Journals of six runs, in which proofs replace each other, of two source trees and one that is not known. */
function oldTree(): string {
  const root = makeTargetRoot()
  writeTree(root, {
    '.migrate/journal/000001-aaaaaa-local.ndjson': journal(HERE, ['a.csv', 'one'], ['b.csv', 'one'], ['c.csv', 'one']),
    '.migrate/journal/000002-bbbbbb-local.ndjson': journal(HERE, ['b.csv', 'two']),
    '.migrate/journal/000003-cccccc-local.ndjson': journal(THERE, ['d.csv', 'three'], ['c.csv', 'three']),
    // Of an older version: no header, no end.
    '.migrate/journal/000004-dddddd-local.ndjson': formatJournalLine(makeEntry('e.csv', 'four')),
    '.migrate/journal/000010-eeeeee-nodes-1.ndjson': journal(HERE, ['c.csv', 'ten'], ['c.csv', 'ten again']),
    '.migrate/journal/000010-eeeeee-sums.ndjson': journal(HERE, ['a.csv', 'ten']),
  })
  return root
}

/** The last proof of each target, with the run and the source tree that it tells, as a run would take it. */
async function proofsOf(root: string): Promise<Record<string, object>> {
  const proofs: Record<string, { run: number; hash: string; tree: SourceTree | null }> = {}
  const { damage } = await readJournals(root, ({ target, targetHash }, runId, { source }) => {
    const run = Number(runId.slice(0, 6))
    if ((proofs[target]?.run ?? 0) <= run) proofs[target] = { run, hash: targetHash, tree: source }
  })
  expect(damage).toEqual([])
  return proofs
}

function names(root: string): string[] {
  return readdirSync(join(root, '.migrate/journal')).sort()
}

const OWNED = { isDurable: true, assertOwned: () => Promise.resolve() }

describe('compactJournals', () => {
  it('is not kept from removing the others by a journal that cannot be removed, and says so', async () => {
    const root = oldTree()
    const before = await proofsOf(root)
    const fileSystem = watchFileSystem((call) => {
      if (call === 'unlink 000002-bbbbbb-local.ndjson') throw systemError('EPERM', 'unlink')
    })
    for (let count = 0; count < 3; count++) {
      await expect(
        compactJournals({ targetRoot: root, ...OWNED, storage: new LocalStorage(root, { fileSystem }) }),
      ).rejects.toMatchObject({ code: 'EPERM' })
      expect(names(root)).toEqual(['000002-bbbbbb-local.ndjson', expect.stringMatching(/^000010-\w+\.compacted$/)])
      expect(await proofsOf(root)).toEqual(before)
    }
  })

  it('leaves one journal that proves the same, each proof with its run and its source tree', async () => {
    const root = oldTree()
    const before = await proofsOf(root)
    expect(Object.keys(before)).toHaveLength(5)
    await compactJournals({ targetRoot: root, ...OWNED })
    expect(await proofsOf(root)).toEqual(before)
    expect(names(root)).toHaveLength(1)
    expect((await readJournals(root, () => {})).entryCount).toBe(5)
    // Once more: a compacted journal is a journal as others.
    writeTree(root, { '.migrate/journal/000011-ffffff-local.ndjson': journal(THERE, ['a.csv', 'eleven']) })
    const then = await proofsOf(root)
    await compactJournals({ targetRoot: root, ...OWNED })
    expect(await proofsOf(root)).toEqual(then)
    expect(names(root)).toHaveLength(1)
  })

  it('leaves all as it is while somebody who took the tree over writes a journal', async () => {
    const root = oldTree()
    const atWork = formatJournalHeader([HERE]) + formatJournalLine(makeEntry('f.csv', 'twelve'))
    writeTree(root, {
      '.migrate/journal/000012-abcabc-local.ndjson': atWork,
      '.migrate/manifests/000012-abcabc.ndjson': '',
    })
    const before = names(root)
    await compactJournals({ targetRoot: root, ...OWNED })
    expect(names(root)).toEqual(before)
  })

  it('numbers of runs never go back', async () => {
    const root = oldTree()
    await compactJournals({ targetRoot: root, ...OWNED })
    expect(await nextRunNumber(bookkeepingPaths(root))).toBe(11)
  })

  it('proofs without a source tree stay apart from others, or get the one that a run knows to be theirs', async () => {
    const root = oldTree()
    await compactJournals({ targetRoot: root, ...OWNED, treeOf: ({ source }) => source ?? THERE })
    expect(await proofsOf(root)).toMatchObject({ 'e.ndjson': { run: 4, tree: THERE }, 'a.ndjson': { tree: HERE } })
  })

  it('is the same where targets are known by number', async () => {
    const root = oldTree()
    const before = await proofsOf(root)
    const targets = ['c.ndjson', 'a.ndjson']
    const numbers = { length: 2, find: (target: string) => targets.indexOf(target) }
    await compactJournals({ targetRoot: root, ...OWNED, targets: numbers })
    expect(await proofsOf(root)).toEqual(before)
  })

  it('nothing is done where the target tree was lost meanwhile', async () => {
    const root = oldTree()
    const before = names(root)
    const lost = { isDurable: true, assertOwned: () => Promise.reject(new Error('lost')) }
    await expect(compactJournals({ targetRoot: root, ...lost })).rejects.toThrow('lost')
    expect(names(root)).toEqual(before)
  })

  it.each(['killed', 'failed'])('%s at any one of its calls it loses no proof and invents none', async (how) => {
    const calls: string[] = []
    const watched = watchFileSystem((call) => calls.push(call))
    const root = oldTree()
    await compactJournals({ targetRoot: root, ...OWNED, storage: new LocalStorage(root, { fileSystem: watched }) })
    expect(calls.length).toBeGreaterThan(10)
    for (let at = 1; at <= calls.length; at++) {
      const root = oldTree()
      const before = await proofsOf(root)
      let count = 0
      const fileSystem = watchFileSystem(() => {
        count++
        if (how === 'killed' ? count >= at : count === at) throw new Error('no such luck')
      })
      await compactJournals({ targetRoot: root, ...OWNED, storage: new LocalStorage(root, { fileSystem }) }).catch(
        () => undefined,
      )
      expect(await proofsOf(root), `${how} at call ${at}: ${calls[at - 1]}`).toEqual(before)
      expect(await nextRunNumber(bookkeepingPaths(root))).toBe(11)
      await compactJournals({ targetRoot: root, ...OWNED })
      expect(await proofsOf(root)).toEqual(before)
      expect(names(root)).toHaveLength(1)
    }
  })

  it('who reads meanwhile, without the lock, finds every proof', async () => {
    const root = oldTree()
    const before = Object.keys(await proofsOf(root))
    let isDone = false
    const seen = new Set<string>()
    await readJournals(root, async ({ target }) => {
      seen.add(target)
      // As soon as the first journal is open, all others go.
      if (isDone) return
      isDone = true
      await compactJournals({ targetRoot: root, ...OWNED })
    })
    expect([...seen].sort()).toEqual(before.sort())
  })

  it('journals of which none proves anything go, and so does what a kill left aside', async () => {
    const root = makeTargetRoot()
    writeTree(root, {
      '.migrate/journal/000001-aaaaaa.compacted.new': 'half of one',
      '.migrate/journal/own.new': 'mine',
    })
    await compactJournals({ targetRoot: root, ...OWNED })
    expect(names(root)).toEqual(['own.new'])
    expect(existsSync(join(root, '.migrate/journal'))).toBe(true)
  })
})

it.each([
  ['a first run', 1, 300, 300, false],
  ['two runs over all', 2, 600, 300, false],
  ['three runs over all', 3, 900, 300, true],
  ['a few runs of few files each', 12, 320, 300, false],
  ['many runs of few files each', 13, 320, 300, true],
  ['a large tree, where a file more costs little beside its lines', 500, 1_000_500, 1_000_000, false],
  ['a small tree', 5, 18, 5, false],
])('after %s (%i journals, %i lines for %i targets) a compaction is due: %j', (_, journals, lines, targets, isDue) => {
  expect(isCompactionDue(journals, lines, targets)).toBe(isDue)
})
