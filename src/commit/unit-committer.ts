import fs from 'node:fs/promises'
import { join, relative } from 'node:path'
import { MigrationError, toWireError, type WireError } from '../errors/migration-error.ts'
import type { NodeIdentity, RecordedFailure, RecordedTarget } from '../model/commit-record.ts'
import type { ShardFile } from '../model/frozen-plan.ts'
import type { ConvertedFile } from '../model/task-result.ts'
import { removeFile, syncFile, syncFolder } from './commit-file-system.ts'
import { tryToCommit, type ExclusiveBy } from './commit-record.ts'
import type { CommitOutcome } from './commit-group.ts'
import { recordName, type CommitUnit } from './commit-units.ts'
import { forEachConcurrently } from './for-each-concurrently.ts'
import { makeTargetFolder, placeRecorded, type PlacingContext } from './place-recorded.ts'
import { liesInStagingArea } from './staging-area.ts'
import type { WholeSync } from './whole-sync.ts'

/*
 * The order of the steps is that of commit-group.ts, with the record in place of the journal, and before the rename: content is durable
 * before the record names it, the record is won before anything becomes visible. The coordinator writes the journal from the records.
 */

/** A finished file that nobody can see yet. */
export interface StagedResult {
  /** The file's place in its shard. */
  readonly at: number
  readonly attempt: number
  readonly thread: number
  readonly stagedTarget: string
  readonly stagedRejects: string
  readonly result: ConvertedFile
}

export interface UnitCommitterOptions extends PlacingContext {
  readonly node: NodeIdentity
  /** The folder of the shard's records. */
  readonly folder: string
  readonly files: readonly ShardFile[]
  readonly units: readonly CommitUnit[]
  /** Which try at the shard this is. */
  readonly shardAttempt: number
  readonly exclusiveBy: ExclusiveBy
  /** Syncs many files at once. */
  readonly wholeSync: Pick<WholeSync, 'covers'>
  /** Throws where the node may have lost its shard to another one. */
  readonly assertHeld: () => void
  /** Whether a file that failed is recorded as failed. Where not, its unit stays open for another try at the shard. */
  readonly isFinal: (error: WireError) => boolean
}

type Finished = { readonly staged: StagedResult; readonly resolve: (outcome: CommitOutcome) => void }

interface UnitInWork {
  readonly unit: CommitUnit
  readonly finished: Finished[]
  readonly failures: RecordedFailure[]
  isGivenUp: boolean
  missing: number
}

/** Files whose units wait before `whenReady` holds the threads back. */
const WAITING_LIMIT = 512
/** Calls at a time, as in commit-group.ts. */
const CONCURRENCY = 8
const UNITS_A_GROUP = 32

/** Commits the files of a shard, unit by unit, as soon as all files of a unit have ended. */
export class UnitCommitter {
  /** Files that this node has committed, and that it could not commit because another node was first. */
  committedFiles = 0
  lostFiles = 0
  /** What went wrong after a unit was won: its shard must then be settled file by file. */
  readonly unplaced: WireError[] = []
  private readonly options: UnitCommitterOptions
  private readonly unitOf = new Map<number, UnitInWork>()
  private readonly ready: UnitInWork[] = []
  private running: Promise<void> | null = null
  private waitingFiles = 0
  private roomCallbacks: (() => void)[] = []

  constructor(options: UnitCommitterOptions) {
    this.options = options
    for (const unit of options.units) {
      const inWork = { unit, finished: [], failures: [], isGivenUp: false, missing: unit.to - unit.from }
      for (let at = unit.from; at < unit.to; at++) this.unitOf.set(at, inWork)
    }
  }

  /** Takes a finished file. Resolves when its unit is committed, lost or given up; never rejects. */
  commit(staged: StagedResult): Promise<CommitOutcome> {
    return new Promise((resolve) => {
      const inWork = this.unitOf.get(staged.at)
      if (inWork === undefined) throw new RangeError(`file ${staged.at} belongs to no unit of this try`)
      inWork.finished.push({ staged, resolve })
      this.waitingFiles++
      this.endOne(inWork)
    })
  }

  /** Takes a file that failed, or that was given up. */
  fail(at: number, error: WireError): void {
    const inWork = this.unitOf.get(at)
    if (inWork === undefined) return
    if (error.code === 'STOPPED' || !this.options.isFinal(error)) inWork.isGivenUp = true
    else inWork.failures.push({ isConverted: false, at, error })
    this.endOne(inWork)
  }

  /** Resolves when there is room for more finished files. */
  whenReady(): Promise<void> {
    if (this.waitingFiles < WAITING_LIMIT) return Promise.resolve()
    return new Promise((resolve) => this.roomCallbacks.push(resolve))
  }

  /** Gives up the units that are not whole, and waits for all others. */
  async close(): Promise<void> {
    for (const inWork of new Set(this.unitOf.values())) {
      if (inWork.missing > 0 && inWork.finished.length > 0) {
        inWork.isGivenUp = true
        inWork.missing = 0
        this.ready.push(inWork)
      }
    }
    this.start()
    await this.running
  }

  private endOne(inWork: UnitInWork): void {
    inWork.missing--
    if (inWork.missing > 0) return
    this.ready.push(inWork)
    this.start()
  }

  private start(): void {
    this.running ??= this.commitReady().finally(() => {
      this.running = null
      if (this.ready.length > 0) this.start()
    })
  }

  /** Units that are ready at the same time share the sync of their contents, where that is faster, and of each folder. */
  private async commitReady(): Promise<void> {
    while (this.ready.length > 0) {
      const group = this.ready.splice(0, UNITS_A_GROUP)
      const startNs = process.hrtime.bigint()
      const errors = new Map<UnitInWork, WireError>()
      const folders = new Set<string>()
      const fileCount = group.reduce((sum, { finished }) => sum + finished.length, 0)
      const wholeSync = this.wholeSyncOf(group)
      const areSynced = (await wholeSync?.covers(fileCount)) ?? false
      await forEachConcurrently(group, CONCURRENCY, async (inWork) => {
        try {
          await this.commitUnit(inWork, areSynced, folders)
        } catch (error) {
          errors.set(inWork, toWireError(error, { phase: 'commit' }))
        }
      })
      await this.syncFolders(folders, wholeSync)
      const syncNs = Math.round(Number(process.hrtime.bigint() - startNs) / Math.max(1, fileCount))
      for (const inWork of group) this.tell(inWork, errors.get(inWork) ?? null, syncNs)
      this.waitingFiles -= fileCount
      if (this.waitingFiles < WAITING_LIMIT) for (const callback of this.roomCallbacks.splice(0)) callback()
    }
  }

  private tell({ finished }: UnitInWork, error: WireError | null, syncNs: number): void {
    for (const { resolve, staged } of finished) {
      const position = { file: this.fileAt(staged.at).path }
      resolve(error === null ? { isCommitted: true, syncNs } : { isCommitted: false, error: { ...error, position } })
    }
  }

  /** @param folders gets those that must be synced. */
  private async commitUnit(inWork: UnitInWork, areSynced: boolean, folders: Set<string>): Promise<void> {
    const startNs = process.hrtime.bigint()
    const prepared = await this.prepare(inWork, areSynced, folders)
    // What came before the record; what comes after it cannot stand in it.
    const syncNs = Math.round(Number(process.hrtime.bigint() - startNs) / Math.max(1, prepared.length))
    const targets = prepared.map((target) => ({ ...target, stageNs: { ...target.stageNs, sync: syncNs } }))
    const { options } = this
    const { failures, unit } = inWork
    const files = [...targets, ...failures]
    const record = { kind: 'done' as const, node: options.node, attempt: options.shardAttempt, files }
    // Where this throws, the record may have its name all the same: what was staged stays, and goes with the generation.
    const isWon = await tryToCommit(join(options.folder, recordName(unit)), record, options)
    if (!isWon) {
      this.lostFiles += files.length
      await this.discard(inWork)
      throw new MigrationError('COMMIT_LOST', 'another node has committed this file', { phase: 'commit' })
    }
    this.committedFiles += targets.length
    for (const target of targets) {
      const { path, target: targetPath } = this.fileAt(target.at)
      try {
        for (const folder of await placeRecorded(path, targetPath, target, options)) folders.add(folder)
      } catch (error) {
        // The file is committed. Whoever settles the shard places it again, and says what is wrong if that fails too.
        this.unplaced.push(toWireError(error, { phase: 'commit', file: path }))
      }
    }
  }

  /** Makes the content durable, and whatever else may fail before anything is promised. */
  private async prepare(inWork: UnitInWork, areSynced: boolean, folders: Set<string>): Promise<RecordedTarget[]> {
    const { options } = this
    const { finished } = inWork
    try {
      if (inWork.isGivenUp)
        throw new MigrationError('STOPPED', 'not all files that belong together were done', { phase: 'commit' })
      if (options.isDurable && !areSynced)
        await forEachConcurrently(finished, CONCURRENCY, ({ staged }) => syncStaged(staged, options))
      folders.add(options.folder)
      for (const { staged } of finished) {
        for (const folder of await makeTargetFolder(this.fileAt(staged.at).target, options)) folders.add(folder)
      }
      options.assertHeld()
      return finished.map(({ staged }) => this.describe(staged))
    } catch (error) {
      await this.discard(inWork)
      throw error
    }
  }

  /** What syncs all files of a group together, and their folders: a rename does not leave its file system. Null: each by itself. */
  private wholeSyncOf(group: readonly UnitInWork[]): UnitCommitterOptions['wholeSync'] | null {
    const { isDurable, paths, wholeSync } = this.options
    const files = group.flatMap(({ finished }) => finished)
    return isDurable && files.every(({ staged }) => liesInStagingArea(staged.stagedTarget, paths)) ? wholeSync : null
  }

  private async syncFolders(
    folders: ReadonlySet<string>,
    wholeSync: UnitCommitterOptions['wholeSync'] | null,
  ): Promise<void> {
    if (!this.options.isDurable || (await wholeSync?.covers(folders.size))) return
    await forEachConcurrently([...folders], CONCURRENCY, async (folder) => {
      try {
        await syncFolder(this.options.fileSystem, folder)
      } catch (error) {
        this.unplaced.push(toWireError(error, { phase: 'commit', file: folder }))
      }
    })
  }

  private fileAt(at: number): ShardFile {
    const file = this.options.files[at]
    if (file === undefined) throw new RangeError(`the shard has no file ${at}`)
    return file
  }

  private describe({ at, attempt, thread, stagedTarget, stagedRejects, result }: StagedResult): RecordedTarget {
    const { targetRoot } = this.options.paths
    const { records, rejectCodes, notices, slice } = result
    return {
      isConverted: true,
      at,
      attempt,
      stagedTarget: relative(targetRoot, stagedTarget),
      stagedRejects: result.hasRejects ? relative(targetRoot, stagedRejects) : null,
      targetBytes: result.targetBytes,
      targetHash: result.targetHash,
      sourceHash: result.sourceHash,
      records,
      ...(Object.keys(rejectCodes).length === 0 ? {} : { rejectCodes }),
      ...(Object.values(notices).every((count) => count === 0) ? {} : { notices }),
      stageNs: result.stageNs,
      startMs: Date.now() - (Number(process.hrtime.bigint()) - result.startNs) / 1e6,
      durationNs: result.durationNs,
      thread,
      ...(slice === undefined ? {} : { slice }),
    }
  }

  /** Removes what was staged for a unit that is not committed. What cannot be removed goes with its generation. */
  private async discard({ finished }: UnitInWork): Promise<void> {
    for (const { staged } of finished) {
      for (const path of [staged.stagedTarget, staged.stagedRejects]) {
        await removeFile(fs, path).catch(() => undefined)
      }
    }
  }
}

async function syncStaged(
  { stagedTarget, stagedRejects, result }: StagedResult,
  context: PlacingContext,
): Promise<void> {
  await syncFile(context.fileSystem, stagedTarget)
  if (result.hasRejects) await syncFile(context.fileSystem, stagedRejects)
}
