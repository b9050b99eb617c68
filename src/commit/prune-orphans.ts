import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FolderHolder } from '../storage/held-folders.ts'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { syncFolder } from './commit-file-system.ts'
import { removeRejects } from './rejects-file.ts'

interface PruneOptions {
  readonly targetRoot: string
  /** Targets that no source makes any more, with the source that made them; paths relative, `/` between parts. */
  readonly orphans: readonly { readonly target: string; readonly source: string }[]
  /** False leaves out the syncs. */
  readonly isDurable: boolean
}

/** `--prune`: removes orphans and their rejects. The caller has made sure that each is still as a journal proves it. */
export async function pruneOrphans({ targetRoot, orphans, isDurable }: PruneOptions): Promise<void> {
  const paths = bookkeepingPaths(targetRoot)
  const { tree } = paths
  const place = { paths, fileSystem: fs, tree, folders: new FolderHolder(tree, fs), isDurable }
  const folders = new Set<string>()
  for (const { target, source } of orphans) {
    const path = join(targetRoot, target)
    // Its folder may have become a link since it was looked at.
    if (!tree.isPlainFile(path)) continue
    await tree.removeFile(path)
    folders.add(dirname(path))
    for (const folder of await removeRejects(place, source)) folders.add(folder)
  }
  if (isDurable) for (const folder of folders) await syncFolder(fs, folder)
}
