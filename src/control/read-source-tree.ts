import { statSync } from 'node:fs'
import { relative } from 'node:path'
import { readMountPoints } from '../commit/mount-points.ts'
import type { SourceTree } from '../model/journal-entry.ts'

/** A source tree as journals name it. @param root absolute real path. */
export function readSourceTree(root: string): SourceTree {
  const top = root.endsWith('/') ? root : `${root}/`
  const mounts = readMountPoints().filter((point) => point === root || point.startsWith(top))
  return { root, identity: identityOf(root), mounts: [...new Set(mounts.map((point) => relative(root, point)))].sort() }
}

/** Inodes are given again when a folder is gone, so the time of its birth belongs to it. Not all file systems tell that. */
function identityOf(root: string): string | null {
  const { ino, birthtimeNs } = statSync(root, { bigint: true })
  return birthtimeNs > 0n ? `${ino}-${birthtimeNs}` : null
}
