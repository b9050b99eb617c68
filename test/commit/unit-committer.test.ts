// Covers: When a node commits the files of a shard: whole units at a time.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { openTarget } from '../../src/commit/publish/target-access.ts'
import { cutUnits } from '../../src/commit/records/commit-units.ts'
import { toStagedTarget } from '../../src/commit/records/to-staged-target.ts'
import { UnitCommitter, type RecordableTarget } from '../../src/commit/records/unit-committer.ts'
import type { ShardFile } from '../../src/model/frozen-plan.ts'
import { makeTargetRoot, readTree } from './temporary-tree.ts'

const NODE = { name: 'node', host: 'here', pid: 7, threads: 2, cores: 2, cpu: null }
const CONTENT = '{}\n'

function openCommitter(fileCount: number) {
  const root = makeTargetRoot()
  const records = join(root, '.migrate/records')
  mkdirSync(records, { recursive: true })
  mkdirSync(join(root, '.migrate/staged'), { recursive: true })
  const files = Array.from({ length: fileCount }, (_, index): ShardFile => {
    const name = String(index)
    return {
      index,
      path: `${name}.csv`,
      sizeBytes: 9,
      mtimeNs: '1',
      format: 'csv',
      target: `out/${name}.ndjson`,
      seen: null,
    }
  })
  const committer = new UnitCommitter({
    target: openTarget({ targetRoot: root, sourceRoot: null, mayOverwrite: false, isDurable: false }),
    node: NODE,
    folder: records,
    units: cutUnits(files),
    shardAttempt: 1,
    exclusiveBy: 'link',
    assertHeld: () => {},
    isRecorded: () => true,
  })
  const stage = (at: number): RecordableTarget => {
    const stagedTarget = join('.migrate/staged', String(at))
    writeFileSync(join(root, stagedTarget), CONTENT)
    return toStagedTarget(root, files[at]!, {
      at,
      attempt: 1,
      stagedTarget,
      stagedRejects: null,
      targetBytes: CONTENT.length,
      targetHash: crc32(CONTENT),
      sourceHash: null,
      records: { read: 1, written: 1, rejected: 0, filtered: 0 },
      rejectCodes: {},
      notices: null,
      stageNs: { read: 1, parse: 1, map: 1, encode: 1, write: 1, sync: 0 },
      startMs: 1,
      durationNs: 1,
      thread: 0,
      slice: null,
    })
  }
  const hand = (from: number, to: number) =>
    committer.commit(Array.from({ length: to - from }, (_, offset) => stage(from + offset)))
  return { root, committer, hand }
}

it('holds nobody back for units that are not whole: who is held back may be the one who has the rest', async () => {
  const { root, committer, hand } = openCommitter(3 * 512)
  const parts = [hand(0, 400), hand(512, 912), hand(1024, 1424)]
  await committer.whenReady()
  const rest = [hand(400, 512), hand(912, 1024), hand(1424, 1536)]
  const outcomes = (await Promise.all([...parts, ...rest])).flat()
  expect(outcomes.filter(({ isCommitted }) => isCommitted).length).toBe(3 * 512)
  await committer.close()
  const tree = readTree(join(root, 'out'))
  expect(Object.keys(tree).length).toBe(3 * 512)
})

it('holds back for whole units until they are committed', async () => {
  const { committer, hand } = openCommitter(2 * 512)
  const units = [hand(0, 512), hand(512, 1024)]
  await committer.whenReady()
  expect(committer.committedFiles).toBeGreaterThan(0)
  await Promise.all(units)
  expect(committer.committedFiles).toBe(2 * 512)
})

it('gives up a unit that is not whole when it is closed', async () => {
  const { root, committer, hand } = openCommitter(512)
  const part = hand(0, 300)
  await committer.close()
  const outcomes = await part
  expect(outcomes.map((outcome) => (outcome.isCommitted ? '' : outcome.error.code))).toEqual(
    Array.from({ length: 300 }, () => 'STOPPED'),
  )
  expect(readTree(join(root, '.migrate'))).toEqual({})
})
