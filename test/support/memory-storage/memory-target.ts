import { crc32 } from 'node:zlib'
import { MigrationError } from '../../../src/errors/migration-error.ts'
import type {
  ContentSum,
  Expected,
  FreeSpace,
  PublishingSession,
  StagedFiles,
  StagingPlaces,
  TargetFolder,
  TargetStorage,
} from '../../../src/storage/target-storage.ts'
import type { Answer } from '../../../src/storage/answer.ts'
import type { StagedOutput } from '../../../src/storage/output-storage.ts'
import { folderOf } from './memory-disk.ts'
import { MemoryOutputs, type MemoryOutputOptions } from './memory-outputs.ts'
import { MemoryTree } from './memory-tree.ts'

/** A target tree in memory that answers later, fails where it is told to, and forgets in a crash what was not durable. */
export class MemoryTarget extends MemoryTree implements TargetStorage {
  /** Null: it does not say. */
  freeBytes: number | null = null
  readonly isSynchronous: boolean
  readonly shared = null
  readonly outputs: MemoryOutputs

  /** @param latencyMs of the calls of the bookkeeping. @param outputs how staged files are written. */
  constructor(root: string, latencyMs = 0, outputs: MemoryOutputOptions = { latencyMs }) {
    super(root, latencyMs)
    this.outputs = new MemoryOutputs(this.disk, outputs)
    this.isSynchronous = this.outputs.isSynchronous
  }

  beginTask(): void {}

  createStaged(path: string): Answer<StagedOutput> {
    return this.outputs.createStaged(path)
  }

  /** Writes a file as a worker, an earlier run or a stranger would have left it: not durable. */
  put(name: string, content: string): void {
    this.#makeFolders(folderOf(name))
    this.disk.make(name, Buffer.from(content))
  }

  /** What a plan would see. */
  seen(name: string): Expected['seen'] {
    const file = this.disk.file(name)
    return file === undefined ? null : { sizeBytes: file.bytes.length, mtimeNs: file.mtimeNs }
  }

  /** All files, by name. */
  get tree(): Record<string, string> {
    return Object.fromEntries(this.disk.names.map((name) => [name, this.disk.fileOrThrow(name).bytes.toString()]))
  }

  async freeSpace(): Promise<FreeSpace | null> {
    return this.freeBytes === null ? null : { bytes: this.freeBytes, folder: this.root }
  }

  async identityOf(path: string): Promise<string | null> {
    return (await this.look(path)) === null ? null : `memory:${path}`
  }

  stagingPlaces(area: string): StagingPlaces {
    return { folderOf: () => area, besideOf: () => null }
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
    const name = this.disk.nameOf(path)
    await this.disk.call(`sync ${name}`)
    this.disk.syncFile(this.disk.fileOrThrow(name))
  }

  async syncFolders(folders: ReadonlySet<string>): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>()
    for (const path of folders) {
      try {
        await this.syncFolder(path)
      } catch (error) {
        failures.set(path, error)
      }
    }
    return failures
  }

  beginPublishing(): PublishingSession {
    const open = (path: string): TargetFolder => this.#openFolder(this.disk.nameOf(path))
    return {
      folder: async (path) => ((await this.hasFolder(path)) ? open(path) : null),
      folderOrMake: async (path, _modeOf, onMade) => {
        await this.hasFolder(path)
        for (const changed of await this.makeFolder(path)) onMade(changed)
        return open(path)
      },
      hasStaged: (path) => this.disk.file(this.disk.nameOf(path)) !== undefined,
      dropStaged: (path) => void this.disk.removeName(this.disk.nameOf(path)),
      end: () => {},
    }
  }

  close(): void {}

  #openFolder(folder: string): TargetFolder {
    const inside = (name: string): string => (folder === '' ? name : `${folder}/${name}`)
    return {
      publish: async (staged, name, expected) => this.#publish(this.disk.nameOf(staged), inside(name), expected),
      replace: async (staged, name) => {
        await this.disk.call(`replace ${inside(name)}`)
        this.disk.rename(this.disk.nameOf(staged), inside(name))
      },
      remove: async (name) => {
        await this.disk.call(`remove ${inside(name)}`)
        return this.disk.removeName(inside(name))
      },
      removeSame: async (name, seen) => {
        await this.disk.call(`remove ${inside(name)}`)
        const { identity, mtimeNs } = this.disk.file(inside(name)) ?? {}
        return identity === seen.identity && mtimeNs === seen.mtimeNs && this.disk.removeName(inside(name))
      },
      holds: async (name, sum) => this.#holds(inside(name), sum),
      release: () => {},
    }
  }

  /** As a store does that takes a condition: the look and the change are one. */
  async #publish(staged: string, name: string, { seen, orAnyFile }: Expected): Promise<void> {
    await this.disk.call(`publish ${name}`)
    const there = this.seen(name)
    const isExpected = there === null || orAnyFile || (seen !== null && seen.mtimeNs === there.mtimeNs)
    if (!isExpected || this.disk.isFolder(name))
      throw new MigrationError('TARGET_EXISTS', `${name} is there`, { phase: 'commit' })
    this.disk.rename(staged, name)
  }

  #holds(name: string, { targetBytes, targetHash }: ContentSum): boolean {
    const bytes = this.disk.file(name)?.bytes
    return bytes !== undefined && bytes.length === targetBytes && crc32(bytes) === targetHash
  }

  #makeFolders(folder: string): void {
    if (this.disk.isFolder(folder)) return
    this.#makeFolders(folderOf(folder))
    this.disk.makeFolder(folder)
  }
}
