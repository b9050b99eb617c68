import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationError } from '../../errors/migration-error.ts'
import type { TreeFileHead } from '../../storage/tree-files.ts'
import type { BookkeepingPaths } from '../bookkeeping-paths.ts'
import { describeOwner, readLockOwner, type LockOwner } from './lock-file.ts'
import { judgeOwner, type OwnerIdentity } from './owner-identity.ts'

/*
 * Taking over the lock of a dead run X, with several takers at once. Removing X's lock first would be wrong: a slow taker could
 * remove the lock of a fast one. Instead the right to replace X's lock is itself a file, `lock.takeover-<X>`, that only one taker
 * can create. Its content is the taker, so a taker that dies before it is done is taken over in turn (`lock.takeover-<taker>`):
 * lock -> takeover-<X> -> takeover-<taker of X> -> ... is a chain, whose last owner is the one that counts.
 *
 * The winner looks at the lock once more. If it is still X's, nobody but the winner may change it now (run ids are never used
 * twice), and it renames its own file over it. If not, another taker was faster and is done: the winner withdraws.
 */

export interface LockTiming {
  /** How often the owner touches its lock, for observers on other hosts. */
  readonly heartbeatMs: number
  /** How long an observer must see no touch before it calls an owner dead that it cannot see. Several heartbeats. */
  readonly staleMs: number
  /** How long a process that was just killed may need to vanish before the lock counts as owned. */
  readonly dyingMs: number
}

/** How far a taker may go, and how it waits. */
export interface TakeoverOptions {
  /** Take the lock of an owner that cannot be seen from here at once (`--unlock`). Never takes it from a process that is alive. */
  readonly forceUnlock: boolean
  /** Ends the waiting for another host's heartbeat: the call then rejects with an AbortError. */
  readonly signal?: AbortSignal
  /** Called once before the call waits `staleMs` for a sign of life of an owner that it cannot see. */
  readonly onWaiting?: (owner: LockOwner) => void
}

interface Candidate {
  readonly owner: LockOwner
  /** A file of our own that already holds our lock text. */
  readonly path: string
}

/**
 * Takes over the lock if its owner is dead.
 * @returns false when the lock changed meanwhile, so that the caller must start over.
 * @throws MigrationError RUN_ACTIVE when its owner is alive.
 */
export async function takeOverLock(
  paths: BookkeepingPaths,
  candidate: Candidate,
  timing: LockTiming,
  options: TakeoverOptions,
): Promise<boolean> {
  const chain = await readChain(paths)
  const [first, last] = [chain[0], chain.at(-1)]
  if (first === undefined || last === undefined) return false
  if (!(await isSurelyDead(paths, last, candidate.owner, timing, options))) return false

  const rightPath = takeoverPath(paths, last.owner)
  if (!(await paths.tree.addName(candidate.path, rightPath))) return false
  if ((await readLockOwner(paths, paths.lock))?.runId !== first.owner.runId) {
    await paths.tree.removeFile(rightPath)
    return false
  }
  await paths.tree.rename(candidate.path, paths.lock)
  return true
}

interface Link {
  readonly path: string
  readonly owner: LockOwner
}

/** The lock and the takeovers that follow from it; empty when there is no lock. */
async function readChain(paths: BookkeepingPaths): Promise<Link[]> {
  const chain: Link[] = []
  const seen = new Set<string>()
  for (let path = paths.lock; !seen.has(path);) {
    seen.add(path)
    const owner = await readLockOwner(paths, path)
    if (owner === null) break
    chain.push({ path, owner })
    path = takeoverPath(paths, owner)
  }
  return chain
}

function takeoverPath(paths: BookkeepingPaths, owner: LockOwner): string {
  return `${paths.lock}.takeover-${owner.runId}`
}

/** @returns false when the file changed hands while we looked at it. */
async function isSurelyDead(
  paths: BookkeepingPaths,
  link: Link,
  observer: LockOwner,
  timing: LockTiming,
  options: TakeoverOptions,
): Promise<boolean> {
  const liveness = await judgeTwice(link.owner, observer, timing.dyingMs)
  if (liveness === 'alive') throw runActive(link, observer)
  if (liveness === 'dead' || options.forceUnlock) return true
  options.onWaiting?.(link.owner)
  const seen = await watchHeartbeat(paths, link.path, timing.staleMs, options.signal)
  if (seen === 'beating') throw runActive(link, observer)
  return seen === 'silent'
}

/** A process that gets SIGKILL lives on for some milliseconds: `kill -9` and a new run right after it must work. */
export async function judgeTwice(
  owner: OwnerIdentity,
  observer: OwnerIdentity,
  dyingMs: number,
): Promise<ReturnType<typeof judgeOwner>> {
  const looks = 10
  for (let look = 0; look < looks; look++) {
    const liveness = judgeOwner(owner, observer)
    if (liveness !== 'alive' || owner.pid === process.pid) return liveness
    await sleep(dyingMs / looks)
  }
  return judgeOwner(owner, observer)
}

/**
 * Watches whether an owner touches its file. Only compares what the file says before and after, never with a clock of this host,
 * and counts looks instead of time, so that a laptop that slept meanwhile draws no wrong conclusion.
 */
export async function watchHeartbeat(
  paths: BookkeepingPaths,
  path: string,
  staleMs: number,
  signal: AbortSignal | undefined,
): Promise<'beating' | 'silent' | 'changed'> {
  const looks = 40
  const before = await readTouch(paths, path)
  if (before === null) return 'changed'
  for (let look = 0; look < looks; look++) {
    await sleep(staleMs / looks, undefined, signal === undefined ? {} : { signal })
    const now = await readTouch(paths, path)
    if (now === null || now.identity !== before.identity) return 'changed'
    if (now.mtimeNs !== before.mtimeNs) return 'beating'
  }
  return 'silent'
}

async function readTouch({ tree }: BookkeepingPaths, path: string): Promise<TreeFileHead | null> {
  // Opening, not only asking by name: a network file system answers that from a cache up to a minute old.
  const file = await tree.openIfThere(path, 'r')
  if (file === null) return null
  try {
    return await file.head()
  } finally {
    await file.close()
  }
}

function runActive({ path, owner }: Link, observer: LockOwner): MigrationError {
  if (owner.host === '') {
    return new MigrationError('RUN_ACTIVE', `${path} is touched by somebody, but does not say by which run`, {
      phase: 'lock',
      hint: 'find out who works on the target tree; if you know that nobody does, remove the file',
    })
  }
  const isHere = owner.host === observer.host && owner.pidNamespace === observer.pidNamespace
  return new MigrationError('RUN_ACTIVE', `${describeOwner(owner)} is working on this target tree`, {
    phase: 'lock',
    hint: isHere
      ? `wait until it ends, or stop it (kill ${owner.pid}), then run the same command again`
      : 'wait until it ends, then run the same command again; if you know that it is dead, add --unlock',
  })
}

/**
 * Removes what dead runs left beside the lock; only for its owner. What a live taker loses by this it only needs for a lock that is
 * no longer there.
 */
export async function sweepLeftovers(paths: BookkeepingPaths, owner: LockOwner): Promise<void> {
  const ownTakeover = basename(takeoverPath(paths, owner))
  for (const name of await paths.tree.list(paths.root)) {
    if (/^lock\.(?:takeover|try)-/.test(name) && name !== ownTakeover)
      await paths.tree.removeFile(join(paths.root, name))
  }
}
