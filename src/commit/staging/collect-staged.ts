import { join } from 'node:path'
import { MigrationError } from '../../errors/migration-error.ts'
import type { TreeFiles } from '../../storage/tree-files.ts'
import { bookkeepingPaths } from '../bookkeeping-paths.ts'
import type { AssertOwned } from '../lock/lock.ts'
import { readManifests, type ManifestClaim, type ManifestHeader } from '../journal/manifest.ts'
import { runIdOf } from '../run-id.ts'
import { besideTargetPrefix } from './staging-area.ts'

/**
 * Removes the staged files of runs that are dead: of every run but `liveRunId` and `others`, since only who holds the lock may call this. Staged
 * files beside targets on other mounts are found through the manifests of their runs, so call it before those are settled.
 * @param options.liveRunId null at the end of a run, when its own staged files go too.
 * @throws LOCK_LOST; errors of the system.
 */
export async function collectStaged(options: {
  readonly targetRoot: string
  readonly liveRunId: string | null
  /** Shards that work on the tree too. */
  readonly others?: ReadonlySet<string>
  /** Asked before each removal: what is staged once the tree is lost may be the new owner's. */
  readonly assertOwned: AssertOwned
  /** A run that has staged nothing beside its targets: its manifest, which may have a million lines, is not read. */
  readonly stagedInOneArea?: string | null
}): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot)
  const { tree } = paths
  const isLive = (runId: string): boolean => runId === options.liveRunId || options.others?.has(runId) === true
  // What has another name than that of a run is not ours.
  for (const name of await tree.list(paths.staged)) {
    if (runIdOf(name) !== name || isLive(name)) continue
    await options.assertOwned()
    await tree.removeTree(join(paths.staged, name))
  }

  const runsByFolder = new Map<string, Set<string>>()
  const noteFolder = ({ stagedFolder }: ManifestClaim, { runId }: ManifestHeader): void => {
    if (stagedFolder === undefined || isLive(runId)) return
    const runs = runsByFolder.get(stagedFolder) ?? new Set()
    runsByFolder.set(stagedFolder, runs.add(runId))
  }
  await readManifests(options.targetRoot, noteFolder, (runId) => !isLive(runId) && runId !== options.stagedInOneArea)
  for (const [folder, runs] of runsByFolder) {
    await options.assertOwned()
    await removeBesideTargets(tree, join(options.targetRoot, folder), [...runs].map(besideTargetPrefix))
  }
}

/** A folder that is a link by now holds nothing of ours, and costs nobody the run. */
async function removeBesideTargets(tree: TreeFiles, folder: string, prefixes: readonly string[]): Promise<void> {
  try {
    for (const name of await tree.list(folder)) {
      if (prefixes.some((prefix) => name.startsWith(prefix))) await tree.removeFile(join(folder, name))
    }
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error
  }
}
