import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Dirent, type Stats } from 'node:fs'
import fs, { type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MigrationError } from '../../errors/migration-error.ts'
import { PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE } from '../../model/paths/file-modes.ts'
import { isPathInside } from '../../model/paths/path-inside.ts'
import { findMountIn } from './mount-points.ts'
import { removeHeldTree } from './remove-tree.ts'
import type { TreeFileSystem } from './tree-file-system.ts'
import { describeEntry, mountedEntry, unsafeEntry } from './unsafe-entry.ts'

/*
 * Whoever can write into a target tree can put a link, a FIFO or a folder in the place of anything there. So nothing in a tree is opened,
 * made, renamed or removed by its path alone: every folder on the way is looked at first, and what is opened is looked at once more
 * when it is open. Between a look and the call that follows there are some microseconds, which Node cannot close: docs/reliability.md.
 */

/** How a file is opened, as Node names it. There is no `w`: what is there is never emptied, as it may have another name elsewhere. */
export type OpenMode = 'r' | 'r+' | 'wx' | 'a+'

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants
/** Of a link: refuse. Of a FIFO: do not wait for its other end. Systems that lack one have undefined for it, which counts as 0. */
const NEVER_WAIT = constants.O_NOFOLLOW | constants.O_NONBLOCK

const FLAGS: Readonly<Record<OpenMode, number>> = {
  r: O_RDONLY,
  'r+': O_RDWR,
  wx: O_WRONLY | O_CREAT | O_EXCL,
  'a+': O_RDWR | O_CREAT | O_APPEND,
}

/**
 * A tree in which nothing is touched through a link. Its own top may be one. Paths are absolute and lie below the root.
 * All calls throw MigrationError BOOKKEEPING_UNSAFE (below `.migrate`), TARGET_LINK, TARGET_NOT_A_FOLDER or TARGET_EXISTS for what is
 * not what it should be; RangeError for a path outside of the root, which is a fault of the caller; errors of the system as they are.
 */
export class GuardedTree {
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

  /**
   * Looks at a file and at the folders above it.
   * @returns what it is; undefined: it is not there.
   */
  statFile(path: string): Stats | undefined {
    if (!this.hasFolder(dirname(path))) return undefined
    const stats = lookAt(path)
    if (stats === undefined || stats.isFile()) return stats
    throw unsafeEntry(path, describeEntry(path, stats), 'file')
  }

  /** Whether a regular file is there and can be reached without a link; never throws for what is there instead. */
  isPlainFile(path: string): boolean {
    try {
      return this.statFile(path) !== undefined
    } catch (error) {
      if (error instanceof MigrationError) return false
      throw error
    }
  }

  /**
   * Opens a regular file; a FIFO or a device is never waited for.
   * To append to it (`a+`), it must have no other name: a hard link leads out of the tree as well as a symbolic one.
   */
  async open(path: string, mode: OpenMode, permissions = PRIVATE_FILE_MODE): Promise<FileHandle> {
    this.statFile(path)
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

  /** The same; null where there is no such file. */
  async openIfThere(path: string, mode: 'r' | 'r+'): Promise<FileHandle | null> {
    return orNullIfGone(() => this.open(path, mode))
  }

  /** The content of a file; null where there is none. */
  async read(path: string): Promise<Buffer | null> {
    const handle = await this.openIfThere(path, 'r')
    if (handle === null) return null
    try {
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  }

  /** The same at once, for small files: no more than the first 64 KiB. */
  readSync(path: string): Buffer | null {
    if (this.statFile(path) === undefined) return null
    let descriptor: number
    try {
      descriptor = this.openSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
    try {
      const bytes = Buffer.alloc(MOST_BYTES_AT_ONCE)
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(descriptor)
    }
  }

  /** Opens a regular file for reading. @returns its descriptor, which the caller closes. */
  openSync(path: string): number {
    this.statFile(path)
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

  /**
   * Makes a file with this content, which must not be there. Where that fails, part of it may be left.
   * @param isDurable whether the content is on the disk when the promise resolves; the name is not.
   */
  async write(path: string, texts: string | Iterable<string>, isDurable = false): Promise<void> {
    const handle = await this.open(path, 'wx')
    try {
      for (const text of typeof texts === 'string' ? [texts] : texts) await handle.appendFile(text)
      if (isDurable) await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** The names in a folder; none when there is no such folder. */
  async list(folder: string): Promise<string[]> {
    return (await this.entries(folder)).map(({ name }) => name)
  }

  /** The same with what each is. */
  async entries(folder: string): Promise<Dirent[]> {
    if (!this.hasFolder(folder)) return []
    return (await orNullIfGone(() => fs.readdir(folder, { withFileTypes: true }))) ?? []
  }

  /**
   * Makes a folder with those above it, also the root and what is above that.
   * @param permissions of each folder that is made below the root: bookkeeping is its owner's own business.
   * @param rootPermissions of the root, if it is made; it and those above it otherwise get the system's.
   * @returns the folders that got a new entry by this, deepest first, which must be synced for the new folders to survive a power cut.
   */
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

  /** Removes a file if it is there. Of a link: the link. */
  async removeFile(path: string): Promise<void> {
    if (!this.hasFolder(dirname(path))) return
    try {
      await this.#fileSystem.unlink(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw this.#explain(error, path)
    }
  }

  /** Removes a folder if it is there and empty. @returns whether it did. */
  async removeEmptyFolder(folder: string): Promise<boolean> {
    if (!this.hasFolder(folder)) return false
    return fs.rmdir(folder).then(
      () => true,
      () => false,
    )
  }

  /**
   * Removes a folder and all below it, if it is there; links in it are removed and not followed.
   * @throws also BOOKKEEPING_UNSAFE where something is mounted in it, whose content is somebody else's; nothing is removed then.
   */
  async removeTree(folder: string): Promise<void> {
    if (!this.hasFolder(dirname(folder))) return
    const stats = lookAt(folder)
    if (stats === undefined) return
    if (!stats.isDirectory()) throw unsafeEntry(folder, describeEntry(folder, stats), 'folder')
    const mounted = findMountIn(folder)
    if (mounted !== null) throw mountedEntry(mounted)
    await removeHeldTree(folder)
  }

  /** Renames a file or folder of the tree. What has the new name is replaced, if it is a file or a link. */
  async rename(from: string, to: string): Promise<void> {
    this.#requireWayTo(from)
    this.#requireWayTo(to)
    const stats = lookAt(from)
    if (stats !== undefined && !stats.isFile() && !stats.isDirectory())
      throw unsafeEntry(from, describeEntry(from, stats), 'file')
    await this.#fileSystem.rename(from, to)
  }

  /** Looks at both ends of what a caller is about to link or rename by itself. @throws as the rest. */
  requireWay(from: string, to: string): void {
    this.#requireWayTo(from)
    this.#requireWayTo(to)
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
