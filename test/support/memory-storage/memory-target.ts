import { crc32 } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationError } from '../../../src/errors/migration-error.ts'
import type {
  ContentSum,
  Expected,
  PublishingSession,
  StagedFiles,
  TargetFolder,
  TargetStorage,
} from '../../../src/storage/target-storage.ts'

/** A call about to be made, such as `publish a/b.ndjson`. Paths are relative to the root. One that throws makes the call fail. */
export type MemoryWatch = (call: string) => void

interface MemoryFile {
  readonly content: string
  isDurable: boolean
}

/**
 * A target tree in memory that answers later, fails where it is told to, and forgets in a crash what was not durable. Folders are there as
 * soon as they are made, as in a file system, but no call needs /proc, links or descriptors.
 */
export class MemoryTarget implements TargetStorage {
  readonly root: string
  watch: MemoryWatch = () => {}
  readonly #latencyMs: number
  /** By path relative to the root. */
  #files = new Map<string, MemoryFile>()
  #folders = new Set<string>([''])
  /** What a crash leaves: names with their contents. */
  #durable = new Map<string, string>()
  #durableFolders = new Set<string>([''])
  #versions = new Map<string, bigint>()
  #version = 0n

  constructor(root: string, latencyMs = 0) {
    this.root = root
    this.#latencyMs = latencyMs
  }

  /** Writes a file as a worker, an earlier run or a stranger would have left it: not durable. */
  put(name: string, content: string): void {
    for (let folder = name; folder !== '';) this.#folders.add((folder = folderOf(folder)))
    this.#files.set(name, { content, isDurable: false })
    this.#versions.set(name, ++this.#version)
  }

  /** What a plan would see. */
  seen(name: string): Expected['seen'] {
    const file = this.#files.get(name)
    return file === undefined ? null : { sizeBytes: file.content.length, mtimeNs: this.#versions.get(name) ?? 0n }
  }

  /** All files, by name. */
  get tree(): Record<string, string> {
    return Object.fromEntries([...this.#files].map(([name, { content }]) => [name, content]))
  }

  /** Forgets all names, and all contents, that are not durable. */
  crash(): void {
    const isReachable = (folder: string): boolean =>
      folder === '' || (this.#durableFolders.has(folder) && isReachable(folderOf(folder)))
    const kept = [...this.#durable].filter(([name]) => isReachable(folderOf(name)))
    this.#files = new Map(kept.map(([name, content]) => [name, { content, isDurable: true }]))
    this.#folders = new Set([...this.#durableFolders].filter(isReachable))
  }

  async syncStaged<File extends StagedFiles>(
    files: readonly File[],
    onFailed: (file: File, error: unknown) => void,
  ): Promise<void> {
    for (const file of files) {
      try {
        for (const path of [file.stagedTarget, file.stagedRejects]) if (path !== null) await this.#syncContent(path)
      } catch (error) {
        onFailed(file, error)
      }
    }
  }

  async #syncContent(path: string): Promise<void> {
    const name = this.#nameOf(path)
    await this.#call(`sync ${name}`)
    this.#fileAt(name).isDurable = true
  }

  async syncFolders(folders: ReadonlySet<string>): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>()
    for (const path of folders) {
      try {
        const folder = this.#nameOf(path)
        await this.#call(`sync ${folder}`)
        this.#syncNames(folder)
      } catch (error) {
        failures.set(path, error)
      }
    }
    return failures
  }

  /** A name whose content is not durable is that of an empty file after a crash. */
  #syncNames(folder: string): void {
    for (const name of this.#durable.keys())
      if (folderOf(name) === folder && !this.#files.has(name)) this.#durable.delete(name)
    for (const [name, { content, isDurable }] of this.#files)
      if (folderOf(name) === folder) this.#durable.set(name, isDurable ? content : '')
    for (const below of this.#folders) if (folderOf(below) === folder) this.#durableFolders.add(below)
  }

  beginPublishing(): PublishingSession {
    const open = (path: string): TargetFolder => this.#openFolder(this.#nameOf(path))
    return {
      folder: async (path) => {
        await this.#call(`look ${this.#nameOf(path)}`)
        return this.#folders.has(this.#nameOf(path)) ? open(path) : null
      },
      folderOrMake: async (path, _modeOf, onMade) => {
        await this.#makeFolder(this.#nameOf(path), onMade)
        return open(path)
      },
      hasStaged: (path) => this.#files.has(this.#nameOf(path)),
      dropStaged: (path) => void this.#files.delete(this.#nameOf(path)),
      end: () => {},
    }
  }

  async removeFile(path: string): Promise<void> {
    await this.#call(`remove ${this.#nameOf(path)}`)
    this.#files.delete(this.#nameOf(path))
  }

  async #makeFolder(folder: string, onMade: (changed: string) => void): Promise<void> {
    if (this.#files.has(folder))
      throw new MigrationError('TARGET_NOT_A_FOLDER', `${folder} is a file`, { phase: 'commit' })
    if (this.#folders.has(folder)) return
    await this.#makeFolder(folderOf(folder), onMade)
    await this.#call(`mkdir ${folder}`)
    if (this.#folders.has(folder)) return
    this.#folders.add(folder)
    onMade(this.#pathOf(folderOf(folder)))
  }

  #openFolder(folder: string): TargetFolder {
    const inside = (name: string): string => (folder === '' ? name : `${folder}/${name}`)
    return {
      publish: async (staged, name, expected) => this.#publish(this.#nameOf(staged), inside(name), expected),
      replace: async (staged, name) => {
        await this.#call(`replace ${inside(name)}`)
        this.#move(this.#nameOf(staged), inside(name))
      },
      remove: async (name) => {
        await this.#call(`remove ${inside(name)}`)
        return this.#files.delete(inside(name))
      },
      holds: async (name, sum) => this.#holds(inside(name), sum),
      release: () => {},
    }
  }

  /** As a store does that takes a condition: the look and the change are one. */
  async #publish(staged: string, name: string, { seen, orAnyFile }: Expected): Promise<void> {
    await this.#call(`publish ${name}`)
    const there = this.seen(name)
    const isExpected = there === null || orAnyFile || (seen !== null && seen.mtimeNs === there.mtimeNs)
    if (!isExpected) throw new MigrationError('TARGET_EXISTS', `${name} is there`, { phase: 'commit' })
    this.#move(staged, name)
  }

  #holds(name: string, { targetBytes, targetHash }: ContentSum): boolean {
    const content = this.#files.get(name)?.content
    return content !== undefined && content.length === targetBytes && crc32(content) === targetHash
  }

  #move(from: string, to: string): void {
    const file = this.#fileAt(from)
    this.#files.delete(from)
    this.#files.set(to, file)
    this.#versions.set(to, ++this.#version)
  }

  #fileAt(name: string): MemoryFile {
    const file = this.#files.get(name)
    if (file === undefined) throw memoryError('ENOENT', name)
    return file
  }

  async #call(call: string): Promise<void> {
    if (this.#latencyMs > 0) await sleep(this.#latencyMs)
    this.watch(call)
  }

  #nameOf(path: string): string {
    return path === this.root ? '' : path.slice(this.root.length + 1)
  }

  #pathOf(name: string): string {
    return name === '' ? this.root : `${this.root}/${name}`
  }
}

/** An error as a system would have it. */
export function memoryError(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: made up, open '${name}'`), { code, syscall: 'open' })
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}
