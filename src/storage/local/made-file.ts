import { fstatSync, lstatSync, unlinkSync, type BigIntStats } from 'node:fs'
import type { FileIdentity } from '../output-storage.ts'

/*
 * A staged file is known by what it is, not by its path: a folder on its way can be exchanged while a thread is at work.
 */

/** Which file a descriptor is of. */
export function identityOf(descriptor: number): FileIdentity {
  return toIdentity(fstatSync(descriptor, { bigint: true }))
}

export function isSameIdentity(left: FileIdentity, right: FileIdentity): boolean {
  return left.device === right.device && left.inode === right.inode
}

/** Removes a file that this run has made, and nothing else that has its path by now. Never throws: what stays goes at the end of the run. */
export function removeMade(path: string, made: FileIdentity): void {
  try {
    const there = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (there !== undefined && isSameIdentity(toIdentity(there), made)) unlinkSync(path)
  } catch {
    // Collected at the end of the run.
  }
}

function toIdentity({ dev, ino }: BigIntStats): FileIdentity {
  return { device: dev, inode: ino }
}
