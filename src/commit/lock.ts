import fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { MigrationError } from '../errors/migration-error.ts'
import { bookkeepingPaths, type BookkeepingPaths } from './bookkeeping-paths.ts'
import { makeFolder, removeFile, syncFolder } from './commit-file-system.ts'
import { createExclusively, readLockOwner, writeLockText, type LockOwner } from './lock-file.ts'
import { takeOverLock, type LockTiming, type TakeoverOptions } from './lock-takeover.ts'
import { readOwnIdentity } from './owner-identity.ts'
import { makeRunId, nextRunNumber } from './run-id.ts'

/*
 * One run at a time owns a target tree. The lock file appears with its whole content at once (written aside, then linked), so
 * nobody ever reads half an owner. A lock whose owner is dead is taken over; lock-takeover.ts says how several takers stay apart.
 */

export interface LockOptions extends TakeoverOptions {
  readonly targetRoot: string
  readonly manifestHash: string
  /** False leaves out the sync of folders that had to be made. */
  readonly isDurable: boolean
  readonly timing?: Partial<LockTiming>
}

/** Ownership of a target tree. */
export interface LockHandle {
  /** The name of this run; its number is the highest of the target tree. */
  readonly runId: string
  /** Throws LOCK_LOST when the lock is no longer ours: this process was held up so long that another host took it for dead. */
  assertOwned(): Promise<void>
  /** Gives the target tree free, unless the lock was lost before. May be called more than once. */
  release(): Promise<void>
}

const DEFAULT_TIMING: LockTiming = { heartbeatMs: 5000, staleMs: 20_000, dyingMs: 500 }

/**
 * Takes the lock of a target tree, creating the tree if need be, and names the run.
 * @throws MigrationError RUN_ACTIVE when a live run owns the tree; errors of the file system as they are.
 */
export async function acquireLock(options: LockOptions): Promise<LockHandle> {
  const paths = bookkeepingPaths(options.targetRoot)
  const timing = { ...DEFAULT_TIMING, ...options.timing }
  const identity = readOwnIdentity()
  const changedFolders = await makeFolder(fs, paths.root)
  if (options.isDurable) for (const folder of changedFolders) await syncFolder(fs, folder)

  for (;;) {
    options.signal?.throwIfAborted()
    const runNumber = await nextRunNumber(paths)
    const owner = { ...identity, runId: makeRunId(runNumber), manifestHash: options.manifestHash }
    if (!(await tryToOwn(paths, owner, timing, options))) continue
    // Another run may have come and gone between the look at the numbers and the lock; now nobody can.
    if ((await nextRunNumber(paths)) === runNumber) return holdLock(paths, owner, timing)
    await removeFile(fs, paths.lock)
  }
}

async function tryToOwn(
  paths: BookkeepingPaths,
  owner: LockOwner,
  timing: LockTiming,
  options: LockOptions,
): Promise<boolean> {
  const candidatePath = `${paths.lock}.try-${owner.runId}`
  await writeLockText(candidatePath, owner)
  try {
    if (await createExclusively(candidatePath, paths.lock)) return true
    return await takeOverLock(paths, { owner, path: candidatePath }, timing, options)
  } catch (error) {
    // Whoever just took the lock over swept the candidates of the others away: look again.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && (await exists(dirname(paths.lock)))) return false
    throw error
  } finally {
    await removeFile(fs, candidatePath)
  }
}

async function exists(path: string): Promise<boolean> {
  return fs.access(path).then(
    () => true,
    () => false,
  )
}

async function holdLock(paths: BookkeepingPaths, owner: LockOwner, timing: LockTiming): Promise<LockHandle> {
  // The open file stays this run's own even if another run replaces the lock: touching it can never refresh a stranger's lock.
  const handle = await fs.open(paths.lock, 'r+')
  const beat = (): void => {
    const now = new Date()
    // A heartbeat that fails needs no answer: assertOwned decides before anything is made visible.
    handle.utimes(now, now).catch(() => undefined)
  }
  const heartbeat = setInterval(beat, timing.heartbeatMs)
  heartbeat.unref()

  const isOwned = async (): Promise<boolean> => (await readLockOwner(paths.lock))?.runId === owner.runId
  let isReleased = false
  return {
    runId: owner.runId,
    async assertOwned() {
      if (!isReleased && (await isOwned())) return
      throw new MigrationError(
        'LOCK_LOST',
        `this run (${owner.runId}) no longer owns the target tree ${paths.targetRoot}`,
        {
          phase: 'lock',
          hint: 'another run took it over because this one gave no sign of life: wait for that one, then run the same command again',
        },
      )
    },
    async release() {
      if (isReleased) return
      isReleased = true
      clearInterval(heartbeat)
      await handle.close()
      if (await isOwned()) await removeFile(fs, paths.lock)
    },
  }
}
