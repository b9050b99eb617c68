import { MigrationError, toWireError, type WireError } from '../../errors/migration-error.ts'
import type { NodeIdentity, RecordedFailure, RecordedTarget } from '../../model/commit-record.ts'
import type { CommitOutcome } from '../publish/commit-outcome.ts'
import type { Proof } from '../publish/proof.ts'
import { Publisher } from '../publish/publisher.ts'
import { withSyncTime, type StagedTarget } from '../publish/staged-target.ts'
import type { TargetAccess } from '../publish/target-access.ts'
import type { ExclusiveBy } from '../../storage/tree-files.ts'
import { tryToCommit } from './commit-record.ts'
import { recordName, type CommitUnit } from './commit-units.ts'

/** A finished file of a shard, with what its record says of it. */
export type RecordableTarget = StagedTarget<RecordedTarget>

export interface UnitCommitterOptions {
  readonly target: TargetAccess
  readonly node: NodeIdentity
  /** The folder of the shard's records. */
  readonly folder: string
  readonly units: readonly CommitUnit[]
  /** Which try at the shard this is. */
  readonly shardAttempt: number
  readonly exclusiveBy: ExclusiveBy
  /** Throws where the node may have lost its shard to another one. */
  readonly assertHeld: () => void
  /** Whether a file that failed is recorded as failed. Where not, its unit stays open for another try at the shard. */
  readonly isRecorded: (error: WireError) => boolean
}

interface UnitInWork {
  readonly unit: CommitUnit
  readonly finished: RecordableTarget[]
  /** Those who handed files in, and wait for what becomes of the unit. */
  readonly callbacks: ((outcomes: readonly CommitOutcome[]) => void)[]
  readonly failures: RecordedFailure[]
  isGivenUp: boolean
  missing: number
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
  readonly #publisher: Publisher
  readonly #unitOf = new Map<number, UnitInWork>()
  readonly #ready: UnitInWork[] = []
  #running: Promise<void> | null = null
  #waitingFiles = 0
  #roomCallbacks: (() => void)[] = []

  constructor(options: UnitCommitterOptions) {
    this.#options = options
    this.#publisher = new Publisher(options.target, {
      // The coordinator removes them, under the lock of the tree: a node that was held up would take away those of a later run.
      mayHaveStaleRejects: false,
      onUnplaced: (error) => this.unplaced.push(error),
    })
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
  async commit(files: readonly RecordableTarget[]): Promise<CommitOutcome[]> {
    const [first] = files
    if (first === undefined) return []
    const inWork = this.#unitOf.get(first.proved.at)
    if (inWork === undefined || files.some(({ proved }) => this.#unitOf.get(proved.at) !== inWork))
      throw new RangeError(`file ${first.proved.at} and those with it are not of one unit of this try`)
    const at = inWork.finished.length
    inWork.finished.push(...files)
    const ending = new Promise<readonly CommitOutcome[]>((resolve) => inWork.callbacks.push(resolve))
    this.#endSome(inWork, files.length)
    return (await ending).slice(at, at + files.length)
  }

  /** Takes a file that failed, or that was given up. */
  fail(at: number, error: WireError): void {
    const inWork = this.#unitOf.get(at)
    if (inWork === undefined) return
    if (error.code === 'STOPPED' || !this.#options.isRecorded(error)) inWork.isGivenUp = true
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
      const whole = group.filter(({ isGivenUp }) => !isGivenUp)
      const parts = whole.map((inWork) => ({ files: inWork.finished, proof: this.#recordOf(inWork) }))
      const outcomes = await this.#publisher.publish(parts)
      for (const [at, { callbacks }] of whole.entries()) for (const callback of callbacks) callback(outcomes[at] ?? [])
      for (const inWork of group) if (inWork.isGivenUp) await this.#giveUp(inWork)
      this.#waitingFiles -= group.reduce((sum, { finished }) => sum + finished.length, 0)
      if (this.#waitingFiles < WAITING_LIMIT) for (const callback of this.#roomCallbacks.splice(0)) callback()
    }
  }

  /** Wins the files of a unit together, and those that failed with them. */
  #recordOf({ unit, failures }: UnitInWork): Proof<RecordableTarget> {
    const { target, folder, node, shardAttempt, assertHeld } = this.#options
    return {
      comes: 'before',
      folder,
      assertOwned: assertHeld,
      write: async (files, syncNs) => {
        const targets = files.map(({ proved }) => withSyncTime(proved, syncNs))
        const record = { kind: 'done' as const, node, attempt: shardAttempt, targets, failures }
        const path = `${folder}/${recordName(unit)}`
        const { exclusiveBy } = this.#options
        const isWon = await tryToCommit(target.paths.tree, path, record, { exclusiveBy, isDurable: target.isDurable })
        if (isWon) this.committedFiles += targets.length
        else {
          this.lostFiles += targets.length + failures.length
          throw new MigrationError('COMMIT_LOST', 'another node has committed this file', { phase: 'commit' })
        }
      },
    }
  }

  /** What cannot be removed goes with its generation. */
  async #giveUp({ finished, callbacks }: UnitInWork): Promise<void> {
    await this.#publisher.discard(finished)
    const error = new MigrationError('STOPPED', 'not all files that belong together were done', { phase: 'commit' })
    const outcomes = finished.map(({ source }) => ({
      isCommitted: false as const,
      error: toWireError(error, { phase: 'commit', file: source }),
    }))
    for (const callback of callbacks) callback(outcomes)
  }
}
