import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { tryToCommit } from '../../src/commit/records/commit-record.ts'
import { bookkeepingPaths } from '../../src/commit/bookkeeping-paths.ts'
import { KnownFolders } from '../../src/commit/publish/known-folders.ts'
import { Publisher } from '../../src/commit/publish/publisher.ts'
import { openTarget } from '../../src/commit/publish/target-access.ts'
import { cutUnits, recordName, splitUnit, type CommitUnit } from '../../src/commit/records/commit-units.ts'
import {
  findOpenUnits,
  findRecordedUnits,
  settleShard,
  type SettleOptions,
} from '../../src/commit/records/settle-shard.ts'
import { placeOfOthers } from '../../src/control/node/run-shard.ts'
import type { NodeIdentity, RecordedTarget } from '../../src/model/commit-record.ts'
import type { FrozenPlan, ShardFile } from '../../src/model/frozen-plan.ts'
import type { JournalEntry } from '../../src/model/journal-entry.ts'
import { makeTargetRoot } from './temporary-tree.ts'

/** What dead nodes leave of a shard, and what those make of it who come after them. */

const NODE: NodeIdentity = { name: 'dead', host: 'there', pid: 7, threads: 2, cores: 2, cpu: null }
const DURABLE = { exclusiveBy: 'link', isDurable: true } as const

let root = ''
let records = ''
beforeEach(() => {
  root = makeTargetRoot()
  records = join(root, '.migrate/records')
  mkdirSync(records, { recursive: true })
})

function trees() {
  return { targetRoot: root, sourceRoot: root, mayOverwrite: false, isDurable: true }
}

function fileOf(index: number, folder = String(index)): ShardFile {
  const path = `${folder}/${index}`
  return {
    index,
    path: `${path}.csv`,
    sizeBytes: 10,
    mtimeNs: '1',
    format: 'csv',
    target: `${path}.ndjson`,
    seen: null,
  }
}

/** A target that a node staged, as its record names it. */
function stage(at: number): RecordedTarget {
  const content = `{"at":${at}}\n`
  const stagedTarget = `.migrate/staged/${at}`
  mkdirSync(dirname(join(root, stagedTarget)), { recursive: true })
  writeFileSync(join(root, stagedTarget), content)
  return {
    at,
    attempt: 1,
    stagedTarget,
    stagedRejects: null,
    targetBytes: content.length,
    targetHash: crc32(content),
    sourceHash: null,
    records: { read: 1, written: 1, rejected: 0, filtered: 0 },
    rejectCodes: {},
    notices: null,
    stageNs: { read: 1, parse: 1, map: 1, encode: 1, write: 1, sync: 1 },
    startMs: 1,
    durationNs: 1,
    thread: 0,
    slice: null,
  }
}

async function commit(unit: CommitUnit, targets: readonly RecordedTarget[]): Promise<void> {
  const record = { kind: 'done', node: NODE, attempt: 1, targets, failures: [] } as const
  expect(await tryToCommit(bookkeepingPaths(root).tree, join(records, recordName(unit)), record, DURABLE)).toBe(true)
}

async function split(unit: CommitUnit): Promise<void> {
  const record = { kind: 'split', node: NODE } as const
  expect(await tryToCommit(bookkeepingPaths(root).tree, join(records, recordName(unit)), record, DURABLE)).toBe(true)
}

async function settle(
  files: readonly ShardFile[],
  knownFolders: readonly string[],
): Promise<{ journaled: string[]; outcomes: Record<string, string> }> {
  const journaled: JournalEntry[] = []
  const outcomes: Record<string, string> = {}
  const target = openTarget({ ...trees(), knownFolders: new KnownFolders(knownFolders) })
  const options: SettleOptions = {
    target,
    publisher: new Publisher(target, { mayHaveStaleRejects: false, onUnplaced: () => {} }),
    plan: { filePlanHashes: { csv: 'plan' } } as unknown as FrozenPlan,
    files,
    folder: records,
    arePlaced: false,
    mayHaveStaleRejects: false,
    journal: { append: async (entries) => void journaled.push(...entries) },
    onFile: (file, outcome) => {
      outcomes[file.target] = outcome.kind === 'open' ? (outcome.error?.code ?? 'open') : outcome.kind
    },
  }
  await settleShard(options)
  return { journaled: journaled.map(({ target }) => target), outcomes }
}

describe('settling a shard', () => {
  it('journals the other files of a shard where the folder of one was taken away', async () => {
    const files = [fileOf(0), fileOf(1), fileOf(2)]
    const targets = [stage(0), stage(1), stage(2)]
    await commit(cutUnits(files)[0]!, targets)
    rmSync(join(root, targets[1]!.stagedTarget))
    const { journaled, outcomes } = await settle(files, ['1'])
    expect(outcomes).toEqual({ '0/0.ndjson': 'converted', '1/1.ndjson': 'COMMIT_VOID', '2/2.ndjson': 'converted' })
    expect(journaled).toEqual(['0/0.ndjson', '2/2.ndjson'])
    expect(readFileSync(join(root, '2/2.ndjson'), 'utf8')).toBe('{"at":2}\n')
  })

  it('makes a folder again that was taken away, where the staged file is there', async () => {
    const files = [fileOf(0), fileOf(1)]
    await commit(cutUnits(files)[0]!, [stage(0), stage(1)])
    expect((await settle(files, ['1'])).journaled).toEqual(['0/0.ndjson', '1/1.ndjson'])
    expect(readFileSync(join(root, '1/1.ndjson'), 'utf8')).toBe('{"at":1}\n')
  })

  it('fails one file where its folder cannot be made, and journals the others', async () => {
    // There before: of two targets of the shard that need one name, either may come first.
    writeFileSync(join(root, 'file'), 'of somebody')
    const files = [fileOf(0), fileOf(1, 'file'), fileOf(2)]
    await commit(cutUnits(files)[0]!, [stage(0), stage(1), stage(2)])
    const { journaled, outcomes } = await settle(files, [])
    expect(journaled).toEqual(['0/0.ndjson', '2/2.ndjson'])
    expect(outcomes['file/1.ndjson']).toBe('failed')
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('of somebody')
  })

  it('places a second time what is in its place already', async () => {
    const files = [fileOf(0), fileOf(1)]
    await commit(cutUnits(files)[0]!, [stage(0), stage(1)])
    await settle(files, [])
    expect((await settle(files, [])).journaled).toEqual(['0/0.ndjson', '1/1.ndjson'])
  })
})

describe('what dead nodes have won', () => {
  it('is placed before the shard counts as done', async () => {
    const files = [fileOf(0), fileOf(1)]
    await commit(cutUnits(files)[0]!, [stage(0), stage(1)])
    const open = await findOpenUnits(bookkeepingPaths(root).tree, files, records)
    expect(open).toEqual([])
    expect(await placeOfOthers(files, open, records, trees())).toBe(true)
    expect(readFileSync(join(root, '1/1.ndjson'), 'utf8')).toBe('{"at":1}\n')
  })

  it('is never taken through a link', async () => {
    const files = [fileOf(0), fileOf(1)]
    await commit(cutUnits(files)[0]!, [stage(0), stage(1)])
    const victim = makeTargetRoot()
    for (const name of ['0', '1']) writeFileSync(join(victim, name), `{"at":${name}}\n`)
    renameSync(join(root, '.migrate/staged'), join(root, '.migrate/moved'))
    symlinkSync(victim, join(root, '.migrate/staged'))
    expect(await placeOfOthers(files, [], records, trees())).toBe(false)
    expect([existsSync(join(victim, '0')), existsSync(join(root, '0/0.ndjson'))]).toEqual([true, false])
  })

  it('is not called placed where a target is gone', async () => {
    const files = [fileOf(0), fileOf(1)]
    const targets = [stage(0), stage(1)]
    await commit(cutUnits(files)[0]!, targets)
    rmSync(join(root, targets[0]!.stagedTarget))
    expect(await placeOfOthers(files, [], records, trees())).toBe(false)
    expect(existsSync(join(root, '1/1.ndjson'))).toBe(true)
  })

  it.each([
    ['the first part', [0]],
    ['a middle part', [1]],
    ['the last part', [2]],
    ['all parts but one', [0, 2]],
  ])('of a unit that was split is not called placed, with %s open', async (_, openParts) => {
    const files = [fileOf(0), fileOf(1), fileOf(2)]
    const [unit] = cutUnits(files)
    await split(unit!)
    for (const part of splitUnit(unit!)) if (!openParts.includes(part.from)) await commit(part, [stage(part.from)])
    const open = await findOpenUnits(bookkeepingPaths(root).tree, files, records)
    expect(open.map(({ from }) => from)).toEqual(openParts)
    expect(findRecordedUnits(files, open)).toEqual([unit])
    expect(await placeOfOthers(files, open, records, trees())).toBe(false)
  })

  it('is nothing of a unit that nobody has committed', async () => {
    const files = [fileOf(0), fileOf(1)]
    const open = await findOpenUnits(bookkeepingPaths(root).tree, files, records)
    expect(findRecordedUnits(files, open)).toEqual([])
    expect(await placeOfOthers(files, open, records, trees())).toBe(true)
  })
})
