import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findExistingTargets } from '../../src/plan/find-existing-targets.ts'
import { ResumeLedger } from '../../src/plan/resume-ledger.ts'
import type { Proof } from '../../src/plan/resume-ledger.ts'
import { targetNames } from '../../src/plan/target-names.ts'
import { openTargetStorage } from '../../src/storage/storages.ts'
import { writeTree } from '../discover/write-tree.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { sourceListOf } from './source-list-of.ts'

/** What a journal says of `a.csv`, unless told otherwise: a source of 10 bytes at 1000 ns, a target of 6. */
function proof(changes: Partial<Proof> = {}): Proof {
  return {
    source: 'a.csv',
    sizeBytes: 10,
    mtimeNs: '1000',
    sourceHash: null,
    filePlanHash: 'plan-csv',
    target: 'a.json',
    targetBytes: 6,
    targetHash: 'ffffffff',
    hasRejects: false,
    records: { read: 5, written: 5, rejected: 0, filtered: 0 },
    ...changes,
  }
}

const TREE = { key: 'tree', source: null }

/** A ledger for these sources, with all their targets in place, 6 bytes each. */
function ledgerOf(sources: readonly string[] = ['a.csv']) {
  const root = temporaryFolder()
  const files = sourceListOf(sources)
  const targets = targetNames(files, { rule: 'replace', extension: 'json', singleName: null })
  const ledger = new ResumeLedger(files, targets, (format) => `plan-${format}`)
  for (let index = 0; index < targets.length; index++) {
    writeTree(root, [targets.path(index)])
    writeFileSync(join(root, targets.path(index)), '123456')
  }
  let seen: string[] = []
  const decide = async (options: { isForced?: boolean; rejectsSize?: number | null } = {}) =>
    ledger.decide({
      existing: await findExistingTargets(openTargetStorage(root), targets),
      isForced: options.isForced ?? false,
      rejectsSizeOf: async () => options.rejectsSize ?? null,
      findOrphans: (candidates) => {
        seen = [...candidates].map(({ target }) => target)
        return []
      },
    })
  return { root, ledger, decide, candidates: async () => (await decide(), seen) }
}

it.each<[string, Partial<Proof>, string | null]>([
  ['all is as it was', {}, null],
  ['the size of the source is another', { sizeBytes: 11 }, 'source size differs'],
  ['the time of the source is another', { mtimeNs: '1001' }, 'source mtime differs'],
  ['the plan was another', { filePlanHash: 'plan-tsv' }, 'mapping or options differ'],
  ['the target has another size', { targetBytes: 7 }, 'target size differs'],
  ['the target was made from another source', { source: 'a.tsv' }, 'made from another source'],
  ['the proof is about another target', { target: 'b.json' }, 'new'],
])('when %s, the file runs because of: %j', async (_what, changes, reason) => {
  const { ledger, decide } = ledgerOf()
  ledger.takeProof(proof(changes), 1, TREE)
  expect((await decide()).reason(0)).toBe(reason)
})

it('a file without a proof is new', async () => {
  expect((await ledgerOf().decide()).reason(0)).toBe('new')
})

it('a file whose target is gone, or is a link now, runs', async () => {
  const { root, ledger, decide } = ledgerOf()
  ledger.takeProof(proof(), 1, TREE)
  rmSync(join(root, 'a.json'))
  expect((await decide()).reason(0)).toBe('target is gone')
  symlinkSync('elsewhere', join(root, 'a.json'))
  expect((await decide()).reason(0)).toBe('target is gone')
})

it('with --force every file runs', async () => {
  const { ledger, decide } = ledgerOf()
  ledger.takeProof(proof(), 1, TREE)
  expect((await decide({ isForced: true })).reason(0)).toBe('forced')
})

it.each<[string, Partial<Proof>[], string | null]>([
  ['an old proof of other options counts for nothing', [{ filePlanHash: 'old' }, {}], null],
  ['a new proof of other options makes an old one void', [{}, { filePlanHash: 'new' }], 'mapping or options differ'],
  ['a target that another source made since is not proved', [{}, { source: 'a.tsv' }], 'made from another source'],
  ['a proof under another name of the target changes nothing', [{}, { target: 'a.csv.json' }], null],
])('the last proof of a target counts: %s', async (_what, proofs, reason) => {
  const { ledger, decide } = ledgerOf()
  for (const [at, changes] of proofs.entries()) ledger.takeProof(proof(changes), at + 1, TREE)
  expect((await decide()).reason(0)).toBe(reason)
})

it.each([
  ['before the proof', 1, 2, null],
  ['in the same run', 2, 2, null],
  ['after the proof', 3, 2, 'an earlier run did not finish it'],
])('a claim %s: the file runs because of %j', async (_when, claimRun, proofRun, reason) => {
  for (const isClaimFirst of [true, false]) {
    const { ledger, decide } = ledgerOf()
    if (isClaimFirst) ledger.takeClaim('a.json', claimRun)
    ledger.takeProof(proof(), proofRun, TREE)
    if (!isClaimFirst) ledger.takeClaim('a.json', claimRun)
    expect((await decide()).reason(0)).toBe(reason)
  }
})

it('a target is claimed by a proof about it or by a manifest, and by nothing else', () => {
  const { ledger } = ledgerOf(['a.csv', 'b.csv', 'c.csv'])
  ledger.takeProof(proof({ filePlanHash: 'other' }), 1, TREE)
  ledger.takeClaim('b.json', 1)
  ledger.takeClaim('z.json', 1)
  expect([0, 1, 2].map((index) => ledger.isClaimed(index))).toEqual([true, true, false])
})

it('a done file gives what is proved about it, and the sums count done files only', async () => {
  const { ledger, decide } = ledgerOf(['a.csv', 'b.csv', 'c.csv'])
  ledger.takeProof(proof(), 1, TREE)
  const rejects = {
    hasRejects: true,
    rejects: { sizeBytes: 4, hash: '0000000b' },
    records: { read: 9, written: 5, rejected: 3, filtered: 1 },
  }
  ledger.takeProof(proof({ source: 'b.csv', target: 'b.json', sourceHash: '0000000a', ...rejects }), 1, TREE)
  ledger.takeProof(proof({ source: 'c.csv', target: 'c.json', sizeBytes: 1, ...rejects }), 1, TREE)
  const decision = await decide({ rejectsSize: 4 })
  expect(decision.done(0)).toEqual({
    targetBytes: 6,
    targetHash: 0xffffffff,
    sourceHash: null,
    hasRejects: false,
    rejectsBytes: null,
    rejectsHash: null,
    records: { read: 5, written: 5, rejected: 0, filtered: 0 },
  })
  expect(decision.done(1)).toMatchObject({
    sourceHash: 10,
    hasRejects: true,
    rejectsBytes: 4,
    rejectsHash: 11,
    records: rejects.records,
  })
  const records = { read: 14, written: 10, rejected: 3, filtered: 1 }
  expect(decision.totals()).toEqual({ fileCount: 2, targetBytes: 12, records, filesWithRejects: 1 })
  decision.rerun(1, 'source content differs')
  expect(decision.reason(1)).toBe('source content differs')
  expect(decision.totals()).toMatchObject({ fileCount: 1, filesWithRejects: 0 })
})

it.each([
  ['are gone', null, 'rejects are gone'],
  ['have another size', 3, 'rejects differ'],
  ['are as they were', 4, null],
])('a file whose rejects %s (%j) runs because of: %j', async (_what, rejectsSize, reason) => {
  const { ledger, decide } = ledgerOf()
  ledger.takeProof(proof({ hasRejects: true, rejects: { sizeBytes: 4, hash: '00000001' } }), 1, TREE)
  expect((await decide({ rejectsSize })).reason(0)).toBe(reason)
})

it('of rejects whose size an older version did not write down, it counts that they are there', async () => {
  const { ledger, decide } = ledgerOf()
  ledger.takeProof(proof({ hasRejects: true }), 1, TREE)
  expect((await decide({ rejectsSize: 9 })).reason(0)).toBeNull()
  expect((await decide({ rejectsSize: null })).reason(0)).toBe('rejects are gone')
})

it('of two proofs that of the later run counts, in whatever order they are read', async () => {
  const { ledger, decide } = ledgerOf()
  ledger.takeProof(proof(), 10, TREE)
  ledger.takeProof(proof({ filePlanHash: 'old' }), 9, TREE)
  expect((await decide()).reason(0)).toBeNull()
})

it('proofs of runs before one that is damaged are in doubt, and those of that run and later ones are not', async () => {
  const { ledger, decide } = ledgerOf(['a.csv', 'b.csv', 'c.csv', 'd.csv'])
  for (const [at, name] of ['a', 'b', 'c'].entries())
    ledger.takeProof(proof({ source: `${name}.csv`, target: `${name}.json` }), at + 1, TREE)
  ledger.takeDamage(2)
  ledger.takeDamage(1)
  const decision = await decide()
  expect([0, 1, 2, 3].map((index) => decision.reason(index))).toEqual([null, null, null, 'new'])
  expect([...decision.doubtful]).toEqual([0])
})

it('targets that the plan does not make may be orphans, unless their proof is void or in doubt', async () => {
  const { ledger, candidates } = ledgerOf()
  ledger.takeProof(proof(), 1, TREE)
  for (const [target, run] of [
    ['old.json', 1],
    ['x/y.json', 2],
    ['z.json', 3],
  ] as const)
    ledger.takeProof(proof({ source: 'gone.csv', target }), run, TREE)
  expect(await candidates()).toEqual(['old.json', 'x/y.json', 'z.json'])
  ledger.takeClaim('z.json', 4)
  ledger.takeClaim('x/y.json', 2)
  expect(await candidates()).toEqual(['old.json', 'x/y.json'])
  ledger.takeDamage(2)
  expect(await candidates()).toEqual(['x/y.json'])
  expect([...ledger.doubtfulUnplanned()]).toEqual(['old.json'])
})
