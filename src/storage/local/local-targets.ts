import { lstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { MigrationError, fromWireError, isSystemError, toWireError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { NamedTarget, TargetFinder } from '../target-storage.ts'
import { isFolder, statIfThere } from './nearest-folder.ts'

/** Target trees on a file system of this machine. Everything is answered at once. */
class LocalTargets implements TargetFinder {
  find(given: string): NamedTarget {
    const path = resolve(given)
    return { kind: kindAt(path), folder: dirname(path), name: basename(path) }
  }

  /** Links are resolved as far as the path exists. */
  rootAt(given: string): string {
    return realPath(resolve(given))
  }
}

/** One serves all: it keeps nothing. */
export const localTargets = new LocalTargets()

function kindAt(path: string): NamedTarget['kind'] {
  const stats = statIfThere(path)
  if (stats === undefined) return 'nothing'
  if (stats.isDirectory()) return 'folder'
  return stats.isFile() ? 'file' : 'other'
}

function realPath(path: string): string {
  try {
    const real = realpathSync.native(path)
    if (!statSync(real).isDirectory()) throw notAFolder(path)
    return real
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown
    if (thrown.code === 'ENOTDIR') throw notAFolder(nearestFile(path))
    if (thrown.code !== 'ENOENT') throw fromWireError(toWireError(thrown, { phase: 'plan', file: path }))
  }
  // Not there, but a link is: it leads nowhere.
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw notAFolder(path)
  return join(realPath(dirname(path)), basename(path))
}

function nearestFile(path: string): string {
  const parent = dirname(path)
  return isFolder(parent) || parent === path ? path : nearestFile(parent)
}

function notAFolder(path: string): MigrationError {
  return new MigrationError(
    'TARGET_NOT_A_FOLDER',
    `${printableName(path)} is not a folder, so no target tree can be made there`,
    {
      phase: 'plan',
      hint: 'give --out a folder that exists, or a path where one can be made',
    },
  )
}
