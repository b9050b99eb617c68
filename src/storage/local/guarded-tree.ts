import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  type BigIntStats,
  type Stats,
} from 'node:fs'
import fs, { type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE } from '../../model/paths/file-modes.ts'
import { isPathInside } from '../../model/paths/path-inside.ts'
import type {
  ExclusiveBy,
  FolderContents,
  OpenMode,
  TreeEntry,
  TreeFile,
  TreeFileHead,
  TreeFiles,
} from '../tree-files.ts'
import { addName, fileOfName, probeExclusiveNames, winName } from './exclusive-names.ts'
import { LocalFile, toEntry, toHead } from './local-file.ts'
import { findMountIn } from './mount-points.ts'
import { removeHeldTree } from './remove-tree.ts'
import { syncFolder } from './sync.ts'
import type { TreeFileSystem } from './tree-file-system.ts'
import { describeEntry, mountedEntry, unsafeEntry } from './unsafe-entry.ts'

/*
 * Whoever can write into a target tree can put a link, a FIFO or a folder in the place of anything there. So nothing in a tree is opened,
 * made, renamed or removed by its path alone: every folder on the way is looked at first, and what is opened is looked at once more
 * when it is open. Between a look and the call that follows there are some microseconds, which Node cannot close: docs/reliability.md.
 */

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants
/** Of a link: refuse. Of a FIFO: do not wait for its other end. Systems that lack one have undefined for it, which counts as 0. */
const NEVER_WAIT = constants.O_NOFOLLOW | constants.O_NONBLOCK

const FLAGS: Readonly<Record<OpenMode, number>> = {
  r: O_RDONLY,
  'r+': O_RDWR,
  wx: O_WRONLY | O_CREAT | O_EXCL,
  'a+': O_RDWR | O_CREAT | O_APPEND,
}

/** A tree in which nothing is touched through a link. Its own top may be one. All calls throw as TreeFiles says. */
export class GuardedTree implements TreeFiles {
  readonly root: string
  readonly #fileSystem: TreeFileSystem
  readonly #top: string

  /** @param root absolute. @param fileSystem makes the calls that change something. */
  constructor(root: string, fileSystem: TreeFileSystem = fs) {
    this.root = root
    this.#top = root.endsWith('/') ? root : `${root}/`
    this.#fileSystem = fileSystem
  }

  /**
   * Looks at a folder and at all those above it, up to the root.
   * @param isSeen is asked before each look and told of each folder that is one: for callers who look once for many files.
   * @returns whether it is there.
   */
  hasFolder(folder: string, seen?: Set<string>): boolean {
    if (folder === this.root || seen?.has(folder)) return true
    this.#requireInside(folder)
    for (let slash = folder.indexOf('/', this.#top.length); ; slash = folder.indexOf('/', slash + 1)) {
      const path = slash < 0 ? folder : folder.slice(0, slash)
      if (seen === undefined || !seen.has(path)) {
        const stats = lookAt(path)
        if (stats === undefined) return false
        if (!stats.isDirectory()) throw unsafeEntry(path, describeEntry(path, stats), 'folder')
        seen?.add(path)
      }
      if (slash < 0) return true
    }
  }

  look(path: string): TreeEntry | null {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return stats === undefined ? null : toEntry(stats)
  }

  contentsOf(folder: string): FolderContents {
    const names = namesIn(folder)
    return {
      isEmpty: names.size === 0,
      look: (name) => (names.has(name) ? this.look(join(folder, name)) : null),
    }
  }

  /** Looks at a file and at the folders above it. */
  headOf(path: string): TreeFileHead | null {
    const stats = this.#lookAtFile(path)
    return stats === undefined ? null : toHead(stats)
  }

  #lookAtFile(path: string): BigIntStats | undefined {
    if (!this.hasFolder(dirname(path))) return undefined
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (stats === undefined || stats.isFile()) return stats
    throw unsafeEntry(path, describeEntry(path, stats), 'file')
  }

  /**
   * A FIFO or a device is never waited for.
   * To append to it (`a+`), it must have no other name: a hard link leads out of the tree as well as a symbolic one.
   */
  async open(path: string, mode: OpenMode, permissions = PRIVATE_FILE_MODE): Promise<TreeFile> {
    return new LocalFile(await this.#open(path, mode, permissions))
  }

  async #open(path: string, mode: OpenMode, permissions = PRIVATE_FILE_MODE): Promise<FileHandle> {
    this.#lookAtFile(path)
    let handle: FileHandle
    try {
      handle = await this.#fileSystem.open(path, FLAGS[mode] | NEVER_WAIT, permissions)
    } catch (error) {
      throw this.#explain(error, path)
    }
    try {
      this.#requireFile(path, fstatSync(handle.fd), mode)
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async openIfThere(path: string, mode: 'r' | 'r+'): Promise<TreeFile | null> {
    return orNullIfGone(() => this.open(path, mode))
  }

  async read(path: string): Promise<Buffer | null> {
    const handle = await orNullIfGone(() => this.#open(path, 'r'))
    if (handle === null) return null
    try {
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  }

  readStart(path: string): Buffer | null {
    if (this.#lookAtFile(path) === undefined) return null
    try {
      return this.#readPiece(path, 0, MOST_BYTES_AT_ONCE)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  /** Part of a file, which is opened for this piece alone. @returns fewer bytes only at its end. @throws ENOENT where there is none. */
  readPiece(path: string, offset: number, length: number): Buffer {
    this.#lookAtFile(path)
    return this.#readPiece(path, offset, length)
  }

  #readPiece(path: string, offset: number, length: number): Buffer {
    const descriptor = this.#openSync(path)
    try {
      const bytes = Buffer.allocUnsafe(length)
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset))
    } finally {
      closeSync(descriptor)
    }
  }

  #openSync(path: string): number {
    let descriptor: number
    try {
      descriptor = openSync(path, FLAGS.r | NEVER_WAIT)
    } catch (error) {
      throw this.#explain(error, path)
    }
    try {
      this.#requireFile(path, fstatSync(descriptor), 'r')
      return descriptor
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  async write(path: string, texts: string | Iterable<string>, isDurable = false): Promise<void> {
    const handle = await this.#open(path, 'wx')
    try {
      for (const text of typeof texts === 'string' ? [texts] : texts) await handle.appendFile(text)
      if (isDurable) await handle.sync()
    } finally {
      await handle.close()
    }
  }

  async list(folder: string): Promise<string[]> {
    if (!this.hasFolder(folder)) return []
    return (await orNullIfGone(() => fs.readdir(folder))) ?? []
  }

  async makeFolder(folder: string, permissions = PRIVATE_FOLDER_MODE, rootPermissions?: number): Promise<string[]> {
    const isInside = folder !== this.root && folder.startsWith(this.#top)
    if (isInside ? this.hasFolder(folder) : await isFolder(folder)) return []
    const changedAbove =
      dirname(folder) === folder ? [] : await this.makeFolder(dirname(folder), permissions, rootPermissions)
    const mode = isInside ? permissions : folder === this.root ? rootPermissions : undefined
    return [...(await this.#makeOneFolder(folder, isInside, mode)), ...changedAbove]
  }

  async #makeOneFolder(folder: string, isInside: boolean, permissions: number | undefined): Promise<string[]> {
    try {
      await (permissions !== undefined ? this.#fileSystem.mkdir(folder, permissions) : this.#fileSystem.mkdir(folder))
      return [dirname(folder)]
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
      if (isThere && (isInside ? this.hasFolder(folder) : await isFolder(folder))) return []
      throw error
    }
  }

  makeOneFolder(folder: string, permissions = PRIVATE_FOLDER_MODE): boolean {
    this.#requireWayTo(folder)
    try {
      mkdirSync(folder, permissions)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && this.hasFolder(folder)) return false
      throw error
    }
  }

  syncFolder(folder: string): Promise<void> {
    return syncFolder(this.#fileSystem, folder)
  }

  /** Of a link: the link. */
  async removeFile(path: string): Promise<void> {
    if (!this.hasFolder(dirname(path))) return
    try {
      await this.#fileSystem.unlink(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw this.#explain(error, path)
    }
  }

  async removeEmptyFolder(folder: string): Promise<boolean> {
    if (folder.startsWith(this.#top) && !this.hasFolder(folder)) return false
    return fs.rmdir(folder).then(
      () => true,
      () => false,
    )
  }

  /** Links in it are removed and not followed. Where something is mounted in it, nothing is removed. */
  async removeTree(folder: string): Promise<void> {
    if (!this.hasFolder(dirname(folder))) return
    const stats = lookAt(folder)
    if (stats === undefined) return
    if (!stats.isDirectory()) throw unsafeEntry(folder, describeEntry(folder, stats), 'folder')
    const mounted = findMountIn(folder)
    if (mounted !== null) throw mountedEntry(mounted)
    await removeHeldTree(folder)
  }

  /** Replaces a link too. */
  async rename(from: string, to: string): Promise<void> {
    this.#requireWayTo(from)
    this.#requireWayTo(to)
    const stats = lookAt(from)
    if (stats !== undefined && !stats.isFile() && !stats.isDirectory())
      throw unsafeEntry(from, describeEntry(from, stats), 'file')
    await this.#fileSystem.rename(from, to)
  }

  addName(existing: string, name: string): Promise<boolean> {
    this.#requireWayTo(existing)
    this.#requireWayTo(name)
    return addName(existing, name)
  }

  probeExclusiveNames(folder: string): Promise<ExclusiveBy | null> {
    return probeExclusiveNames(this, folder)
  }

  winName(existing: string, name: string, by: ExclusiveBy): Promise<boolean> {
    return winName(existing, name, by)
  }

  headOfWon(name: string): TreeFileHead | null {
    return this.headOf(fileOfName(this, name))
  }

  readWon(name: string): Promise<Buffer | null> {
    return this.read(fileOfName(this, name))
  }

  /** What is not there the call itself will say. */
  #requireWayTo(path: string): void {
    this.hasFolder(dirname(path))
  }

  #requireFile(path: string, stats: Stats, mode: OpenMode): void {
    if (!stats.isFile()) throw unsafeEntry(path, describeEntry(path, stats), 'file')
    if (mode === 'a+' && stats.nlink > 1)
      throw unsafeEntry(path, 'a file that has another name too (a hard link)', 'file')
  }

  /** What a look before the call did not see yet: the look after it tells what it is. */
  #explain(error: unknown, path: string): unknown {
    if (!MAY_BE_ODD.has((error as NodeJS.ErrnoException).code ?? '')) return error
    const stats = lookAt(path)
    if (stats === undefined || stats.isFile()) return error
    return unsafeEntry(path, describeEntry(path, stats), 'file')
  }

  #requireInside(path: string): void {
    if (!path.startsWith(this.#top) || !isPathInside(path.slice(this.#top.length)))
      throw new RangeError(`${path} does not lie inside of ${this.root}`)
  }
}

const MOST_BYTES_AT_ONCE = 64 * 1024

/** Errors of an open or an unlink that meets something else than a file. */
const MAY_BE_ODD = new Set(['ELOOP', 'EMLINK', 'ENXIO', 'EISDIR', 'EPERM', 'EEXIST', 'ENOTDIR', 'EOPNOTSUPP', 'ENODEV'])

function namesIn(folder: string): Set<string> {
  try {
    return new Set(readdirSync(folder))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set()
    throw error
  }
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

async function isFolder(path: string): Promise<boolean> {
  return (await orNullIfGone(() => fs.stat(path)))?.isDirectory() ?? false
}

async function orNullIfGone<Result>(call: () => Promise<Result>): Promise<Result | null> {
  try {
    return await call()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
