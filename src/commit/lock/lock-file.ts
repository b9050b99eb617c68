import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { printableName } from '../../errors/printable-name.ts'
import type { BookkeepingPaths } from '../bookkeeping-paths.ts'
import { formatCrc32 } from '../journal/format-crc32.ts'
import type { OwnerIdentity } from './owner-identity.ts'

/** What a lock file says: who owns the target tree, and for which run. */
export interface LockOwner extends OwnerIdentity {
  readonly runId: string
  readonly manifestHash: string
  /** Missing: the run owns the tree alone. `gate`: the lock is only held for a moment, while a member joins or leaves. */
  readonly purpose?: 'gate'
}

/** Longer ones are none of Drover's. */
const text = z.string().max(255)

export const LockOwnerSchema = z.object({
  host: text.min(1),
  bootId: text.nullable(),
  pid: z.number().int(),
  pidNamespace: text.nullable(),
  processStartTime: text.nullable(),
  // It becomes part of a file name.
  runId: z.string().regex(/^[\w-]{1,100}$/),
  manifestHash: text,
  purpose: z.literal('gate').exactOptional(),
})

/**
 * Writes the owner durably to a file of the caller's own: after a power cut a lock is whole or not there. A write that fails may
 * leave part of the file.
 */
export async function writeLockText({ tree }: BookkeepingPaths, path: string, owner: LockOwner): Promise<void> {
  await tree.write(path, lockText(owner), true)
}

/** What the file of an owner says. */
export function lockText(owner: LockOwner): string {
  return `${JSON.stringify(owner)}\n`
}

/**
 * Whether a lock is still exactly as its owner wrote it: the cheap question, for each group of commits. False says nothing, also
 * where the file cannot be read: `readLockOwner` then tells.
 */
export async function isLockUntouched({ tree, lock }: BookkeepingPaths, owner: LockOwner): Promise<boolean> {
  try {
    return (await tree.readStart(lock))?.toString('utf8') === lockText(owner)
  } catch {
    return false
  }
}

/**
 * Reads who owns a lock; null when there is no such file. Text that is no owner (half written, damaged) gives an owner that no
 * process can match, so that only its heartbeat, which it does not have, is believed.
 * @throws MigrationError BOOKKEEPING_UNSAFE.
 */
export async function readLockOwner({ tree }: BookkeepingPaths, path: string): Promise<LockOwner | null> {
  const bytes = await tree.readStart(path)
  if (bytes === null) return null
  const parsed = LockOwnerSchema.safeParse(parseJson(bytes.toString('utf8')))
  if (parsed.success) return parsed.data
  const runId = `damaged-${formatCrc32(crc32(bytes))}`
  return { host: '', bootId: null, pid: 0, pidNamespace: null, processStartTime: null, runId, manifestHash: '' }
}

/** An owner as messages name it: also one that its lock does not name. */
export function describeOwner({ runId, pid, host }: Pick<LockOwner, 'runId' | 'pid' | 'host'>): string {
  if (host === '') return 'a run that its lock file does not name (the file is damaged)'
  return `run ${runId} (process ${pid} on host ${printableName(host)})`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
