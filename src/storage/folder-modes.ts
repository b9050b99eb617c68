import { PRIVATE_FOLDER_MODE, targetFolderMode } from '../model/paths/file-modes.ts'
import { andThen, recovering, type Answer } from './answer.ts'
import type { SourceStorage } from './source-storage.ts'
import { sourcesAt } from './storages.ts'

/** The permissions of a folder of the target tree that is made: those of the source's folder of the same path. */
export type FolderModes = (targetFolder: string) => Answer<number>

/**
 * @param sourceRoot null: not known here. @param sources where it lies; default: what its path tells.
 * @returns for folders whose source folder cannot be looked at, a mode that lets nobody else in.
 */
export function folderModesOf(sourceRoot: string | null, targetRoot: string, sources?: SourceStorage): FolderModes {
  if (sourceRoot === null) return () => PRIVATE_FOLDER_MODE
  const storage = sources ?? sourcesAt(sourceRoot)
  return (targetFolder) =>
    recovering(
      () => andThen(storage.modeOf(`${sourceRoot}${targetFolder.slice(targetRoot.length)}`), targetFolderMode),
      () => PRIVATE_FOLDER_MODE,
    )
}
