import { statSync, type BigIntStats } from 'node:fs'
import { join, relative } from 'node:path'
import type { SourceTree } from '../../model/journal-entry.ts'
import { readMountPoints } from './mount-points.ts'

/** Tells what a path leads to from all else that is there: a file may go by two names, by a link or in another case. Null: nothing. */
export function identityAt(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? null : identityOf(stats)
}

export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

/** A source tree as journals name it. @param root absolute real path. */
export function describeTree(root: string): SourceTree {
  const top = root.endsWith('/') ? root : `${root}/`
  const points = readMountPoints().filter((point) => point === root || point.startsWith(top))
  const mounts = [...new Set(points.map((point) => relative(root, point)))].sort()
  return {
    root,
    identity: lastingIdentityAt(root),
    mounts,
    mounted: mounts.map((mount) => lastingIdentityAt(join(root, mount))),
  }
}

/**
 * Inodes are given again when a folder is gone, so the time of its birth belongs to it. Not all file systems tell that, and a mount point may
 * be out of reach.
 */
function lastingIdentityAt(path: string): string | null {
  try {
    const { ino, birthtimeNs } = statSync(path, { bigint: true })
    return birthtimeNs > 0n ? `${ino}-${birthtimeNs}` : null
  } catch {
    return null
  }
}
