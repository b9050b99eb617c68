import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { MigrationError, toWireError, type WireError } from '../errors/migration-error.ts'
import type { PublishingSession } from '../storage/target-storage.ts'
import type { TreeFile, TreeFileHead, TreeFiles } from '../storage/tree-files.ts'
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
  const { tree } = paths
  const session = tree.beginPublishing()
  const place = { paths, session, isDurable }
  const folders = new Set<string>()
  try {
    for (const orphan of orphans) {
      const path = join(targetRoot, orphan.target)
      await options.assertOwned()
      try {
        await requireWayToRejects(place, orphan.source)
        if (!(await removeIfProved(path, orphan, { tree, session }))) continue
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
  const [failure] = (await tree.syncFolders(folders)).values()
  if (failure !== undefined) throw failure
}

/** Its folder is held from the look at it to its end, and what is removed is the very file that was looked at. */
async function removeIfProved(
  path: string,
  orphan: ProvedOrphan,
  { tree, session }: { readonly tree: TreeFiles; readonly session: PublishingSession },
): Promise<boolean> {
  const found = await findProved(tree, path, orphan)
  if (found === null) return false
  const folder = await session.folder(dirname(path))
  if (folder === null) return false
  try {
    return await folder.removeSame(basename(path), found)
  } finally {
    folder.release()
  }
}

/** Whether a target has the size and the content that a journal proves. */
export async function isAsProved(targetRoot: string, orphan: ProvedOrphan): Promise<boolean> {
  return (await findProved(bookkeepingPaths(targetRoot).tree, join(targetRoot, orphan.target), orphan)) !== null
}

/** What the target is, if it is as a journal proves; null for anything else, which is neither followed nor waited for. */
async function findProved(
  tree: TreeFiles,
  path: string,
  { sizeBytes, hash }: ProvedOrphan,
): Promise<TreeFileHead | null> {
  const file = await openPlainFile(tree, path)
  if (file === null) return null
  try {
    const head = await file.head()
    return head.sizeBytes === sizeBytes && formatCrc32(await hashOf(file)) === hash ? head : null
  } finally {
    await file.close()
  }
}

/** Bytes that are read at once. */
const PIECE_BYTES = 1 << 18

async function hashOf(file: TreeFile): Promise<number> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  let hash = 0
  for (let offset = 0; ;) {
    const count = await file.readAt(piece, 0, piece.length, offset)
    if (count === 0) return hash
    hash = crc32(piece.subarray(0, count), hash)
    offset += count
  }
}

async function openPlainFile(tree: TreeFiles, path: string): Promise<TreeFile | null> {
  try {
    return await tree.openIfThere(path, 'r')
  } catch (error) {
    if (error instanceof MigrationError) return null
    throw error
  }
}
