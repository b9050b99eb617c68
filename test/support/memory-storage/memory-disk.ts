import { setTimeout as sleep } from 'node:timers/promises'

/** A call about to be made, such as `publish a/b.ndjson`. Paths are relative to the root. One that throws makes the call fail. */
export type MemoryWatch = (call: string) => void

/** A file, whatever names it has. */
export interface StoredFile {
  bytes: Buffer
  mtimeNs: bigint
  readonly identity: string
  /** What a crash leaves of it. */
  durable: Buffer | null
}

/**
 * Names, folders and files of a tree in memory, of which a crash forgets what was not durable. Folders are there as soon as they are made, as in a
 * file system. Each call is told to `watch` first, and answered later.
 */
export class MemoryDisk {
  readonly root: string
  watch: MemoryWatch = () => {}
  readonly #latencyMs: number
  /** By path relative to the root. */
  #files = new Map<string, StoredFile>()
  #folders = new Set<string>([''])
  /** What a crash leaves. */
  #durableNames = new Map<string, StoredFile>()
  #durableFolders = new Set<string>([''])
  #clock = 0n

  constructor(root: string, latencyMs: number) {
    this.root = root
    this.#latencyMs = latencyMs
  }

  async call(call: string): Promise<void> {
    if (this.#latencyMs > 0) await sleep(this.#latencyMs)
    this.watch(call)
  }

  /** Relative to the root; '' is the root itself. */
  nameOf(path: string): string {
    if (path === this.root) return ''
    if (path.startsWith(`${this.root}/`)) return path.slice(this.root.length + 1)
    throw new RangeError(`${path} does not lie inside of ${this.root}`)
  }

  pathOf(name: string): string {
    return name === '' ? this.root : `${this.root}/${name}`
  }

  isFolder(name: string): boolean {
    return this.#folders.has(name)
  }

  file(name: string): StoredFile | undefined {
    return this.#files.get(name)
  }

  fileOrThrow(name: string): StoredFile {
    const file = this.#files.get(name)
    if (file === undefined) throw memoryError('ENOENT', name)
    return file
  }

  get names(): string[] {
    return [...this.#files.keys()]
  }

  /** How many names a file has. */
  nameCountOf(file: StoredFile): number {
    return [...this.#files.values()].filter((other) => other === file).length
  }

  /** The names in a folder, of files and folders. */
  list(folder: string): string[] {
    const inFolder = [...this.#files.keys(), ...this.#folders].filter(
      (name) => name !== '' && folderOf(name) === folder,
    )
    return inFolder.map((name) => name.slice(folder === '' ? 0 : folder.length + 1)).sort()
  }

  /** @throws ENOENT where the folder is not there. */
  make(name: string, bytes: Buffer = Buffer.alloc(0)): StoredFile {
    this.#requireFolder(folderOf(name))
    const file = { bytes, mtimeNs: this.now(), identity: `file ${this.now()}`, durable: null }
    this.#files.set(name, file)
    return file
  }

  write(file: StoredFile, bytes: Buffer): void {
    file.bytes = bytes
    file.mtimeNs = this.now()
  }

  now(): bigint {
    return ++this.#clock
  }

  addName(file: StoredFile, name: string): void {
    this.#requireFolder(folderOf(name))
    this.#files.set(name, file)
  }

  removeName(name: string): boolean {
    return this.#files.delete(name)
  }

  /** Renames a file, or a folder with all below it. */
  rename(from: string, to: string): void {
    this.#requireFolder(folderOf(to))
    if (!this.#folders.has(from)) {
      const file = this.fileOrThrow(from)
      this.#files.delete(from)
      this.#files.set(to, file)
      return
    }
    for (const [name, file] of Array.from(this.#files)) {
      if (!isBelow(name, from)) continue
      this.#files.delete(name)
      this.#files.set(`${to}${name.slice(from.length)}`, file)
    }
    for (const name of Array.from(this.#folders)) {
      if (name !== from && !isBelow(name, from)) continue
      this.#folders.delete(name)
      this.#folders.add(`${to}${name.slice(from.length)}`)
    }
  }

  /** @returns false where it is there already. @throws ENOENT where the one above it is not. */
  makeFolder(name: string): boolean {
    if (this.#folders.has(name)) return false
    if (this.#files.has(name)) throw memoryError('EEXIST', name)
    this.#requireFolder(folderOf(name))
    this.#folders.add(name)
    return true
  }

  removeFolder(name: string): boolean {
    if (name === '' || !this.#folders.has(name) || this.list(name).length > 0) return false
    return this.#folders.delete(name)
  }

  removeBelow(folder: string): void {
    for (const name of this.names) if (isBelow(name, folder)) this.#files.delete(name)
    for (const name of Array.from(this.#folders))
      if (name === folder || isBelow(name, folder)) this.#folders.delete(name)
  }

  syncFile(file: StoredFile): void {
    file.durable = file.bytes
  }

  /** A name whose content is not durable is that of an empty file after a crash. */
  syncNames(folder: string): void {
    for (const name of this.#durableNames.keys()) if (folderOf(name) === folder) this.#durableNames.delete(name)
    for (const [name, file] of this.#files) if (folderOf(name) === folder) this.#durableNames.set(name, file)
    for (const name of this.#durableFolders)
      if (name !== '' && folderOf(name) === folder) this.#durableFolders.delete(name)
    for (const name of this.#folders) if (name !== '' && folderOf(name) === folder) this.#durableFolders.add(name)
  }

  /** Forgets all names, and all contents, that are not durable. */
  crash(): void {
    const isReachable = (folder: string): boolean =>
      folder === '' || (this.#durableFolders.has(folder) && isReachable(folderOf(folder)))
    this.#files = new Map([...this.#durableNames].filter(([name]) => isReachable(folderOf(name))))
    for (const file of this.#files.values()) file.bytes = file.durable ?? Buffer.alloc(0)
    this.#folders = new Set([...this.#durableFolders].filter(isReachable))
  }

  #requireFolder(name: string): void {
    if (!this.#folders.has(name)) throw memoryError('ENOENT', name)
  }
}

/** An error as a system would have it. */
export function memoryError(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: made up, open '${name}'`), { code, syscall: 'open' })
}

export function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}

function isBelow(name: string, folder: string): boolean {
  return name.startsWith(`${folder}/`)
}
