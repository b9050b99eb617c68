import { join } from 'node:path'
import { MigrationError } from '../../../src/errors/migration-error.ts'
import type {
  FolderContents,
  OpenMode,
  TreeEntry,
  TreeFile,
  TreeFileHead,
  TreeFiles,
} from '../../../src/storage/tree-files.ts'
import { folderOf, memoryError, MemoryDisk, type MemoryWatch, type StoredFile } from './memory-disk.ts'

/** The bookkeeping of a tree in memory: no call needs /proc, links or descriptors. Names are won by an exclusive second name. */
export class MemoryTree implements TreeFiles {
  readonly disk: MemoryDisk

  constructor(root: string, latencyMs = 0) {
    this.disk = new MemoryDisk(root, latencyMs)
  }

  get root(): string {
    return this.disk.root
  }

  set watch(watch: MemoryWatch) {
    this.disk.watch = watch
  }

  async hasFolder(folder: string): Promise<boolean> {
    const name = this.disk.nameOf(folder)
    await this.disk.call(`look ${name}`)
    for (let above = name; above !== ''; above = folderOf(above))
      if (this.disk.file(above) !== undefined) throw unsafe(above, 'folder')
    return this.disk.isFolder(name)
  }

  async look(path: string): Promise<TreeEntry | null> {
    const name = this.disk.nameOf(path)
    await this.disk.call(`look ${name}`)
    return this.#entryOf(name)
  }

  /** As a store whose lists tell of each thing what it is. */
  async contentsOf(folder: string): Promise<FolderContents> {
    const name = this.disk.nameOf(folder)
    await this.disk.call(`list ${name}`)
    if (this.disk.file(name) !== undefined) throw memoryError('ENOTDIR', name)
    const entries = new Map(this.disk.list(name).map((below) => [below, this.#entryOf(join(name, below))]))
    return { isEmpty: entries.size === 0, look: (below) => entries.get(below) ?? null }
  }

  #entryOf(name: string): TreeEntry | null {
    if (this.disk.isFolder(name)) return { kind: 'folder', sizeBytes: 0, mtimeNs: 0n }
    const file = this.disk.file(name)
    return file === undefined ? null : { kind: 'file', sizeBytes: file.bytes.length, mtimeNs: file.mtimeNs }
  }

  async headOf(path: string): Promise<TreeFileHead | null> {
    const name = this.disk.nameOf(path)
    await this.disk.call(`look ${name}`)
    if (this.disk.isFolder(name)) throw unsafe(name, 'file')
    const file = this.disk.file(name)
    return file === undefined ? null : this.#headOf(file)
  }

  async open(path: string, mode: OpenMode): Promise<TreeFile> {
    const name = this.disk.nameOf(path)
    await this.disk.call(`open ${name}`)
    if (this.disk.isFolder(name)) throw unsafe(name, 'file')
    const there = this.disk.file(name)
    if (mode === 'wx' && there !== undefined) throw memoryError('EEXIST', name)
    const isMade = mode === 'wx' || (mode === 'a+' && there === undefined)
    return this.#openFile(isMade ? this.disk.make(name) : this.disk.fileOrThrow(name), name)
  }

  async openIfThere(path: string, mode: 'r' | 'r+'): Promise<TreeFile | null> {
    return orNullIfGone(() => this.open(path, mode))
  }

  async read(path: string): Promise<Buffer | null> {
    const name = this.disk.nameOf(path)
    await this.disk.call(`read ${name}`)
    if (this.disk.isFolder(name)) throw unsafe(name, 'file')
    const file = this.disk.file(name)
    return file === undefined ? null : Buffer.from(file.bytes)
  }

  async readStart(path: string): Promise<Buffer | null> {
    return (await this.read(path))?.subarray(0, 64 * 1024) ?? null
  }

  async write(path: string, texts: string | Iterable<string>, isDurable = false): Promise<void> {
    const file = await this.open(path, 'wx')
    for (const text of typeof texts === 'string' ? [texts] : texts) await file.append(text)
    if (isDurable) await file.sync()
    await file.close()
  }

  async list(folder: string): Promise<string[]> {
    return (await this.hasFolder(folder)) ? this.disk.list(this.disk.nameOf(folder)) : []
  }

  async makeFolder(folder: string): Promise<string[]> {
    const name = this.disk.nameOf(folder)
    if (this.disk.isFolder(name)) return []
    const changed = await this.makeFolder(this.disk.pathOf(folderOf(name)))
    return (await this.makeOneFolder(folder)) ? [this.disk.pathOf(folderOf(name)), ...changed] : changed
  }

  async makeOneFolder(folder: string): Promise<boolean> {
    const name = this.disk.nameOf(folder)
    await this.disk.call(`mkdir ${name}`)
    if (this.disk.file(name) !== undefined) throw unsafe(name, 'folder')
    return this.disk.makeFolder(name)
  }

  async syncFolder(folder: string): Promise<void> {
    // What is above the root is not in this memory.
    if (folder !== this.root && !folder.startsWith(`${this.root}/`)) return
    const name = this.disk.nameOf(folder)
    await this.disk.call(`sync ${name}`)
    this.disk.syncNames(name)
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.disk.nameOf(from), this.disk.nameOf(to)]
    await this.disk.call(`rename ${target}`)
    this.disk.rename(source, target)
  }

  async removeFile(path: string): Promise<void> {
    const name = this.disk.nameOf(path)
    await this.disk.call(`remove ${name}`)
    this.disk.removeName(name)
  }

  async removeEmptyFolder(folder: string): Promise<boolean> {
    const name = this.disk.nameOf(folder)
    await this.disk.call(`rmdir ${name}`)
    return this.disk.removeFolder(name)
  }

  async removeTree(folder: string): Promise<void> {
    const name = this.disk.nameOf(folder)
    await this.disk.call(`remove ${name}`)
    this.disk.removeBelow(name)
  }

  async addName(existing: string, name: string): Promise<boolean> {
    const [from, to] = [this.disk.nameOf(existing), this.disk.nameOf(name)]
    await this.disk.call(`link ${to}`)
    const file = this.disk.fileOrThrow(from)
    if (this.disk.file(to) !== undefined) return false
    this.disk.addName(file, to)
    return true
  }

  async probeExclusiveNames(): Promise<'link'> {
    return 'link'
  }

  winName(existing: string, name: string): Promise<boolean> {
    return this.addName(existing, name)
  }

  headOfWon(name: string): Promise<TreeFileHead | null> {
    return this.headOf(name)
  }

  readWon(name: string): Promise<Buffer | null> {
    return this.read(name)
  }

  /** Forgets all names, and all contents, that are not durable. */
  crash(): void {
    this.disk.crash()
  }

  #headOf(file: StoredFile): TreeFileHead {
    const { bytes, mtimeNs, identity } = file
    return { sizeBytes: bytes.length, mtimeNs, identity, nameCount: this.disk.nameCountOf(file) }
  }

  #openFile(file: StoredFile, name: string): TreeFile {
    const { disk } = this
    const put = (bytes: Uint8Array, offset: number): void => {
      const longer = Buffer.alloc(Math.max(file.bytes.length, offset + bytes.length))
      longer.set(file.bytes)
      longer.set(bytes, offset)
      disk.write(file, longer)
    }
    return {
      head: () => this.#headOf(file),
      readAt: async (bytes, at, length, offset) => {
        await disk.call(`read ${name}`)
        const piece = file.bytes.subarray(offset, offset + length)
        bytes.set(piece, at)
        return piece.length
      },
      writeAt: async (bytes, offset) => {
        await disk.call(`write ${name}`)
        put(bytes, offset)
        return bytes.length
      },
      append: async (text) => {
        await disk.call(`write ${name}`)
        put(Buffer.from(text), file.bytes.length)
      },
      truncate: async (sizeBytes) => {
        await disk.call(`truncate ${name}`)
        const cut = Buffer.alloc(sizeBytes)
        cut.set(file.bytes.subarray(0, sizeBytes))
        disk.write(file, cut)
      },
      sync: async () => {
        await disk.call(`sync ${name}`)
        disk.syncFile(file)
      },
      touch: async () => {
        file.mtimeNs = disk.now()
      },
      close: async () => {},
    }
  }
}

function unsafe(name: string, wanted: 'file' | 'folder'): MigrationError {
  const isBookkeeping = `/${name}/`.includes('/.migrate/')
  const code = isBookkeeping ? 'BOOKKEEPING_UNSAFE' : wanted === 'file' ? 'TARGET_EXISTS' : 'TARGET_NOT_A_FOLDER'
  return new MigrationError(code, `${name} is no ${wanted}`, { phase: 'commit' })
}

async function orNullIfGone<Result>(call: () => Promise<Result>): Promise<Result | null> {
  try {
    return await call()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
