import { join } from 'node:path'
import { toWireError, type WireError } from '../../errors/migration-error.ts'
import type { CommitRecord, NodeIdentity, RecordedTarget } from '../../model/commit-record.ts'
import type { FrozenPlan, ShardFile } from '../../model/frozen-plan.ts'
import type { JournalEntry } from '../../model/journal-entry.ts'
import type { TreeFiles } from '../../storage/tree-files.ts'
import { findPlainFile } from '../find-plain-file.ts'
import { readRecord } from './commit-record.ts'
import { cutUnits, recordName, splitUnit, type CommitUnit } from './commit-units.ts'
import { formatCrc32, formatSum } from '../journal/format-crc32.ts'
import type { JournalWriter } from '../journal/journal.ts'
import type { Publisher } from '../publish/publisher.ts'
import type { TargetAccess } from '../publish/target-access.ts'
import { removeRejects } from '../rejects-file.ts'
import { toStagedTarget } from './to-staged-target.ts'

/** What became of a file of a shard. */
export type FileOutcome =
  | {
      readonly kind: 'converted'
      readonly recorded: RecordedTarget
      readonly node: NodeIdentity
      readonly shardAttempt: number
    }
  | { readonly kind: 'failed'; readonly error: WireError }
  /** No node has committed it, or its commit turned out to be void. */
  | { readonly kind: 'open'; readonly error: WireError | null }

export interface SettleOptions {
  readonly target: TargetAccess
  readonly publisher: Publisher
  readonly plan: FrozenPlan
  /** The shard's files and the folder of its records. */
  readonly files: readonly ShardFile[]
  readonly folder: string
  /** True where a node has said that all targets are in place: they are not looked at again. */
  readonly arePlaced: boolean
  readonly mayHaveStaleRejects: boolean
  readonly journal: Pick<JournalWriter, 'append'>
  readonly onFile: (file: ShardFile, outcome: FileOutcome) => void
}

/** The open units of a shard: those without a record. Units that were split count as their parts. */
export async function findOpenUnits(
  tree: TreeFiles,
  files: readonly ShardFile[],
  folder: string,
): Promise<CommitUnit[]> {
  const names = new Set(await tree.list(folder))
  const open: CommitUnit[] = []
  for (const unit of cutUnits(files)) {
    if (!names.has(recordName(unit))) open.push(unit)
    else if (await isSplit(tree, unit, folder)) {
      open.push(...splitUnit(unit).filter((part) => !names.has(recordName(part))))
    }
  }
  return open
}

/**
 * The units of a shard of which something has been committed before: of one that was split, perhaps only some files.
 * @param open as `findOpenUnits` finds them.
 */
export function findRecordedUnits(files: readonly ShardFile[], open: readonly CommitUnit[]): CommitUnit[] {
  const isOpen = new Uint8Array(files.length)
  for (const { from, to } of open) isOpen.fill(1, from, to)
  return cutUnits(files).filter(({ from, to }) => isOpen.subarray(from, to).includes(0))
}

/** A record that says no more than this is smaller than any record of two files. */
const MOST_SPLIT_BYTES = 512

async function isSplit(tree: TreeFiles, unit: CommitUnit, folder: string): Promise<boolean> {
  if (unit.to - unit.from < 2) return false
  const path = join(folder, recordName(unit))
  if (((await tree.headOfWon(path))?.sizeBytes ?? 0) > MOST_SPLIT_BYTES) return false
  return (await readRecord(tree, path))?.kind === 'split'
}

/**
 * Reads the records of a shard, places every target that is not in its place yet, and journals them all with one sync.
 * @throws MigrationError JOURNAL_FAILED.
 */
export async function settleShard(options: SettleOptions): Promise<void> {
  const folders = new Set<string>()
  const entries: JournalEntry[] = []
  for (const unit of cutUnits(options.files)) await settleUnit(unit, options, entries, folders)
  const [failure] = (await options.publisher.syncFolders(folders)).values()
  if (failure !== undefined) throw failure
  await options.journal.append(entries)
}

async function settleUnit(
  unit: CommitUnit,
  options: SettleOptions,
  entries: JournalEntry[],
  folders: Set<string>,
): Promise<void> {
  const [record, unreadable] = await tryToRead(options.target.paths.tree, join(options.folder, recordName(unit)))
  if (record?.kind === 'split') {
    for (const part of splitUnit(unit)) await settleUnit(part, options, entries, folders)
    return
  }
  const targets: RecordedTarget[] = []
  for (const target of record?.targets ?? []) targets[target.at - unit.from] = target
  const failures = new Map(record?.failures.map(({ at, error }) => [at, error]))
  const unplaced = await placeTargets(targets, unit, options, folders)
  for (let at = unit.from; at < unit.to; at++) {
    const file = options.files[at]
    const recorded = targets[at - unit.from]
    const failure = failures.get(at)
    if (file === undefined) continue
    if (failure !== undefined) options.onFile(file, { kind: 'failed', error: failure })
    else if (record === null || recorded === undefined) options.onFile(file, { kind: 'open', error: unreadable })
    else {
      const error = unplaced.get(recorded) ?? (await removeStaleRejects(file, recorded, options, folders))
      if (error === null) {
        entries.push(makeEntry(options.plan, file, recorded, record.node))
        options.onFile(file, { kind: 'converted', recorded, node: record.node, shardAttempt: record.attempt })
      } else options.onFile(file, error.code === 'COMMIT_VOID' ? { kind: 'open', error } : { kind: 'failed', error })
    }
  }
}

/** A record that is not whole, as after a power cut with `--no-fsync`, is as good as none. */
async function tryToRead(tree: TreeFiles, path: string): Promise<[CommitRecord | null, WireError | null]> {
  try {
    return [await readRecord(tree, path), null]
  } catch (error) {
    const { code, message } = toWireError(error, { phase: 'commit', file: path })
    return [
      null,
      { code: 'COMMIT_VOID', phase: 'commit', message: `${code}: ${message}`, position: {}, isRetryable: true },
    ]
  }
}

/** @returns what went wrong with those that are not in their place. */
async function placeTargets(
  targets: readonly RecordedTarget[],
  { from, to }: CommitUnit,
  options: SettleOptions,
  folders: Set<string>,
): Promise<Map<RecordedTarget, WireError>> {
  const errors = new Map<RecordedTarget, WireError>()
  if (options.arePlaced) return errors
  const { targetRoot } = options.target.paths
  const toPlace = targets.flatMap((recorded) => {
    const file = options.files[recorded.at]
    const isOfUnit = recorded.at >= from && recorded.at < to
    return file === undefined || !isOfUnit ? [] : [toStagedTarget(targetRoot, file, recorded)]
  })
  for (const [{ proved }, error] of await options.publisher.place(toPlace, folders)) errors.set(proved, error)
  return errors
}

/** Only here, under the lock of the tree: a node that was held up would take away the rejects of a later run. */
async function removeStaleRejects(
  file: ShardFile,
  recorded: RecordedTarget,
  options: SettleOptions,
  folders: Set<string>,
): Promise<WireError | null> {
  if (!options.mayHaveStaleRejects || recorded.stagedRejects !== null) return null
  try {
    for (const folder of await removeRejectsOf(file, options)) folders.add(folder)
    return null
  } catch (error) {
    return toWireError(error, { phase: 'commit', file: file.path })
  }
}

async function removeRejectsOf(file: ShardFile, { target }: SettleOptions): Promise<string[]> {
  const { paths, isDurable } = target
  const session = target.storage.beginPublishing()
  try {
    return await removeRejects({ paths, session, isDurable }, file.path)
  } finally {
    session.end()
  }
}

function makeEntry(plan: FrozenPlan, file: ShardFile, recorded: RecordedTarget, node: NodeIdentity): JournalEntry {
  return {
    source: file.path,
    sizeBytes: file.sizeBytes,
    mtimeNs: file.mtimeNs,
    sourceHash: recorded.sourceHash === null ? null : formatCrc32(recorded.sourceHash),
    filePlanHash: plan.filePlanHashes[file.format] ?? '',
    target: file.target,
    targetBytes: recorded.targetBytes,
    targetHash: formatCrc32(recorded.targetHash),
    hasRejects: recorded.stagedRejects !== null,
    ...formatSum(recorded.rejects),
    records: recorded.records,
    stageNs: recorded.stageNs,
    host: node.host,
    attempt: recorded.attempt,
  }
}

/** Where a node says that all files of a shard are recorded, and all targets in place. */
export function settledMark(recordFolder: string): string {
  return `${recordFolder}.done`
}

/** Whether that was said. */
export async function isMarkedDone(tree: TreeFiles, recordFolder: string): Promise<boolean> {
  return (await findPlainFile(tree, settledMark(recordFolder))) !== null
}

/** Says it. Nobody depends on it: without it, targets are looked at once more. */
export async function markDone(tree: TreeFiles, recordFolder: string): Promise<void> {
  await tree.write(settledMark(recordFolder), '').catch(() => undefined)
}
