import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationError } from '../../errors/migration-error.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import type { TreeFile } from '../../storage/tree-files.ts'
import { lockText, readLockOwner, writeLockText } from './lock-file.ts'
import { removeMembersFolder, settleMembers, type LockMember } from './lock-members.ts'
import type { LockTiming } from './lock-takeover.ts'
import {
  DEFAULT_TIMING,
  ownLock,
  type AssertOwned,
  type LockHandle,
  type LockOptions,
  type OtherMembers,
} from './lock.ts'
import { readOwnIdentity } from './owner-identity.ts'

/*
 * How shards of one manifest own a target tree together. The lock file stays what it is, and is the gate: a member holds it only for the
 * moment in which it joins or leaves. So there is one protocol for being first, for being killed on the way and for taking over, and who
 * passes the gate finds all members written down. A run that works alone keeps the gate shut for as long as it lasts.
 */

export interface JoinOptions extends LockOptions {
  /** As in LockMember. */
  readonly division: string
  readonly part: string
  /** Tidies up what dead runs left, before anybody else can join or leave. `others` are at work, and so is this run. */
  readonly onJoined: (runId: string, others: OtherMembers, assertOwned: AssertOwned) => Promise<void>
}

/** How long a member waits for others that join or leave. Each takes some milliseconds, more on a network mount. */
const GATE_MS = 300_000
/** A gate that stays shut to a member who wants to leave belongs to somebody who thinks that it is dead, or is dead itself. */
const LEAVE_MS = 60_000
/** A holder of the gate that is killed is asked again soon, so one look need not wait for it to vanish. */
const GATE_DYING_MS = 20

/**
 * Joins those who work on the same manifest in the same division, each on a part of its own, or is the first. Names the run.
 * @throws MigrationError RUN_ACTIVE when a run owns the tree alone, or a member of another plan, another division or for the same part is alive.
 */
export async function joinLock(options: JoinOptions): Promise<LockHandle> {
  const paths = bookkeepingPaths(options.targetRoot)
  const timing = { ...DEFAULT_TIMING, ...options.timing }
  const gate = await passGate(options, timing, GATE_MS, () => isGateOf(paths, options.manifestHash))
  const { manifestHash, division, part } = options
  const member: LockMember = { ...readOwnIdentity(), runId: gate.runId, manifestHash, division, part }
  const path = join(paths.members, `${member.runId}.json`)
  try {
    const others = await settleMembers(paths, timing, {
      ...options,
      isInTheWay: (other) => other.manifestHash !== manifestHash || other.division !== division || other.part === part,
    })
    const file = await writeMember(paths, path, member, options.isDurable)
    try {
      await options.onJoined(member.runId, runIdsOf(others), () => gate.assertOwned())
    } catch (error) {
      await file.close()
      throw error
    }
    return keepMembership({ options, paths, timing, member, path, file })
  } catch (error) {
    await paths.tree.removeFile(path).catch(() => undefined)
    await removeMembersFolder(paths).catch(() => undefined)
    throw error
  } finally {
    await gate.release()
  }
}

/**
 * Takes the lock for a moment. Where somebody else has it: again, for as long as `mayWait` says so.
 * @throws MigrationError RUN_ACTIVE.
 */
async function passGate(
  options: LockOptions,
  timing: LockTiming,
  limitMs: number,
  mayWait: () => Promise<boolean>,
): Promise<LockHandle> {
  const startMs = performance.now()
  for (;;) {
    try {
      return await ownLock({ ...options, timing: { ...timing, dyingMs: GATE_DYING_MS } }, 'gate')
    } catch (error) {
      if (!(error instanceof MigrationError) || error.code !== 'RUN_ACTIVE') throw error
      if (performance.now() - startMs > limitMs) throw error
      // A run that owns the tree alone may just have been killed: it gets its time to vanish.
      if (!(await mayWait())) return await ownLock({ ...options, timing }, 'gate')
    }
    // Not all at the same moment again.
    await sleep(5 + Math.random() * 40, undefined, options.signal === undefined ? {} : { signal: options.signal })
  }
}

/** Whether the lock is free by now, or held by one of ours for a moment. */
async function isGateOf(paths: BookkeepingPaths, manifestHash: string): Promise<boolean> {
  const owner = await readLockOwner(paths, paths.lock)
  return owner === null || (owner.purpose === 'gate' && owner.manifestHash === manifestHash)
}

/** Written aside and renamed, so that it is there as a whole or not at all; what a kill leaves aside is swept away with the lock's own. */
async function writeMember(
  paths: BookkeepingPaths,
  path: string,
  member: LockMember,
  isDurable: boolean,
): Promise<TreeFile> {
  const asidePath = `${paths.lock}.try-${member.runId}-member`
  await writeLockText(paths, asidePath, member)
  const file = await paths.tree.open(asidePath, 'r+')
  try {
    await renameIntoFolder(paths, asidePath, path)
    if (isDurable) for (const folder of [paths.members, paths.root]) await paths.tree.syncFolder(folder)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Somebody who leaves without the gate removes the folder if it is empty. */
async function renameIntoFolder({ tree, members }: BookkeepingPaths, asidePath: string, path: string): Promise<void> {
  for (let left = 100; ; left--) {
    await tree.makeFolder(members)
    try {
      return await tree.rename(asidePath, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 0) throw error
    }
  }
}

interface Membership {
  readonly options: JoinOptions
  readonly paths: BookkeepingPaths
  readonly timing: LockTiming
  readonly member: LockMember
  readonly path: string
  readonly file: TreeFile
}

function keepMembership({ options, paths, timing, member, path, file }: Membership): LockHandle {
  const text = lockText(member)
  const heartbeat = setInterval(() => {
    file.touch().catch(() => undefined)
  }, timing.heartbeatMs)
  heartbeat.unref()

  let hasLeft = false
  const leave = async (): Promise<void> => {
    if (hasLeft) return
    hasLeft = true
    clearInterval(heartbeat)
    await file.close().catch(() => undefined)
    await paths.tree.removeFile(path).catch(() => undefined)
  }
  const requireOwned = async (): Promise<void> => {
    if (!hasLeft && (await paths.tree.readStart(path))?.toString('utf8') === text) return
    throw new MigrationError(
      'LOCK_LOST',
      `this run (${member.runId}, ${member.part} of ${member.division}) no longer shares the target tree ${paths.targetRoot}`,
      {
        phase: 'lock',
        hint: 'another run took it for dead because it gave no sign of life: wait for that one, then run the same command again',
      },
    )
  }
  return {
    runId: member.runId,
    assertOwned: requireOwned,
    async finish(work) {
      await requireOwned()
      // A signal that stopped the run must not stop its tidying up.
      const { signal: _stopped, onWaiting: _silent, ...rest } = options
      const gate = await passGate(rest, timing, LEAVE_MS, async () => {
        await requireOwned()
        return true
      })
      try {
        await requireOwned()
        // First of all: who leaves at the same time must see who is the last.
        await leave()
        const others = await settleMembers(paths, timing, { forceUnlock: false, isInTheWay: () => false })
        await work(runIdsOf(others), () => gate.assertOwned())
        await removeMembersFolder(paths)
      } finally {
        await gate.release()
      }
    },
    async release() {
      await leave()
      await removeMembersFolder(paths)
    },
  }
}

function runIdsOf(members: readonly LockMember[]): OtherMembers {
  return new Set(members.map(({ runId }) => runId))
}
