import { readFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { formatCrc32 } from './format-crc32.ts'
import type { OwnerIdentity } from './owner-identity.ts'

/** What a lock file says: who owns the target tree, and for which run. */
export interface LockOwner extends OwnerIdentity {
  readonly runId: string
  readonly manifestHash: string
  /** Missing: the run owns the tree alone. `gate`: the lock is only held for a moment, while a member joins or leaves. */
  readonly purpose?: 'gate'
}

export const LockOwnerSchema = z.object({
  host: z.string(),
  bootId: z.string().nullable(),
  pid: z.number().int(),
  pidNamespace: z.string().nullable(),
  processStartTime: z.string().nullable(),
  // It becomes part of a file name.
  runId: z.string().regex(/^[\w-]+$/),
  manifestHash: z.string(),
  purpose: z.literal('gate').exactOptional(),
})

/**
 * Writes the owner durably to a file of the caller's own: after a power cut a lock is whole or not there. A write that fails may
 * leave part of the file.
 */
export async function writeLockText(path: string, owner: LockOwner): Promise<void> {
  const handle = await fs.open(path, 'wx')
  try {
    await handle.writeFile(lockText(owner))
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What the file of an owner says. */
export function lockText(owner: LockOwner): string {
  return `${JSON.stringify(owner)}\n`
}

/**
 * Whether a lock is still exactly as its owner wrote it: the cheap question, for each group of commits. False says nothing, also
 * where the file cannot be read: `readLockOwner` then tells.
 */
export function isLockUntouched(path: string, owner: LockOwner): boolean {
  try {
    // Not with an encoding: Node 20 ends the process where a file that it reads so cannot be closed.
    return readFileSync(path).toString('utf8') === lockText(owner)
  } catch {
    return false
  }
}

/**
 * Gives a complete file a second name, if nobody has that name yet.
 * @returns false when the name is taken.
 */
export async function createExclusively(existingPath: string, newPath: string): Promise<boolean> {
  try {
    await fs.link(existingPath, newPath)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'EEXIST') return false
    if (!NO_HARD_LINKS.has(code)) throw error
  }
  // FAT, some FUSE and network mounts: the name is still won by one only, though a reader may for an instant see it empty.
  try {
    await fs.copyFile(existingPath, newPath, fs.constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Reads who owns a lock; null when there is no such file. Text that is no owner (half written, damaged) gives an owner that no
 * process can match, so that only its heartbeat, which it does not have, is believed.
 */
export async function readLockOwner(path: string): Promise<LockOwner | null> {
  let text: string
  try {
    text = await fs.readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const parsed = LockOwnerSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const runId = `damaged-${formatCrc32(crc32(text))}`
  return { host: '', bootId: null, pid: 0, pidNamespace: null, processStartTime: null, runId, manifestHash: '' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
