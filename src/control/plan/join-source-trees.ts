import { mountedAt, SEVERAL, type SourceTree } from '../../model/journal-entry.ts'

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
