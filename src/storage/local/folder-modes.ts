import { statSync } from 'node:fs'
import { PRIVATE_FOLDER_MODE, targetFolderMode } from '../../model/paths/file-modes.ts'

/** The permissions of a folder of the target tree that is made: those of the source's folder of the same path. */
export type FolderModes = (targetFolder: string) => number

/**
 * @param sourceRoot null: not known here.
 * @returns for folders whose source folder cannot be looked at, a mode that lets nobody else in.
 */
export function folderModesOf(sourceRoot: string | null, targetRoot: string): FolderModes {
  return (targetFolder) => {
    if (sourceRoot === null) return PRIVATE_FOLDER_MODE
    try {
      return targetFolderMode(statSync(`${sourceRoot}${targetFolder.slice(targetRoot.length)}`).mode)
    } catch {
      return PRIVATE_FOLDER_MODE
    }
  }
}
