import { lstatSync, realpathSync, statSync, type Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { MigrationError, fromWireError, isSystemError, toWireError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'

export interface TargetRoot {
  /** Absolute path of the target tree, links resolved as far as it exists. */
  readonly root: string
  /** The target's name where `--out` names a file; null: names follow from the sources. */
  readonly singleName: string | null
}

/**
 * Works out what `--out` means. For a single source file it is a folder to put the target into when it is one or ends in `/`, else
 * the target itself; for a tree it is always the target tree, which may not exist yet and may itself be a link to a folder.
 * @throws MigrationError TARGET_NOT_A_FOLDER where something else is in the way, WRONG_USE for a pipe or device; the errno's name where it cannot be looked at.
 */
export function resolveTargetRoot(out: string, isSingleFile: boolean): TargetRoot {
  const path = resolve(out)
  if (isSingleFile && !/[/\\]$/.test(out) && !isFolder(path)) {
    refuseDevice(path)
    return { root: realPath(dirname(path)), singleName: basename(path) }
  }
  return { root: realPath(path), singleName: null }
}

/** `/dev/stdout`, a FIFO: a target is staged beside its place and renamed into it, which nobody at the other end would see. */
function refuseDevice(path: string): void {
  const stats = statIfThere(path)
  if (stats === undefined || stats.isFile() || stats.isDirectory()) return
  throw new MigrationError('WRONG_USE', `--out ${printableName(path)} is neither a file nor a folder`, {
    phase: 'plan',
    hint: 'pipes, sockets and devices are not written: name a file',
  })
}

/** The nearest folder above a path, or the path itself, that exists. */
export function nearestFolder(path: string): string {
  return isFolder(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}

function isFolder(path: string): boolean {
  return statIfThere(path)?.isDirectory() === true
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
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
