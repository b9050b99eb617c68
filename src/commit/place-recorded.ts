import { createReadStream, existsSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { MigrationError } from '../errors/migration-error.ts'
import type { RecordedTarget } from '../model/commit-record.ts'
import type { BookkeepingPaths } from './bookkeeping-paths.ts'
import { makeFolder, type CommitFileSystem } from './commit-file-system.ts'
import { placeRejects } from './rejects-file.ts'
import type { TargetRenamer } from './target-renamer.ts'

/** Folders of targets that are known to be there: relative to the target tree (empty: the tree itself), and whole. */
export type KnownFolders = Map<string, string>

/** More are looked for again. */
const KNOWN_FOLDERS_LIMIT = 10_000

/** Notes that a folder is there. */
export function rememberFolder(known: KnownFolders, folder: string, path: string): void {
  if (known.size >= KNOWN_FOLDERS_LIMIT) known.clear()
  known.set(folder, path)
}

export interface PlacingContext {
  readonly paths: BookkeepingPaths
  readonly fileSystem: CommitFileSystem
  readonly renamer: TargetRenamer
  readonly isDurable: boolean
  readonly knownFolders: KnownFolders
}

/**
 * Renames the staged files of a recorded target into place: rejects first, since a target that is there must never lack the rejects
 * that belong to it. May be done by anybody, any number of times: a rename takes the staged file away, so a late one finds nothing.
 * A folder that was there and is gone is made again.
 * @param folders gets those that changed, for syncing.
 * @throws MigrationError COMMIT_VOID where neither the staged file nor the recorded target is there.
 */
export async function placeRecorded(
  source: string,
  target: string,
  recorded: RecordedTarget,
  context: PlacingContext,
  folders: Set<string>,
): Promise<void> {
  const { targetRoot } = context.paths
  const making = makeTargetFolder(target, context, folders)
  if (making !== undefined) await making
  if (recorded.stagedRejects !== null) {
    try {
      const changed = await placeRejects(context, source, `${targetRoot}/${recorded.stagedRejects}`)
      for (const folder of changed) folders.add(folder)
    } catch (error) {
      // They are in their place already.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  const staged = `${targetRoot}/${recorded.stagedTarget}`
  const path = `${targetRoot}/${target}`
  try {
    const renaming = context.renamer.rename(staged, path)
    if (renaming !== undefined) await renaming
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (existsSync(staged)) {
      await makeUnknownFolder(folderOf(target), context, folders)
      await context.fileSystem.rename(staged, path)
    } else if (!(await isRecordedTarget(path, recorded))) throw voidCommit(target)
  }
  // Only now: a folder that is not there cannot be synced, and would cost all files of the shard their lines in the journal.
  const folder = folderOf(target)
  folders.add(context.knownFolders.get(folder) ?? pathOf(folder, context))
}

/**
 * Makes the folder of a target.
 * @param folders gets those that got an entry by this.
 * @returns undefined where the folder is known to be there, as it is for nearly all of many small files.
 */
export function makeTargetFolder(
  target: string,
  context: PlacingContext,
  folders: Set<string>,
): Promise<void> | undefined {
  const folder = folderOf(target)
  return context.knownFolders.has(folder) ? undefined : makeUnknownFolder(folder, context, folders)
}

async function makeUnknownFolder(folder: string, context: PlacingContext, folders: Set<string>): Promise<void> {
  const path = pathOf(folder, context)
  for (const changed of await makeFolder(context.fileSystem, path)) folders.add(changed)
  // Whoever made those above it may have died before syncing them.
  for (let inner = folder; inner !== '';) folders.add(pathOf((inner = folderOf(inner)), context))
  rememberFolder(context.knownFolders, folder, path)
}

function pathOf(folder: string, { paths }: PlacingContext): string {
  return folder === '' ? paths.targetRoot : `${paths.targetRoot}/${folder}`
}

function folderOf(target: string): string {
  const slash = target.lastIndexOf('/')
  return slash < 0 ? '' : target.slice(0, slash)
}

async function isRecordedTarget(path: string, { targetBytes, targetHash }: RecordedTarget): Promise<boolean> {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || stat.size !== targetBytes) return false
  let hash = 0
  for await (const chunk of createReadStream(path)) hash = crc32(chunk as Buffer, hash)
  return hash === targetHash
}

function voidCommit(target: string): MigrationError {
  return new MigrationError('COMMIT_VOID', `the target ${target} is gone, and so is its staged file`, {
    phase: 'commit',
    hint: 'something else removed it; it is made again',
    position: { file: target },
  })
}
