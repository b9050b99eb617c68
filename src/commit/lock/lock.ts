import { MigrationError } from '../../errors/migration-error.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import type { TreeFile } from '../../storage/tree-files.ts'
import { dismissMembers } from './lock-members.ts'
import { isLockUntouched, readLockOwner, writeLockText, type LockOwner } from './lock-file.ts'
import { sweepLeftovers, takeOverLock, type LockTiming, type TakeoverOptions } from './lock-takeover.ts'
import { readOwnIdentity } from './owner-identity.ts'
import { makeRunId, nextRunNumber } from '../run-id.ts'

/*
 * One run at a time owns a target tree. The lock file appears with its whole content at once (written aside, then linked), so
 * nobody ever reads half an owner. A lock whose owner is dead is taken over; lock-takeover.ts says how several takers stay apart.
 */

export interface LockOptions extends TakeoverOptions {
  readonly targetRoot: string
  readonly manifestHash: string
  /** False leaves out the sync of folders that had to be made. */
  readonly isDurable: boolean
  /** Permissions of the target tree's top, if it has to be made. */
  readonly rootMode?: number
  readonly timing?: Partial<LockTiming>
}

/** Run ids of those who work on the tree beside this run. */
export type OtherMembers = ReadonlySet<string>

/** Throws LOCK_LOST where the target tree is not ours any more. */
export type AssertOwned = () => Promise<void>

/** Ownership of a target tree. */
export interface LockHandle {
  /** The name of this run; its number is the highest of the target tree. */
  readonly runId: string
  /** Throws LOCK_LOST when the lock is no longer ours: this process was held up so long that another host took it for dead. */
  assertOwned(): Promise<void>
  /**
   * Tidies up at the end of a run, while nobody can join or leave. `others` still work on the tree, and what is theirs must stay. `work` is to
   * ask before each step: this process may be held up in the middle of it.
   * @throws what `assertOwned` and `work` throw.
   */
  finish(work: (others: OtherMembers, assertOwned: AssertOwned) => Promise<void>): Promise<void>
  /**
   * Gives the target tree free, unless the lock was lost before, and removes the folders that were made for the lock and are still
   * empty. May be called more than once. Never rejects: a lock that cannot be removed is a dead run's once the process has ended.
   */
  release(): Promise<void>
}

export const DEFAULT_TIMING: LockTiming = { heartbeatMs: 5000, staleMs: 20_000, dyingMs: 500 }

/**
 * Takes the lock of a target tree for a run that works alone, creating the tree if need be, and names the run.
 * @throws MigrationError RUN_ACTIVE when a live run owns the tree, or shards work on it; errors of the file system as they are.
 */
export async function acquireLock(options: LockOptions): Promise<LockHandle> {
  const lock = await ownLock(options)
  try {
    await dismissMembers(options, { ...DEFAULT_TIMING, ...options.timing })
    return lock
  } catch (error) {
    await lock.release()
    throw error
  }
}

/**
 * Takes the lock file itself, whoever is a member: for those who then look at the members. While it is held nobody joins or leaves.
 * @throws as `acquireLock`.
 */
export async function ownLock(options: LockOptions, purpose?: 'gate'): Promise<LockHandle> {
  const paths = bookkeepingPaths(options.targetRoot)
  const timing = { ...DEFAULT_TIMING, ...options.timing }
  const identity = readOwnIdentity()
  const changedFolders: string[] = []
  try {
    for (;;) {
      options.signal?.throwIfAborted()
      // Each time: a run that found nothing to do takes away the folder that it made.
      changedFolders.unshift(...(await paths.tree.makeFolder(paths.root, undefined, options.rootMode)))
      if (options.isDurable) for (const folder of changedFolders) await paths.tree.syncFolder(folder)
      const runNumber = await nextRunNumber(paths)
      const runId = makeRunId(runNumber)
      const shared = purpose === undefined ? {} : { purpose }
      const owner: LockOwner = { ...identity, runId, manifestHash: options.manifestHash, ...shared }
      if (!(await tryToOwn(paths, owner, timing, options))) continue
      const file = await holdIfNewest(paths, owner, runNumber)
      if (file === null) continue
      // What cannot be swept away does no harm.
      await sweepLeftovers(paths, owner).catch(() => undefined)
      return keepLock({ paths, owner, timing, file, changedFolders })
    }
  } catch (error) {
    await removeEmptyFolders(paths, changedFolders)
    throw error
  }
}

/** @returns the open lock; null when another run came and went between the look at the numbers and the lock. Now nobody can. */
async function holdIfNewest(paths: BookkeepingPaths, owner: LockOwner, runNumber: number): Promise<TreeFile | null> {
  let file: TreeFile | null = null
  try {
    // The open file stays this run's own even if another run replaces the lock: touching it can never refresh another run's lock.
    if ((await nextRunNumber(paths)) === runNumber) file = await paths.tree.open(paths.lock, 'r+')
    return file
  } finally {
    if (file === null && (await isOwnedBy(paths, owner))) await paths.tree.removeFile(paths.lock)
  }
}

async function isOwnedBy(paths: BookkeepingPaths, owner: LockOwner): Promise<boolean> {
  return (await readLockOwner(paths, paths.lock))?.runId === owner.runId
}

/** Removes `.migrate` and the folders above it that got an entry for it, as far as they are empty. */
async function removeEmptyFolders(paths: BookkeepingPaths, changedFolders: readonly string[]): Promise<void> {
  if (changedFolders.length === 0) return
  try {
    // The highest of them was there before.
    if (!(await paths.tree.removeEmptyFolder(paths.root))) return
    for (const folder of changedFolders.slice(0, -1)) if (!(await paths.tree.removeEmptyFolder(folder))) return
  } catch {
    // Not empty: something was done here.
  }
}

async function tryToOwn(
  paths: BookkeepingPaths,
  owner: LockOwner,
  timing: LockTiming,
  options: LockOptions,
): Promise<boolean> {
  const candidatePath = `${paths.lock}.try-${owner.runId}`
  try {
    await writeLockText(paths, candidatePath, owner)
    if (await paths.tree.addName(candidatePath, paths.lock)) return true
    return await takeOverLock(paths, { owner, path: candidatePath }, timing, options)
  } catch (error) {
    // Whoever just took the lock over swept the candidates of the others away, or took `.migrate` away as it was empty: look again.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  } finally {
    // What stays there in spite of all is swept away by the next owner.
    await paths.tree.removeFile(candidatePath).catch(() => undefined)
  }
}

interface HeldLock {
  readonly paths: BookkeepingPaths
  readonly owner: LockOwner
  readonly timing: LockTiming
  readonly file: TreeFile
  readonly changedFolders: readonly string[]
}

function keepLock({ paths, owner, timing, file, changedFolders }: HeldLock): LockHandle {
  const beat = (): void => {
    // A heartbeat that fails needs no answer: assertOwned decides before anything is made visible.
    file.touch().catch(() => undefined)
  }
  const heartbeat = setInterval(beat, timing.heartbeatMs)
  heartbeat.unref()

  let isReleased = false
  return {
    runId: owner.runId,
    async assertOwned() {
      if (!isReleased && ((await isLockUntouched(paths, owner)) || (await isOwnedBy(paths, owner)))) return
      throw await lockLost(paths, owner)
    },
    async finish(work) {
      await this.assertOwned()
      await work(NOBODY, () => this.assertOwned())
    },
    async release() {
      if (isReleased) return
      isReleased = true
      clearInterval(heartbeat)
      await file.close().catch(() => undefined)
      try {
        if (!(await isOwnedBy(paths, owner))) return
        await paths.tree.removeFile(paths.lock)
      } catch {
        return
      }
      await removeEmptyFolders(paths, changedFolders)
    },
  }
}

/** Says what is known: who took the tree over, or that the lock was removed or spoilt, which no run does. */
async function lockLost(paths: BookkeepingPaths, { runId }: LockOwner): Promise<MigrationError> {
  const newOwner = await ownerThere(paths)
  const lost = `this run (${runId}) no longer owns the target tree ${paths.targetRoot}`
  return newOwner === null
    ? new MigrationError('LOCK_LOST', `${lost}: its lock was removed or replaced while it was at work`, {
        phase: 'lock',
        hint: 'leave .migrate alone while a run works; make sure that no other run is at work there, and run the same command again',
      })
    : new MigrationError('LOCK_LOST', `${lost}: run ${newOwner} does`, {
        phase: 'lock',
        hint: 'another run took it over because this one gave no sign of life: wait for that one, then run the same command again',
      })
}

/** The run that the lock names; null: it names none, or is not there. */
async function ownerThere(paths: BookkeepingPaths): Promise<string | null> {
  try {
    const owner = await readLockOwner(paths, paths.lock)
    return owner === null || owner.host === '' ? null : owner.runId
  } catch {
    return null
  }
}

const NOBODY: OtherMembers = new Set()
