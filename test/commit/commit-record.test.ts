import { execFileSync } from 'node:child_process'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeExclusiveNames, readRecord, tryToCommit } from '../../src/commit/records/commit-record.ts'
import { cutUnits, recordName, splitUnit } from '../../src/commit/records/commit-units.ts'
import { formatCommitRecord, type RecordedTarget } from '../../src/model/commit-record.ts'
import { GuardedTree } from '../../src/storage/local/guarded-tree.ts'
import { suiteFolder } from '../faults/suite-folder.ts'

const NODE = { name: 'n', host: 'h', pid: 1, threads: 1, cores: 1, cpu: null }
const SPLIT = { kind: 'split' as const, node: NODE }
describe('a commit record', () => {
  const folder = suiteFolder()
  const tree = new GuardedTree(folder)

  it.each(['link', 'symlink'] as const)('is won by one of many, by %s', async (exclusiveBy) => {
    const path = join(folder, `${exclusiveBy}.json`)
    const tries = Array.from({ length: 20 }, (_, pid) =>
      tryToCommit(tree, path, { kind: 'split', node: { ...NODE, pid } }, { exclusiveBy, isDurable: false }),
    )
    const won = (await Promise.all(tries)).flatMap((isWon, pid) => (isWon ? [pid] : []))
    expect(won).toHaveLength(1)
    expect(await readRecord(tree, path)).toEqual({ kind: 'split', node: { ...NODE, pid: won[0] } })
  })

  it.each(['link to a file', 'link out of the folder', 'link to another record', 'FIFO'])(
    'is not read through a %s of somebody else',
    async (kind) => {
      const path = join(folder, `${kind}.json`)
      await fs.writeFile(join(folder, 'other.json.0123456789ab'), formatCommitRecord(SPLIT))
      if (kind === 'FIFO') execFileSync('mkfifo', [path])
      if (kind === 'link to a file') await fs.symlink('/etc/passwd', path)
      if (kind === 'link out of the folder') await fs.symlink(`../${kind}.json.0123456789ab`, path)
      if (kind === 'link to another record') await fs.symlink('other.json.0123456789ab', path)
      await expect(readRecord(tree, path)).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    },
  )

  it('cannot be won once the folder of the records is gone', async () => {
    const path = join(folder, 'gone', 'record.json')
    await expect(tryToCommit(tree, path, SPLIT, { exclusiveBy: 'link', isDurable: true })).rejects.toMatchObject({
      code: 'GENERATION_CLOSED',
    })
  })

  it('needs a storage in which names can be won', async () => {
    expect(await probeExclusiveNames(tree, folder)).toBe('link')
    const none = Object.assign(new GuardedTree(folder), { probeExclusiveNames: async () => null })
    await expect(probeExclusiveNames(none, folder)).rejects.toMatchObject({ code: 'NO_EXCLUSIVE_NAMES' })
  })
})

describe('what a commit record says', () => {
  const folder = suiteFolder()
  const tree = new GuardedTree(folder)
  const times = { read: 1, parse: 2, map: 3, encode: 4, write: 5.5, sync: 6 }
  const plain: RecordedTarget = {
    at: 7,
    attempt: 1,
    stagedTarget: '.migrate/staged/r/n/0',
    stagedRejects: null,
    targetBytes: 2 ** 40,
    targetHash: 2 ** 32 - 1,
    sourceHash: null,
    records: { read: 6, written: 3, rejected: 2, filtered: 1 },
    rejectCodes: {},
    notices: null,
    stageNs: times,
    startMs: 1_795_000_000_000.25,
    durationNs: 21.5,
    thread: 3,
    slice: null,
  }
  const full: RecordedTarget = {
    ...plain,
    at: 8,
    stagedRejects: '.migrate/staged/r/n/1.rejects',
    sourceHash: 0,
    rejectCodes: { TOO_FEW_FIELDS: 2 },
    notices: {
      blankLines: 1,
      commentLines: 0,
      skippedLines: 2,
      quotesInUnquotedFields: 0,
      renamedColumns: 0,
      paddedRecords: 0,
      truncatedRecords: 0,
    },
    slice: { busyNs: 10, onCpuNs: 5, runQueueNs: 3, waitingNs: 2 },
  }
  const error = {
    code: 'EIO',
    phase: 'read' as const,
    message: 'm',
    hint: 'h',
    position: { file: 'a\u0000é' },
    isRetryable: true,
  }
  const record = { kind: 'done' as const, node: NODE, attempt: 2, targets: [plain, full], failures: [{ at: 9, error }] }

  it.each([
    ['plain files, others with all there is to tell, and failures', record],
    ['failures alone', { ...record, targets: [] }],
    ['a unit of no files', { ...record, targets: [], failures: [] }],
    [
      'a file staged beside its target',
      { ...record, targets: [{ ...plain, stagedTarget: 'a/.migrate-staged-r-n-0' }] },
    ],
    ['a split', SPLIT],
  ] as const)('is read as it was written: %s', async (name, written) => {
    const path = join(folder, `${name}.json`)
    expect(await tryToCommit(tree, path, written, { exclusiveBy: 'link', isDurable: true })).toBe(true)
    expect(await readRecord(tree, path)).toEqual(written)
  })

  it.each<[string, (text: string) => string]>([
    ['a torn one', (text) => text.slice(0, -10)],
    ['a column that is too short', (text) => text.replace('"thread":[3,3]', '"thread":[3]')],
    ['a size that is no count', (text) => text.replace('"thread":[3,3]', '"thread":[3,-1]')],
    ['a time that is no number', (text) => text.replace('"durationNs":[21.5,21.5]', '"durationNs":[21.5,null]')],
    ['a staged file outside of the tree', (text) => text.replace('.migrate/staged/r/n/0', '.migrate/../../0')],
    ['staged rejects outside of the tree', (text) => text.replace('.migrate/staged/r/n/1', '/etc')],
    ['a staged file that is a target', (text) => text.replace('.migrate/staged/r/n/0', 'own/file.ndjson')],
    ['a staged file that is other bookkeeping', (text) => text.replace('.migrate/staged/r/n/0', '.migrate/journal/0')],
    ['staged rejects beside a target', (text) => text.replace('.migrate/staged/r/n/1', 'a/.migrate-staged-r-n-1')],
    ['a column that nobody knows', (text) => text.replace('"thread":[3,3]', '"thread":[3,3],"more":[1,1]')],
  ])('is refused: %s', async (name, damage) => {
    const path = join(folder, `${name}.json`)
    const text = formatCommitRecord(record)
    expect(damage(text)).not.toBe(text)
    await fs.writeFile(path, damage(text))
    await expect(readRecord(tree, path)).rejects.toBeInstanceOf(Error)
  })
})

describe('the units of a shard', () => {
  it('are large files alone and small ones together, and cover every file once', () => {
    const sizes = [900_000, 300_000, ...Array.from({ length: 1100 }, () => 1000), 0]
    const units = cutUnits(sizes.map((sizeBytes) => ({ sizeBytes })))
    expect(units.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 514],
      [514, 1026],
      [1026, 1103],
    ])
    const names = units.flatMap((unit) => [recordName(unit), ...splitUnit(unit).map(recordName)])
    expect(new Set(names).size).toBe(names.length)
  })
})
