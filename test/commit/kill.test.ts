import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { collectStaged } from '../../src/commit/staging/collect-staged.ts'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import { Committer } from '../../src/commit/committer.ts'
import { readJournals } from '../../src/commit/journal/journal-reader.ts'
import {
  readManifests,
  settleManifests,
  writeManifest,
  type ManifestHeader,
} from '../../src/commit/journal/manifest.ts'
import { watchFileSystem } from './fault-file-system.ts'
import {
  assertOwned,
  hashOf,
  commitOne,
  heldLock,
  stageFiles,
  targetOf,
  writeTree,
  type Content,
} from './staged-files.ts'
import { makeTargetRoot, readTree } from './temporary-tree.ts'

/*
 * A run is killed before every single call that a commit makes, for every call there is. Then a new run looks at what is left, as
 * a real one would, and finishes the job. From the moment of the kill on no call has any effect, as with a dead process.
 */

// Real syncs on a busy disk take what they take.
vi.setConfig({ testTimeout: 60_000 })

const OLD_TARGET = 'made by an earlier run'
const SOURCES: Readonly<Record<string, Content>> = {
  'again.csv': { target: 'AGAIN' },
  'a/one.csv': { target: 'ONE', rejects: 'REJECTS OF ONE' },
  'a/two.csv': { target: 'TWO' },
}

function header(runId: string): ManifestHeader {
  return { runId, manifestHash: 'm', planHash: 'p' }
}

/** Does what a run does with its sources, up to the kill; tells which it reported done. */
async function run(
  root: string,
  runId: string,
  contents: typeof SOURCES,
  killAtCall: number,
): Promise<{ done: string[]; callCount: number }> {
  let callCount = 0
  const fileSystem = watchFileSystem(() => {
    if (++callCount >= killAtCall) throw new Error('killed')
  })
  const claims = Object.keys(contents).map((source) => ({ target: targetOf(source) }))
  await writeManifest({ targetRoot: root, isDurable: true }, header(runId), claims)
  const files = await stageFiles(root, runId, contents)
  const opening = Committer.open({
    targetRoot: root,
    lock: heldLock(runId),
    isDurable: true,
    storage: new LocalStorage(root, { fileSystem }),
  })
  const committer = await opening.catch(() => null)
  if (committer === null) return { done: [], callCount }
  const outcomes = files.map(async (file) => ((await commitOne(committer, file)).isCommitted ? [file.source] : []))
  await committer.close()
  return { done: (await Promise.all(outcomes)).flat(), callCount }
}

/** What the next run knows: the hash that the journals prove for each target, and the targets whose proof a manifest voids. */
async function look(
  root: string,
): Promise<{ proofs: Map<string, { hash: string; runId: string }>; claimed: Set<string> }> {
  const proofs = new Map<string, { hash: string; runId: string }>()
  await readJournals(root, ({ target, targetHash }, runId) => proofs.set(target, { hash: targetHash, runId }))
  const claimed = new Set<string>()
  await readManifests(root, ({ target }, { runId }) => {
    if ((proofs.get(target)?.runId ?? '') < runId) claimed.add(target)
  })
  return { proofs, claimed }
}

function targetsOf(root: string): Record<string, string> {
  return Object.fromEntries(Object.entries(readTree(root)).filter(([name]) => !name.startsWith('.migrate')))
}

/** A tree that an earlier, finished run left: one target that the next run will replace, with rejects that will go. */
async function makeOldTree(): Promise<string> {
  const root = makeTargetRoot()
  await run(root, '000001-aaaaaa', { 'again.csv': { target: OLD_TARGET, rejects: 'OLD REJECTS' } }, Infinity)
  await settleManifests({ targetRoot: root, isDurable: true, assertOwned }, header('000001-aaaaaa'), () => true)
  writeTree(root, { 'foreign.ndjson': 'not ours' })
  return root
}

describe('A run that is killed before any one of its calls', () => {
  it('proves only what is there, leaves only whole targets that it claims, and the next run completes the tree', async () => {
    const { callCount } = await run(await makeOldTree(), '000002-bbbbbb', SOURCES, Infinity)
    expect(callCount).toBeGreaterThan(20)
    const gold = { 'again.ndjson': 'AGAIN', 'a/one.ndjson': 'ONE', 'a/two.ndjson': 'TWO', 'foreign.ndjson': 'not ours' }

    for (let killAtCall = 1; killAtCall <= callCount; killAtCall++) {
      const root = await makeOldTree()
      const { done } = await run(root, '000002-bbbbbb', SOURCES, killAtCall)
      const at = `killed at call ${killAtCall} of ${callCount}`

      // I1: every target is the old or the new one, whole.
      const { proofs, claimed } = await look(root)
      for (const [target, text] of Object.entries(targetsOf(root))) {
        expect([gold[target as keyof typeof gold], OLD_TARGET], `${target}, ${at}`).toContain(text)
        // Nothing of ours is taken for a stranger's.
        expect(proofs.has(target) || claimed.has(target), `${target}, ${at}`).toBe(target !== 'foreign.ndjson')
      }
      // I3: what is proved, and not claimed since, is there with that hash; what was reported done is proved.
      for (const [target, { hash }] of [...proofs].filter(([target]) => !claimed.has(target))) {
        expect(hashOf(targetsOf(root)[target] ?? ''), `${target}, ${at}`).toBe(hash)
      }
      for (const source of done) expect(claimed.has(targetOf(source)), `${source}, ${at}`).toBe(false)

      // The next run: collect, do what is not proved, settle.
      await collectStaged({ targetRoot: root, liveRunId: '000003-cccccc', assertOwned })
      const isToDo = ([source]: readonly [string, Content]): boolean =>
        claimed.has(targetOf(source)) || !proofs.has(targetOf(source))
      const rest = Object.fromEntries(Object.entries(SOURCES).filter(isToDo))
      await run(root, '000003-cccccc', rest, Infinity)
      await collectStaged({ targetRoot: root, liveRunId: null, assertOwned })
      await settleManifests({ targetRoot: root, isDurable: true, assertOwned }, header('000003-cccccc'), () => true)

      expect(targetsOf(root), `the tree, ${at}`).toEqual(gold)
      // I2, and nothing else is left either.
      const left = Object.keys(readTree(join(root, '.migrate'))).filter((name) => !name.startsWith('journal/'))
      expect(left, `what is left, ${at}`).toEqual(['rejects/a/one.csv.ndjson'])
      const after = await look(root)
      expect(after.claimed.size).toBe(0)
      for (const source of Object.keys(SOURCES)) {
        expect(after.proofs.get(targetOf(source))?.hash, `${source}, ${at}`).toBe(hashOf(SOURCES[source]!.target))
      }
    }
  })
})
