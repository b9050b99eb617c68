import { isUtf8 } from 'node:buffer'
import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fromWireError, isSystemError, toWireError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import { suggestNearest } from '../../errors/suggest-nearest.ts'
import { BOOKKEEPING_FOLDER } from '../../model/paths/path-inside.ts'
import type { SourceTree } from '../../model/journal-entry.ts'
import type { FoundFile, FoundSource, SourceEntry, SourceFolder, SourceStorage } from '../source-storage.ts'
import type { EntryKind } from '../tree-files.ts'
import { describeTree, identityAt, identityOf } from './identities.ts'
import { foundFile, LocalBytes } from './local-bytes.ts'
import { kindOf } from './local-file.ts'

/**
 * Source trees on a file system of this machine. Everything is answered at once.
 *
 * Names are read as latin1, where each character stands for one byte: nothing is lost, and sorting them sorts by bytes. A million names as Buffers
 * would take three times the memory.
 */
export class LocalSources implements SourceStorage {
  readonly isSynchronous = true

  find(given: string): FoundSource | null {
    const stats = statIfThere(given)
    if (stats === undefined) return null
    if (stats.isDirectory()) return { kind: 'folder', root: realpathSync.native(given) }
    if (!stats.isFile()) return { kind: 'other' }
    const root = realpathSync.native(dirname(resolve(given)))
    return { kind: 'file', root, name: basename(given), head: foundFile(stats) }
  }

  hintAtMissing(given: string): string {
    return nearestThatExists(resolve(given))
  }

  identify({ root, path }: SourceFolder): string {
    return identityOf(statSync(absolute(root, path), { bigint: true }))
  }

  list(folder: SourceFolder): Iterable<SourceEntry> {
    const names = readdirSync(absolute(folder.root, folder.path), { encoding: 'latin1' }).sort()
    return lookAtNames(folder, names)
  }

  look(folder: SourceFolder, name: string): SourceEntry | null {
    return lookAtListed(folder, name)
  }

  head(path: string): FoundFile | null {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stats === undefined ? null : foundFile(stats)
  }

  kindOf(path: string): EntryKind | null {
    try {
      return kindOf(lstatSync(path))
    } catch (error) {
      if (saysNothingIsThere(error)) return null
      throw error
    }
  }

  identityOf(path: string): string | null {
    return identityAt(path)
  }

  modeOf(folder: string): number {
    return statSync(folder).mode
  }

  describeTree(root: string): SourceTree {
    return describeTree(root)
  }

  open(path: string): LocalBytes {
    return LocalBytes.open(path)
  }
}

/** One serves all: it keeps nothing. */
export const localSources = new LocalSources()

function* lookAtNames(folder: SourceFolder, names: readonly string[]): Generator<SourceEntry, void> {
  for (const byteName of names) {
    const entry = lookAtName(folder, byteName)
    if (entry !== null) yield entry
  }
}

function lookAtName(folder: SourceFolder, byteName: string): SourceEntry | null {
  const { root, followLinks } = folder
  const { name, isValid } = decodeName(byteName)
  const path = join(folder.path, name)
  try {
    const named = isValid ? absolute(root, path) : bytepath(absolute(root, folder.path), byteName)
    let stats: BigIntStats | undefined = lstatSync(named, { bigint: true, throwIfNoEntry: false })
    if (stats?.isSymbolicLink()) {
      stats = followLinks && isValid ? statsInside(root, path) : undefined
      if (stats === undefined) return { kind: 'link', name }
    }
    if (stats === undefined) return null
    if (isValid || !(stats.isFile() || stats.isDirectory())) return entryOf(folder.path, name, stats)
    return { kind: 'unreadable-name', name, bytes: Buffer.from(byteName, 'latin1'), isFolder: stats.isDirectory() }
  } catch (error) {
    return { kind: 'failed', name, error }
  }
}

function entryOf(folder: string, name: string, stats: BigIntStats): SourceEntry {
  if (stats.isFile()) return { kind: 'file', folder, name, sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs }
  if (stats.isDirectory()) return { kind: 'folder', name, identity: identityOf(stats) }
  return { kind: 'special', name }
}

/** What a link leads to, or undefined where that is gone, outside the tree, or bookkeeping. */
function statsInside(root: string, path: string): BigIntStats | undefined {
  let real: string
  try {
    real = realpathSync.native(absolute(root, path))
  } catch {
    return undefined
  }
  if (real !== root && !isInside(root, real)) return undefined
  if (
    real
      .slice(root === '/' ? 1 : root.length + 1)
      .split('/')
      .includes(BOOKKEEPING_FOLDER)
  )
    return undefined
  return statSync(real, { bigint: true, throwIfNoEntry: false })
}

/** @returns null where nothing is there. */
function lookAtListed(folder: SourceFolder, name: string): SourceEntry | null {
  const { root, path, followLinks } = folder
  if (!isReachable(folder)) return { kind: 'link', name }
  const place = absolute(root, join(path, name))
  let stats: BigIntStats | undefined
  try {
    stats = lstatSync(place, { bigint: true })
    if (stats.isSymbolicLink()) {
      if (!followLinks || !isInside(root, realpathSync.native(place))) return { kind: 'link', name }
      stats = statSync(place, { bigint: true })
    }
  } catch (error) {
    if (saysNothingIsThere(error)) return null
    throw error
  }
  return entryOf(path, name, stats)
}

/** Only these two errors do. */
function saysNothingIsThere(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** Folders that were looked at, as long as who looks keeps them: mostly that of the next file too. */
const reachable = new WeakMap<SourceFolder, boolean>()

/** False where a link leads to it that is not followed, or that leads out of the tree. */
function isReachable(folder: SourceFolder): boolean {
  const known = reachable.get(folder)
  if (known !== undefined) return known
  const found = findReachable(folder)
  reachable.set(folder, found)
  return found
}

function findReachable({ root, path, followLinks }: SourceFolder): boolean {
  const plain = absolute(root, path)
  try {
    const real = realpathSync.native(plain)
    return real === plain || (followLinks && isInside(root, real))
  } catch {
    // Not there: the look at the file itself says why.
    return true
  }
}

function isInside(root: string, real: string): boolean {
  return real.startsWith(root === '/' ? root : `${root}/`)
}

/** The name as text; where its bytes are no UTF-8, the nearest valid text. */
function decodeName(byteName: string): { name: string; isValid: boolean } {
  // Most names are ASCII, which is the same in both encodings.
  if (!/[^\0-\x7f]/.test(byteName)) return { name: byteName, isValid: true }
  const bytes = Buffer.from(byteName, 'latin1')
  return { name: bytes.toString('utf8'), isValid: isUtf8(bytes) }
}

function bytepath(folder: string, byteName: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(byteName, 'latin1')])
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function absolute(root: string, path: string): string {
  if (path === '') return root
  return root === '/' ? `/${path}` : `${root}/${path}`
}

function statIfThere(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (thrown) {
    // A path that goes through a file is not there either, nor is a pattern longer than any name.
    if (isSystemError(thrown) && (thrown.code === 'ENOTDIR' || thrown.code === 'ENAMETOOLONG')) return undefined
    throw fromWireError(toWireError(thrown, { phase: 'discover', file: path }))
  }
}

function nearestThatExists(missing: string): string {
  const parent = dirname(missing)
  const parentStats = statIfThere(parent)
  if (parentStats === undefined && parent !== missing) return nearestThatExists(parent)
  const shownParent = printableName(parent)
  if (!parentStats?.isDirectory()) return `${shownParent} is not a folder`
  let similar: string | undefined
  try {
    similar = suggestNearest(basename(missing), readdirSync(parent))
  } catch {
    // A parent that cannot be listed has nothing to suggest.
  }
  if (similar !== undefined) return `did you mean ${printableName(resolve(parent, similar))}?`
  return `the nearest folder that exists is ${shownParent}`
}
