import { join } from 'node:path'
import { BOOKKEEPING_FOLDER, STAGING_FOLDER } from '../model/paths/path-inside.ts'
import { openTargetStorage } from '../storage/storages.ts'
import type { TargetStorage } from '../storage/target-storage.ts'

/** Where each kind of bookkeeping lies: absolute if the target root is. */
export interface BookkeepingPaths {
  readonly targetRoot: string
  /** The target tree with what is in it: the only way to open, make, rename or remove anything there. */
  readonly tree: TargetStorage
  /** `<targetRoot>/.migrate` */
  readonly root: string
  readonly lock: string
  /** One file for each shard or node that works on the tree together with others. */
  readonly members: string
  readonly manifests: string
  readonly journal: string
  readonly rejects: string
  /** Lines `{file, rejects}` for rejects files whose own name does not fit the file system. */
  readonly rejectsIndex: string
  readonly staged: string
  /** Plans that are frozen for the nodes of a cluster: `<manifestHash>/<generation>/`. */
  readonly cluster: string
  /** Commit records of nodes: `<manifestHash>/<generation>/`. */
  readonly commit: string
  /** Reports of shards, and of runs on a cluster. */
  readonly reports: string
}

/**
 * Names every bookkeeping path of a target tree; creates nothing.
 * @param storage of the tree; default: the one that its root lies in.
 */
export function bookkeepingPaths(targetRoot: string, storage = openTargetStorage(targetRoot)): BookkeepingPaths {
  const root = join(targetRoot, BOOKKEEPING_FOLDER)
  return {
    targetRoot,
    tree: storage,
    root,
    lock: join(root, 'lock'),
    members: join(root, 'lock.members'),
    manifests: join(root, 'manifests'),
    journal: join(root, 'journal'),
    rejects: join(root, 'rejects'),
    rejectsIndex: join(root, 'rejects', 'index.ndjson'),
    staged: join(root, STAGING_FOLDER),
    cluster: join(root, 'cluster'),
    commit: join(root, 'commit'),
    reports: join(root, 'reports'),
  }
}
