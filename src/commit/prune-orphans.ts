import type { BigIntStats } from 'node:fs'
import fs, { type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { MigrationError, toWireError, type WireError } from '../errors/migration-error.ts'
import type { GuardedTree } from '../storage/local/guarded-tree.ts'
import { LocalStorage } from '../storage/local/local-storage.ts'
import { FolderHolder } from '../storage/local/held-folders.ts'
import { bookkeepingPaths } from './bookkeeping-paths.ts'
import { formatCrc32 } from './journal/format-crc32.ts'
import type { AssertOwned } from './lock/lock.ts'
import { removeRejects, requireWayToRejects } from './rejects-file.ts'

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
  /** Asked before each of them. */
  readonly assertOwned: AssertOwned
  /** Told of each orphan that could not be removed with all its rejects, and why; the others do not suffer for it. */
  readonly onFailed: (orphan: ProvedOrphan, error: WireError) => void
  /** Told of each that is removed, whatever fails after that. */
  readonly onRemoved: (orphan: ProvedOrphan) => void
}

/**
 * `--prune`: removes orphans and their rejects. One that was edited stays, and so does one whose rejects cannot be reached.
 * @throws LOCK_LOST; errors of the system where a folder cannot be synced.
 */
export async function pruneOrphans(options: PruneOptions): Promise<void> {
  const { targetRoot, orphans, isDurable, onFailed, onRemoved } = options
  const paths = bookkeepingPaths(targetRoot)
  const storage = new LocalStorage(targetRoot)
  const session = storage.beginPublishing()
  const place = { paths, session, isDurable }
  const holder = { tree: paths.tree, folders: new FolderHolder(paths.tree, fs) }
  const folders = new Set<string>()
  try {
    for (const orphan of orphans) {
      const path = join(targetRoot, orphan.target)
      await options.assertOwned()
      try {
        await requireWayToRejects(place, orphan.source)
        if (!(await removeIfProved(path, orphan, holder))) continue
        onRemoved(orphan)
        folders.add(dirname(path))
        for (const folder of await removeRejects(place, orphan.source)) folders.add(folder)
      } catch (error) {
        onFailed(orphan, toWireError(error, { phase: 'commit', file: orphan.target }))
      }
    }
  } finally {
    session.end()
  }
  if (!isDurable) return
  const [failure] = (await storage.syncFolders(folders)).values()
  if (failure !== undefined) throw failure
}

/** Its folder is held from the look at it to its end, and what is removed is the very file that was looked at. */
async function removeIfProved(
  path: string,
  orphan: ProvedOrphan,
  { tree, folders }: { readonly tree: GuardedTree; readonly folders: FolderHolder },
): Promise<boolean> {
  const found = await findProved(tree, path, orphan)
  if (found === null) return false
  const held = folders.hold(dirname(path))
  if (held === null) return false
  try {
    const heldPath = `${held.path}/${basename(path)}`
    const now = await fs.lstat(heldPath, { bigint: true })
    if (now.dev !== found.dev || now.ino !== found.ino || now.mtimeNs !== found.mtimeNs) return false
    await fs.unlink(heldPath)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  } finally {
    held.release()
  }
}

/** Whether a target has the size and the content that a journal proves. */
export async function isAsProved(targetRoot: string, orphan: ProvedOrphan): Promise<boolean> {
  return (await findProved(bookkeepingPaths(targetRoot).tree, join(targetRoot, orphan.target), orphan)) !== null
}

/** What the target is, if it is as a journal proves; null for anything else, which is neither followed nor waited for. */
async function findProved(
  tree: GuardedTree,
  path: string,
  { sizeBytes, hash }: ProvedOrphan,
): Promise<BigIntStats | null> {
  const handle = await openPlainFile(tree, path)
  if (handle === null) return null
  try {
    const stats = await handle.stat({ bigint: true })
    if (Number(stats.size) !== sizeBytes) return null
    let found = 0
    for await (const chunk of handle.createReadStream({ autoClose: false })) found = crc32(chunk as Buffer, found)
    return formatCrc32(found) === hash ? stats : null
  } finally {
    await handle.close()
  }
}

async function openPlainFile(tree: GuardedTree, path: string): Promise<FileHandle | null> {
  try {
    return await tree.openIfThere(path, 'r')
  } catch (error) {
    if (error instanceof MigrationError) return null
    throw error
  }
}
