import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readMountPoints } from '../../storage/local/mount-points.ts'
import { mountedAt, SEVERAL, type SourceTree } from '../../model/journal-entry.ts'

/** A source tree as journals name it. @param root absolute real path. */
export function readSourceTree(root: string): SourceTree {
  const top = root.endsWith('/') ? root : `${root}/`
  const points = readMountPoints().filter((point) => point === root || point.startsWith(top))
  const mounts = [...new Set(points.map((point) => relative(root, point)))].sort()
  return { root, identity: identityOf(root), mounts, mounted: mounts.map((mount) => identityOf(join(root, mount))) }
}

/**
 * One tree in the journals for both: what was mounted in it once must not be forgotten, nor may what is mounted now be taken for what the older
 * proofs are about.
 */
export function joinSourceTrees(here: SourceTree, before: SourceTree): SourceTree {
  const mounts = [...new Set([...here.mounts, ...before.mounts])].sort()
  const mounted = mounts.map((mount) => {
    const [one, other] = [here, before].map((tree) => mountedAt(tree, mount))
    if (one === undefined || other === undefined) return SEVERAL
    return one === null || other === null || one === other ? (one ?? other) : SEVERAL
  })
  return { ...here, mounts, mounted }
}

/**
 * Inodes are given again when a folder is gone, so the time of its birth belongs to it. Not all file systems tell that, and a mount point may
 * be out of reach.
 */
function identityOf(path: string): string | null {
  try {
    const { ino, birthtimeNs } = statSync(path, { bigint: true })
    return birthtimeNs > 0n ? `${ino}-${birthtimeNs}` : null
  } catch {
    return null
  }
}
