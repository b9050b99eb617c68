import { createReadStream } from 'node:fs'
import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { FolderHolder } from '../storage/held-folders.ts'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { syncFolder } from './commit-file-system.ts'
import { formatCrc32 } from './format-crc32.ts'
import { removeRejects } from './rejects-file.ts'

/** A target that no source makes any more, with the source that made it and what a journal proves; paths relative, `/` between parts. */
export interface ProvedOrphan {
  readonly target: string
  readonly source: string
  readonly sizeBytes: number
  /** CRC-32 as eight hex digits. */
  readonly hash: string
}

interface PruneOptions {
  readonly targetRoot: string
  readonly orphans: readonly ProvedOrphan[]
  /** False leaves out the syncs. */
  readonly isDurable: boolean
}

/** `--prune`: removes orphans and their rejects. One that was edited stays. @returns those that are removed. */
export async function pruneOrphans({ targetRoot, orphans, isDurable }: PruneOptions): Promise<ProvedOrphan[]> {
  const paths = bookkeepingPaths(targetRoot)
  const { tree } = paths
  const place = { paths, fileSystem: fs, tree, folders: new FolderHolder(tree, fs), isDurable }
  const folders = new Set<string>()
  const removed: ProvedOrphan[] = []
  for (const orphan of orphans) {
    if (!(await isAsProved(targetRoot, orphan))) continue
    const path = join(targetRoot, orphan.target)
    await tree.removeFile(path)
    removed.push(orphan)
    folders.add(dirname(path))
    for (const folder of await removeRejects(place, orphan.source)) folders.add(folder)
  }
  if (isDurable) for (const folder of folders) await syncFolder(fs, folder)
  return removed
}

/** Whether a target has the size and the content that a journal proves. */
export async function isAsProved(targetRoot: string, { target, sizeBytes, hash }: ProvedOrphan): Promise<boolean> {
  const path = join(targetRoot, target)
  const { tree } = bookkeepingPaths(targetRoot)
  // Its folder may have become a link since it was looked at.
  if (!tree.isPlainFile(path) || tree.statFile(path)?.size !== sizeBytes) return false
  let found = 0
  for await (const chunk of createReadStream(path)) found = crc32(chunk as Buffer, found)
  return formatCrc32(found) === hash
}
