import { relative } from 'node:path'
import { MigrationError, toWireError, type WireError } from '../../errors/migration-error.ts'
import type { NodeIdentity, RecordedFailure, RecordedTarget } from '../../model/commit-record.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import type { ConvertedFile } from '../../model/task-result.ts'
import { syncFile, syncFolder } from '../commit-file-system.ts'
import { tryToCommit, type ExclusiveBy } from './commit-record.ts'
import type { CommitOutcome } from '../commit-group.ts'
import { recordName, type CommitUnit } from './commit-units.ts'
import { forEachConcurrently } from '../for-each-concurrently.ts'
import { makeTargetFolders, placeRecorded, type PlacingContext } from './place-recorded.ts'
import { liesInStagingArea } from '../staging/staging-area.ts'
import type { WholeSync } from '../whole-sync.ts'

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

interface UnitInWork {
  readonly unit: CommitUnit
  readonly finished: StagedResult[]
  /** Those who handed files in, and wait for what becomes of the unit. */
  readonly callbacks: ((end: UnitEnd) => void)[]
  readonly failures: RecordedFailure[]
  isGivenUp: boolean
  missing: number
}

/** What became of a unit; an error is that of all its files. */
interface UnitEnd {
  readonly error: WireError | null
  readonly syncNs: number
}

/**
 * Files of whole units that wait before `whenReady` holds the threads back: two units. Those of other units do not count: who is held back
 * may be the one who still has to hand in the rest.
 */
const WAITING_LIMIT = 1024
const UNITS_A_GROUP = 32

/** Commits the files of a shard, unit by unit, as soon as all files of a unit have ended. */
export class UnitCommitter {
  /** Files that this node has committed, and that it could not commit because another node was first. */
  committedFiles = 0
  lostFiles = 0
  /** What went wrong after a unit was won: its shard must then be settled file by file. */
  readonly unplaced: WireError[] = []
  readonly #options: UnitCommitterOptions
  readonly #unitOf = new Map<number, UnitInWork>()
  readonly #ready: UnitInWork[] = []
  #running: Promise<void> | null = null
  #waitingFiles = 0
  #roomCallbacks: (() => void)[] = []

  constructor(options: UnitCommitterOptions) {
    this.#options = options
    for (const unit of options.units) {
      const missing = unit.to - unit.from
      const inWork = { unit, finished: [], callbacks: [], failures: [], isGivenUp: false, missing }
      for (let at = unit.from; at < unit.to; at++) this.#unitOf.set(at, inWork)
    }
  }

  /**
   * Takes finished files of one unit.
   * @returns resolves when the unit is committed, lost or given up, to one outcome for each file, in their order; never rejects.
   */
  async commit(files: readonly StagedResult[]): Promise<CommitOutcome[]> {
    const [first] = files
    if (first === undefined) return []
    const inWork = this.#unitOf.get(first.at)
    if (inWork === undefined || files.some(({ at }) => this.#unitOf.get(at) !== inWork))
      throw new RangeError(`file ${first.at} and those with it are not of one unit of this try`)
    inWork.finished.push(...files)
    const ending = new Promise<UnitEnd>((resolve) => inWork.callbacks.push(resolve))
    this.#endSome(inWork, files.length)
    const { error, syncNs } = await ending
    return files.map(({ at }) =>
      error === null
        ? { isCommitted: true, syncNs }
        : { isCommitted: false, error: { ...error, position: { file: this.#fileAt(at).path } } },
    )
  }

  /** Takes a file that failed, or that was given up. */
  fail(at: number, error: WireError): void {
    const inWork = this.#unitOf.get(at)
    if (inWork === undefined) return
    if (error.code === 'STOPPED' || !this.#options.isFinal(error)) inWork.isGivenUp = true
    else inWork.failures.push({ at, error })
    this.#endSome(inWork, 1)
  }

  /** Resolves when there is room for more finished files. */
  whenReady(): Promise<void> {
    if (this.#waitingFiles < WAITING_LIMIT) return Promise.resolve()
    return new Promise((resolve) => this.#roomCallbacks.push(resolve))
  }

  /** Gives up the units that are not whole, and waits for all others. */
  async close(): Promise<void> {
    for (const inWork of new Set(this.#unitOf.values())) {
      if (inWork.missing > 0 && inWork.finished.length > 0) {
        inWork.isGivenUp = true
        inWork.missing = 0
        this.#addReady(inWork)
      }
    }
    this.#start()
    await this.#running
  }

  #endSome(inWork: UnitInWork, fileCount: number): void {
    inWork.missing -= fileCount
    if (inWork.missing > 0) return
    this.#addReady(inWork)
    this.#start()
  }

  #addReady(inWork: UnitInWork): void {
    this.#ready.push(inWork)
    this.#waitingFiles += inWork.finished.length
  }

  #start(): void {
    this.#running ??= this.#commitReady().finally(() => {
      this.#running = null
      if (this.#ready.length > 0) this.#start()
    })
  }

  /** Units that are ready at the same time share the sync of their contents, where that is faster, and of each folder. */
  async #commitReady(): Promise<void> {
    while (this.#ready.length > 0) {
      const group = this.#ready.splice(0, UNITS_A_GROUP)
      const startNs = process.hrtime.bigint()
      const errors = new Map<UnitInWork, WireError>()
      const folders = new Set<string>()
      const fileCount = group.reduce((sum, { finished }) => sum + finished.length, 0)
      const wholeSync = this.#wholeSyncOf(group)
      const areSynced = (await wholeSync?.covers(fileCount)) ?? false
      await forEachConcurrently(group, async (inWork) => {
        try {
          await this.#commitUnit(inWork, areSynced, folders)
        } catch (error) {
          errors.set(inWork, toWireError(error, { phase: 'commit' }))
        }
      })
      await this.#syncFolders(folders, wholeSync)
      const syncNs = Math.round(Number(process.hrtime.bigint() - startNs) / Math.max(1, fileCount))
      for (const inWork of group)
        for (const callback of inWork.callbacks) callback({ error: errors.get(inWork) ?? null, syncNs })
      this.#waitingFiles -= fileCount
      if (this.#waitingFiles < WAITING_LIMIT) for (const callback of this.#roomCallbacks.splice(0)) callback()
    }
  }

  /** @param folders gets those that must be synced. */
  async #commitUnit(inWork: UnitInWork, areSynced: boolean, folders: Set<string>): Promise<void> {
    const options = this.#options
    const { failures, finished, unit } = inWork
    const startNs = process.hrtime.bigint()
    await this.#prepare(inWork, areSynced, folders)
    // What came before the record; what comes after it cannot stand in it.
    const syncNs = Math.round(Number(process.hrtime.bigint() - startNs) / Math.max(1, finished.length))
    // On the clock of the day, which is all that nodes share.
    const zeroMs = Date.now() - Number(process.hrtime.bigint()) / 1e6
    const targets = finished.map((staged) => describe(staged, { syncNs, zeroMs, root: options.paths.targetRoot }))
    const record = { kind: 'done' as const, node: options.node, attempt: options.shardAttempt, targets, failures }
    // Where this throws, the record may have its name all the same: what was staged stays, and goes with the generation.
    const isWon = await tryToCommit(options.paths.tree, `${options.folder}/${recordName(unit)}`, record, options)
    if (!isWon) {
      this.lostFiles += targets.length + failures.length
      await this.#discard(inWork)
      throw new MigrationError('COMMIT_LOST', 'another node has committed this file', { phase: 'commit' })
    }
    this.committedFiles += targets.length
    const toPlace = targets.map((recorded) => ({ file: this.#fileAt(recorded.at), recorded }))
    await placeRecorded(toPlace, options, folders, ({ file }, error) => {
      // The file is committed. Whoever settles the shard places it again, and says what is wrong if that fails too.
      this.unplaced.push(toWireError(error, { phase: 'commit', file: file.path }))
    })
  }

  /** Makes the content durable, and whatever else may fail before anything is promised. */
  async #prepare(inWork: UnitInWork, areSynced: boolean, folders: Set<string>): Promise<void> {
    const options = this.#options
    const { finished } = inWork
    try {
      if (inWork.isGivenUp)
        throw new MigrationError('STOPPED', 'not all files that belong together were done', { phase: 'commit' })
      if (options.isDurable && !areSynced) await forEachConcurrently(finished, (staged) => syncStaged(staged, options))
      folders.add(options.folder)
      await makeTargetFolders(
        finished.map(({ at }) => this.#fileAt(at).target),
        options,
        folders,
      )
      options.assertHeld()
    } catch (error) {
      await this.#discard(inWork)
      throw error
    }
  }

  /** What syncs all files of a group together, and their folders: a rename does not leave its file system. Null: each by itself. */
  #wholeSyncOf(group: readonly UnitInWork[]): UnitCommitterOptions['wholeSync'] | null {
    const { isDurable, paths, wholeSync } = this.#options
    const files = group.flatMap(({ finished }) => finished)
    return isDurable && files.every(({ stagedTarget }) => liesInStagingArea(stagedTarget, paths)) ? wholeSync : null
  }

  async #syncFolders(folders: ReadonlySet<string>, wholeSync: UnitCommitterOptions['wholeSync'] | null): Promise<void> {
    if (!this.#options.isDurable || (await wholeSync?.covers(folders.size))) return
    await forEachConcurrently([...folders], async (folder) => {
      try {
        await syncFolder(this.#options.fileSystem, folder)
      } catch (error) {
        this.unplaced.push(toWireError(error, { phase: 'commit', file: folder }))
      }
    })
  }

  #fileAt(at: number): ShardFile {
    const file = this.#options.files[at]
    if (file === undefined) throw new RangeError(`the shard has no file ${at}`)
    return file
  }

  /** Removes what was staged for a unit that is not committed. What cannot be removed goes with its generation. */
  async #discard({ finished }: UnitInWork): Promise<void> {
    for (const { stagedTarget, stagedRejects } of finished) {
      for (const path of [stagedTarget, stagedRejects]) {
        await this.#options.paths.tree.removeFile(path).catch(() => undefined)
      }
    }
  }
}

/** What the record says of a file. @param zeroMs when the clock of `startNs` was at 0, in milliseconds since 1970. */
function describe(
  { at, attempt, thread, stagedTarget, stagedRejects, result }: StagedResult,
  { syncNs, zeroMs, root }: { readonly syncNs: number; readonly zeroMs: number; readonly root: string },
): RecordedTarget {
  return {
    at,
    attempt,
    stagedTarget: pathFrom(root, stagedTarget),
    stagedRejects: result.hasRejects ? pathFrom(root, stagedRejects) : null,
    ...(result.rejects === undefined ? {} : { rejects: result.rejects }),
    targetBytes: result.targetBytes,
    targetHash: result.targetHash,
    sourceHash: result.sourceHash,
    records: result.records,
    rejectCodes: result.rejectCodes,
    notices: Object.values(result.notices).every((count) => count === 0) ? null : result.notices,
    ...(result.advice === undefined ? {} : { advice: result.advice }),
    ...(result.unseenColumns === undefined ? {} : { unseenColumns: result.unseenColumns }),
    stageNs: { ...result.stageNs, sync: syncNs },
    startMs: zeroMs + result.startNs / 1e6,
    durationNs: result.durationNs,
    thread,
    slice: result.slice ?? null,
  }
}

/** `relative()` takes a microsecond for each of many files. */
function pathFrom(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : relative(root, path)
}

async function syncStaged(
  { stagedTarget, stagedRejects, result }: StagedResult,
  context: PlacingContext,
): Promise<void> {
  await syncFile(context.fileSystem, stagedTarget)
  if (result.hasRejects) await syncFile(context.fileSystem, stagedRejects)
}
