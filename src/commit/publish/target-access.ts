import { GuardedTree } from '../../storage/guarded-tree.ts'
import { FolderHolder } from '../../storage/held-folders.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import { realFileSystem, type CommitFileSystem, type PlacingFileSystem } from '../commit-file-system.ts'
import { folderModesOf, type FolderModes } from '../folder-modes.ts'
import { TargetPlacer } from '../target-placer.ts'
import { KnownFolders } from './known-folders.ts'

/** What publishing needs of a target tree. */
export interface TargetAccess {
  readonly paths: BookkeepingPaths
  readonly fileSystem: CommitFileSystem
  readonly tree: GuardedTree
  readonly folders: FolderHolder
  readonly placer: TargetPlacer
  readonly modeOf: FolderModes
  readonly isDurable: boolean
  readonly knownFolders: KnownFolders
}

export interface TargetAccessOptions {
  readonly targetRoot: string
  /** Where the modes of new folders come from; null: they are for the own user alone. */
  readonly sourceRoot: string | null
  /** `--overwrite`: files may be replaced that the plan did not see. */
  readonly mayOverwrite: boolean
  /** False leaves out all syncs (`--no-fsync`). */
  readonly isDurable: boolean
  /** Default: none. */
  readonly knownFolders?: KnownFolders
  readonly fileSystem?: PlacingFileSystem
}

export function openTarget(options: TargetAccessOptions): TargetAccess {
  const { targetRoot, sourceRoot, mayOverwrite, isDurable, fileSystem = realFileSystem } = options
  const tree = new GuardedTree(targetRoot, fileSystem)
  return {
    paths: bookkeepingPaths(targetRoot),
    fileSystem,
    tree,
    folders: new FolderHolder(tree, fileSystem),
    placer: new TargetPlacer(fileSystem, mayOverwrite),
    modeOf: folderModesOf(sourceRoot, targetRoot),
    isDurable,
    knownFolders: options.knownFolders ?? new KnownFolders(),
  }
}
