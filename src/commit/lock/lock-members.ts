import { join } from 'node:path'
import { z } from 'zod'
import { MigrationError } from '../../errors/migration-error.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import { printableName } from '../../errors/printable-name.ts'
import { LockOwnerSchema, type LockOwner } from './lock-file.ts'
import { judgeTwice, watchHeartbeat, type LockTiming, type TakeoverOptions } from './lock-takeover.ts'
import { judgeOwner, readOwnIdentity, type OwnerIdentity } from './owner-identity.ts'

/*
 * Shards and nodes of one manifest share a target tree. Each is a file in `lock.members/`, named after its run, that it touches as the
 * owner of a lock does. Only who holds the lock may judge or remove the files of others, so two never judge at the same time.
 *
 * Whoever cannot be judged is alive: a file that is not what a member writes is never passed over. A member's file appears whole (join-lock.ts),
 * so no kill leaves such a file behind; where there is one all the same, a person must look, and may say --unlock.
 */

/** What a member's file says. */
export interface LockMember extends LockOwner {
  /** How the work is divided, such as `3 shards`: members of different divisions would do the same files. */
  readonly division: string
  /** Which part of it the member does; nobody else may do the same. */
  readonly part: string
}

const LockMemberSchema = LockOwnerSchema.extend({ division: z.string().max(100), part: z.string().max(100) })

export interface MemberRules extends TakeoverOptions {
  /** Whether the newcomer cannot work beside this member. */
  readonly isInTheWay: (member: LockMember) => boolean
  /** The newcomer's own run, whose file is passed over. */
  readonly ownRunId?: string
}

/**
 * Looks at all members, and removes the files of those that are dead. Only for who holds the lock.
 * @returns those that are alive, or may be.
 * @throws MigrationError RUN_ACTIVE where one is in the way and not surely dead, or where a file is no member's.
 */
export async function settleMembers(
  paths: BookkeepingPaths,
  timing: LockTiming,
  rules: MemberRules,
): Promise<LockMember[]> {
  const observer = readOwnIdentity()
  const remaining: LockMember[] = []
  for (const name of await paths.tree.list(paths.members)) {
    const path = join(paths.members, name)
    const member = await readMember(paths, path)
    if (member === null || member === 'damaged') {
      if (member === null) continue
      if (!rules.forceUnlock) throw damagedMember(path)
      await paths.tree.removeFile(path)
      continue
    }
    if (member.runId === rules.ownRunId) continue
    if (await isGone(paths, { path, member }, observer, { ...timing, ...rules })) await paths.tree.removeFile(path)
    else remaining.push(member)
  }
  return remaining
}

/**
 * Makes sure that nobody shares the tree any more. Only for who holds the lock.
 * @throws MigrationError RUN_ACTIVE.
 */
export async function dismissMembers(
  options: TakeoverOptions & { readonly targetRoot: string },
  timing: LockTiming,
): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot)
  await settleMembers(paths, timing, { ...options, isInTheWay: () => true })
  await removeMembersFolder(paths)
}

/** Removes the folder of the members if it is empty. */
export async function removeMembersFolder(paths: BookkeepingPaths): Promise<void> {
  // Not empty, or not there.
  await paths.tree.removeEmptyFolder(paths.members)
}

/** @returns null: it left meanwhile. @throws MigrationError BOOKKEEPING_UNSAFE. */
async function readMember({ tree }: BookkeepingPaths, path: string): Promise<LockMember | 'damaged' | null> {
  try {
    const bytes = await tree.readStart(path)
    if (bytes === null) return null
    const parsed = LockMemberSchema.safeParse(JSON.parse(bytes.toString('utf8')))
    return parsed.success ? parsed.data : 'damaged'
  } catch (error) {
    if (error instanceof MigrationError) throw error
    // What cannot be read is as little to be passed over as what makes no sense.
    return 'damaged'
  }
}

async function isGone(
  paths: BookkeepingPaths,
  { path, member }: { readonly path: string; readonly member: LockMember },
  observer: OwnerIdentity,
  rules: LockTiming & MemberRules,
): Promise<boolean> {
  const liveness = judgeOwner(member, observer)
  if (liveness === 'dead') return true
  // Who is not in the way need not be waited for: another member may come to judge it.
  if (!rules.isInTheWay(member)) return false
  if (liveness === 'alive') {
    if ((await judgeTwice(member, observer, rules.dyingMs)) !== 'dead') throw memberActive(member, observer)
    return true
  }
  if (rules.forceUnlock) return true
  rules.onWaiting?.(member)
  if ((await watchHeartbeat(paths, path, rules.staleMs, rules.signal)) === 'beating')
    throw memberActive(member, observer)
  // Silent, or gone meanwhile. The file of a run id is written once, so it has not become somebody else's.
  return true
}

function memberActive(member: LockMember, observer: OwnerIdentity): MigrationError {
  const isHere = member.host === observer.host && member.pidNamespace === observer.pidNamespace
  return new MigrationError(
    'RUN_ACTIVE',
    `${printableName(`${member.part} of ${member.division}`)} (run ${member.runId}, process ${member.pid} on host ${printableName(member.host)}) is working on this target tree`,
    {
      phase: 'lock',
      hint: isHere
        ? `only other shards of the same plan may join it: wait until it ends, or stop it (kill ${member.pid}), then run the same command again`
        : 'only other shards of the same plan may join it: wait until it ends, then run the same command again; if you know that it is dead, add --unlock',
    },
  )
}

function damagedMember(path: string): MigrationError {
  return new MigrationError(
    'RUN_ACTIVE',
    `${path} stands for a shard that may be working on this target tree, but cannot be read`,
    {
      phase: 'lock',
      hint: 'look at the file; if you know that no shard is at work, run the same command with --unlock, which removes it',
    },
  )
}
