import type { FormatName } from './format-name.ts'

/** What a source file is read as: a format, or `bytes` for a file that is copied as it is. */
export type SourceFormat = FormatName | 'bytes'

/**
 * The source files of a run, as columns instead of objects: a tree of 1,000,000 files must fit into 500 bytes a file with all
 * that is later kept beside it. A path is its folder's number and its own name.
 * Files are numbered from 0 in the order in which they were added; that order is the walker's, which is the same every time.
 */
export class SourceList {
  readonly #folders: string[] = []
  readonly #names: string[] = []
  #folderNumbers = new Uint32Array(1024)
  #sizes = new Float64Array(1024)
  #mtimes = new BigInt64Array(1024)
  /** Places in `knownFormats`. */
  #formats = new Uint8Array(1024)
  readonly #knownFormats: SourceFormat[] = []
  /** Of files whose storage knows them by more than size and time. */
  readonly #versions = new Map<number, string>()

  get length(): number {
    return this.#names.length
  }

  /** Enters a folder and returns its number. @param path relative to the source tree with `/`; '' is the tree's top. */
  addFolder(path: string): number {
    return this.#folders.push(path) - 1
  }

  /** Enters a file and returns its number. */
  add(folder: number, name: string, sizeBytes: number, mtimeNs: bigint, format: SourceFormat): number {
    const index = this.#names.push(name) - 1
    if (index === this.#sizes.length) this.#grow()
    this.#folderNumbers[index] = folder
    this.#sizes[index] = sizeBytes
    this.#mtimes[index] = mtimeNs
    this.#formats[index] = this.#numberOf(format)
    return index
  }

  /** Path relative to the source tree, `/` between parts. */
  path(index: number): string {
    const folder = this.folder(index)
    return folder === '' ? this.name(index) : `${folder}/${this.name(index)}`
  }

  folder(index: number): string {
    return this.#folders[this.#folderNumbers[index] ?? 0] ?? ''
  }

  name(index: number): string {
    return this.#names[index] ?? ''
  }

  sizeBytes(index: number): number {
    return this.#sizes[index] ?? 0
  }

  mtimeNs(index: number): bigint {
    return this.#mtimes[index] ?? 0n
  }

  /** What its storage knows a file by, beside size and time; undefined: nothing. */
  version(index: number): string | undefined {
    return this.#versions.get(index)
  }

  setVersion(index: number, version: string): void {
    this.#versions.set(index, version)
  }

  format(index: number): SourceFormat {
    return this.#knownFormats[this.#formats[index] ?? 0] ?? 'bytes'
  }

  /** Bytes of all files, or of those with the given numbers. */
  sumBytes(indexes?: Uint32Array): number {
    let sumBytes = 0
    if (indexes) for (const index of indexes) sumBytes += this.sizeBytes(index)
    else for (let index = 0; index < this.length; index++) sumBytes += this.sizeBytes(index)
    return sumBytes
  }

  /** The files with the given numbers, which must ascend, as a list of their own. */
  pick(indexes: Uint32Array): SourceList {
    const picked = new SourceList()
    let from = -1
    let folder = -1
    for (const index of indexes) {
      const number = this.#folderNumbers[index] ?? 0
      if (number !== from) folder = picked.addFolder(this.folder(index))
      from = number
      const at = picked.add(folder, this.name(index), this.sizeBytes(index), this.mtimeNs(index), this.format(index))
      const version = this.#versions.get(index)
      if (version !== undefined) picked.setVersion(at, version)
    }
    return picked
  }

  #numberOf(format: SourceFormat): number {
    const number = this.#knownFormats.indexOf(format)
    return number < 0 ? this.#knownFormats.push(format) - 1 : number
  }

  #grow(): void {
    const length = this.#sizes.length * 2
    this.#folderNumbers = grown(this.#folderNumbers, new Uint32Array(length))
    this.#sizes = grown(this.#sizes, new Float64Array(length))
    this.#mtimes = grown(this.#mtimes, new BigInt64Array(length))
    this.#formats = grown(this.#formats, new Uint8Array(length))
  }
}

function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from)
  return to
}
