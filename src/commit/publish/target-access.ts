import { folderModesOf, type FolderModes } from '../../storage/folder-modes.ts'
import { openTargetStorage } from '../../storage/storages.ts'
import type { TargetStorage } from '../../storage/target-storage.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import { KnownFolders } from './known-folders.ts'

/** What publishing needs of a target tree. */
export interface TargetAccess {
  readonly paths: BookkeepingPaths
  readonly storage: TargetStorage
  readonly modeOf: FolderModes
  readonly mayOverwrite: boolean
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
  /** Default: the one that the root lies in. */
  readonly storage?: TargetStorage
}

export function openTarget(options: TargetAccessOptions): TargetAccess {
  const { targetRoot, sourceRoot, mayOverwrite, isDurable } = options
  const storage = options.storage ?? openTargetStorage(targetRoot)
  return {
    paths: bookkeepingPaths(targetRoot, storage),
    storage,
    modeOf: folderModesOf(sourceRoot, targetRoot),
    mayOverwrite,
    isDurable,
    knownFolders: options.knownFolders ?? new KnownFolders(),
  }
}
