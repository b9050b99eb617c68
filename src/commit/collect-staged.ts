import fs from 'node:fs/promises'
import { join } from 'node:path'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { removeFile } from './commit-file-system.ts'
import { readManifests, type ManifestClaim, type ManifestHeader } from './manifest.ts'
import { listFolder } from './run-id.ts'
import { besideTargetPrefix } from './staging-area.ts'

/**
 * Removes the staged files of runs that are dead: of every run but `liveRunId` and `others`, since only who holds the lock may call this. Staged
 * files beside targets on other mounts are found through the manifests of their runs, so call it before those are settled.
 * @param options.liveRunId null at the end of a run, when its own staged files go too.
 */
export async function collectStaged(options: {
  readonly targetRoot: string
  readonly liveRunId: string | null
  /** Shards that work on the tree too. */
  readonly others?: ReadonlySet<string>
}): Promise<void> {
  const paths = bookkeepingPaths(options.targetRoot)
  const isLive = (runId: string): boolean => runId === options.liveRunId || options.others?.has(runId) === true
  for (const runId of await listFolder(paths.staged)) {
    if (!isLive(runId)) await fs.rm(join(paths.staged, runId), { recursive: true, force: true })
  }

  const runsByFolder = new Map<string, Set<string>>()
  const noteFolder = ({ stagedFolder }: ManifestClaim, { runId }: ManifestHeader): void => {
    if (stagedFolder === undefined || isLive(runId)) return
    const runs = runsByFolder.get(stagedFolder) ?? new Set()
    runsByFolder.set(stagedFolder, runs.add(runId))
  }
  await readManifests(options.targetRoot, noteFolder, (runId) => !isLive(runId))
  for (const [folder, runs] of runsByFolder) {
    const prefixes = [...runs].map(besideTargetPrefix)
    for (const name of await listFolder(join(options.targetRoot, folder))) {
      if (prefixes.some((prefix) => name.startsWith(prefix)))
        await removeFile(fs, join(options.targetRoot, folder, name))
    }
  }
}
