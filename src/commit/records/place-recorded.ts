import { closeSync, createReadStream, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { MigrationError } from '../../errors/migration-error.ts'
import type { RecordedTarget } from '../../model/commit-record.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import { GuardedTree } from '../../storage/guarded-tree.ts'
import { FolderHolder, type HeldFolder } from '../../storage/held-folders.ts'
import { HeldSources } from '../../storage/held-sources.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import { realFileSystem, type CommitFileSystem } from '../commit-file-system.ts'
import { folderModesOf, type FolderModes } from '../folder-modes.ts'
import { forEachConcurrently } from '../for-each-concurrently.ts'
import { placeRejects } from '../rejects-file.ts'
import { TargetPlacer } from '../target-placer.ts'

/** Folders of targets that are known to be there, durably: relative to the target tree (empty: the tree itself), and whole. */
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
  readonly tree: GuardedTree
  readonly folders: FolderHolder
  readonly placer: TargetPlacer
  readonly modeOf: FolderModes
  readonly isDurable: boolean
  readonly knownFolders: KnownFolders
}

/** What placing needs on a node or for who closes a generation. @param options.sourceRoot as in CommitterOptions. */
export function makePlacingContext(options: {
  readonly targetRoot: string
  readonly sourceRoot: string | null
  readonly mayOverwrite: boolean
  readonly isDurable: boolean
  readonly knownFolders: KnownFolders
}): PlacingContext {
  const { targetRoot, sourceRoot, mayOverwrite, isDurable, knownFolders } = options
  const tree = new GuardedTree(targetRoot)
  return {
    paths: bookkeepingPaths(targetRoot),
    fileSystem: realFileSystem,
    tree,
    folders: new FolderHolder(tree, realFileSystem),
    placer: new TargetPlacer(realFileSystem, mayOverwrite),
    modeOf: folderModesOf(sourceRoot, targetRoot),
    isDurable,
    knownFolders,
  }
}

/** A target that was committed, with the file of the shard that it was made of. */
export interface TargetToPlace {
  readonly file: Pick<ShardFile, 'path' | 'target' | 'seen'>
  readonly recorded: RecordedTarget
}

/**
 * Puts the staged files of recorded targets into place: rejects first, since a target that is there must never lack the rejects
 * that belong to it. May be done by anybody, any number of times: who is late finds no staged file, or the target in its place.
 * A folder that was there and is gone is made again. Each folder is held while targets go into it.
 * @param changed gets the folders that changed, for syncing.
 * @param onFailed told of each target that is not in its place: MigrationError COMMIT_VOID where neither the staged file nor the recorded
 * target is there, TARGET_EXISTS, TARGET_LINK and TARGET_NOT_A_FOLDER for what is not ours, errors of the system.
 */
export async function placeRecorded(
  targets: readonly TargetToPlace[],
  context: PlacingContext,
  changed: Set<string>,
  onFailed: (target: TargetToPlace, error: unknown) => void,
): Promise<void> {
  const staged = new HeldSources(context.folders)
  try {
    await placeByFolder(targets, staged, context, changed, onFailed)
  } finally {
    staged.release()
  }
}

async function placeByFolder(
  targets: readonly TargetToPlace[],
  staged: HeldSources,
  context: PlacingContext,
  changed: Set<string>,
  onFailed: (target: TargetToPlace, error: unknown) => void,
): Promise<void> {
  for (const [folder, inside] of byFolder(targets)) {
    let held: HeldFolder
    try {
      held = await holdTargetFolder(folder, context, changed)
    } catch (error) {
      for (const target of inside) onFailed(target, error)
      continue
    }
    try {
      for (const target of inside) {
        try {
          await placeOne(target, { held, staged }, context, changed).catch((error: unknown) => {
            if (!isOfGoneFolder(error)) throw error
            return placeAgain(target, { folder, staged }, context, changed)
          })
          // Only now: a folder that is not there cannot be synced, and would cost all files of the shard their lines in the journal.
          changed.add(pathOf(folder, context))
        } catch (error) {
          onFailed(target, error)
        }
      }
    } finally {
      held.release()
    }
  }
}

function isOfGoneFolder(error: unknown): boolean {
  return ['ENOENT', 'COMMIT_VOID'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/** Somebody took the folder away while it was held. Another placer may have made it again, and put the target into that one. */
async function placeAgain(
  target: TargetToPlace,
  { folder, staged }: { readonly folder: string; readonly staged: HeldSources },
  context: PlacingContext,
  changed: Set<string>,
): Promise<void> {
  const held = await holdTargetFolder(folder, context, changed)
  try {
    await placeOne(target, { held, staged }, context, changed)
  } finally {
    held.release()
  }
}

async function placeOne(
  { file, recorded }: TargetToPlace,
  { held, staged }: { readonly held: HeldFolder; readonly staged: HeldSources },
  context: PlacingContext,
  changed: Set<string>,
): Promise<void> {
  const { targetRoot } = context.paths
  if (recorded.stagedRejects !== null) {
    try {
      const folders = await placeRejects(context, file.path, staged.pathOf(`${targetRoot}/${recorded.stagedRejects}`))
      for (const folder of folders) changed.add(folder)
    } catch (error) {
      // They are in their place already.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  const shown = `${targetRoot}/${file.target}`
  const path = `${held.path}${shown.slice(shown.lastIndexOf('/'))}`
  let stagedPath: string | null = null
  try {
    stagedPath = staged.pathOf(`${targetRoot}/${recorded.stagedTarget}`)
    const placing = context.placer.place(stagedPath, { path, shown, seen: file.seen })
    if (placing !== undefined) await placing
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'TARGET_EXISTS' && stagedPath !== null && (await isRecordedTarget(path, recorded))) {
      await unlink(stagedPath).catch(() => undefined)
    } else if (code !== 'ENOENT' || isThere(stagedPath)) throw error
    else if (!(await isRecordedTarget(path, recorded))) throw voidCommit(file.target)
  }
}

function isThere(stagedPath: string | null): boolean {
  return stagedPath !== null && lstatSync(stagedPath, { throwIfNoEntry: false }) !== undefined
}

function byFolder(targets: readonly TargetToPlace[]): Map<string, TargetToPlace[]> {
  const folders = new Map<string, TargetToPlace[]>()
  for (const target of targets) {
    const folder = folderOf(target.file.target)
    const beside = folders.get(folder)
    if (beside === undefined) folders.set(folder, [target])
    else beside.push(target)
  }
  return folders
}

/**
 * Makes the folders of targets that are not known to be there, before anything is promised.
 * @param changed gets those that got an entry by this.
 * @throws errors of the system. What is no folder is left to `placeRecorded`, which tells of it file by file.
 */
export async function makeTargetFolders(
  targets: Iterable<string>,
  context: PlacingContext,
  changed: Set<string>,
): Promise<void> {
  const unknown = new Set<string>()
  for (const target of targets) if (!context.knownFolders.has(folderOf(target))) unknown.add(folderOf(target))
  await forEachConcurrently([...unknown], async (folder) => {
    try {
      const held = await holdTargetFolder(folder, context, changed)
      held.release()
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error
    }
  })
}

async function holdTargetFolder(folder: string, context: PlacingContext, changed: Set<string>): Promise<HeldFolder> {
  const path = pathOf(folder, context)
  const held = await context.folders.holdOrMake(path, context.modeOf, (above) => changed.add(above))
  if (!context.knownFolders.has(folder)) {
    // Whoever made those above it may have died before syncing them.
    for (let inner = folder; inner !== '';) changed.add(pathOf((inner = folderOf(inner)), context))
    rememberFolder(context.knownFolders, folder, path)
  }
  return held
}

function pathOf(folder: string, { paths }: PlacingContext): string {
  return folder === '' ? paths.targetRoot : `${paths.targetRoot}/${folder}`
}

function folderOf(target: string): string {
  const slash = target.lastIndexOf('/')
  return slash < 0 ? '' : target.slice(0, slash)
}

/** Whether the target is in its place. A link there is not followed, a FIFO not waited for. */
async function isRecordedTarget(path: string, { targetBytes, targetHash }: RecordedTarget): Promise<boolean> {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch {
    return false
  }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.size !== targetBytes) return false
    let hash = 0
    for await (const chunk of createReadStream(path, { fd: descriptor, autoClose: false }))
      hash = crc32(chunk as Buffer, hash)
    return hash === targetHash
  } finally {
    closeSync(descriptor)
  }
}

function voidCommit(target: string): MigrationError {
  return new MigrationError('COMMIT_VOID', `the target ${target} is gone, and so is its staged file`, {
    phase: 'commit',
    hint: 'something else removed it; it is made again',
    position: { file: target },
  })
}
