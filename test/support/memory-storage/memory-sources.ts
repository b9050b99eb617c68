import type { SourceTree } from '../../../src/model/journal-entry.ts'
import type { Answer } from '../../../src/storage/answer.ts'
import type { EntryKind } from '../../../src/storage/tree-files.ts'
import type {
  ByteSource,
  FoundFile,
  FoundSource,
  SourceEntry,
  SourceFolder,
  SourceStorage,
} from '../../../src/storage/source-storage.ts'
import { answerAfter } from './answer-after.ts'

/** A file in memory. What is written to it while it is read is what its reader meets. */
export interface MemoryFile {
  bytes: Uint8Array
  mtimeNs: bigint
  version: string
}

export interface MemoryOptions {
  /** Milliseconds until anything is answered; undefined: all is answered at once. */
  readonly latencyMs?: number
  /** A file that lies elsewhere in the same storage: what is a target can be read too. */
  readonly otherFile?: (path: string) => MemoryFile | undefined
  /** The most bytes that one read gives. */
  readonly mostBytes?: number
  /** Called before each call that reaches a file, with its number from 1 on. What it throws is the answer. */
  readonly beforeCall?: (call: 'open' | 'head' | 'readAt', path: string, number: number) => void
}

/** Source trees in memory, as an object store would give them: versions in place of exact times, no links, and answers that come later. */
export class MemorySources implements SourceStorage {
  readonly isSynchronous: boolean
  readonly files = new Map<string, MemoryFile>()
  #calls = 0
  readonly #options: MemoryOptions

  constructor(options: MemoryOptions = {}) {
    this.#options = options
    this.isSynchronous = options.latencyMs === undefined
  }

  /** Puts a file there, or other content in its place: that is another version. @param path absolute. */
  put(path: string, content: string | Uint8Array): void {
    const version = `v${Number(this.files.get(path)?.version.slice(1) ?? 0) + 1}`
    this.files.set(path, { bytes: Buffer.from(content), mtimeNs: 1_000_000_000n, version })
  }

  find(given: string): Answer<FoundSource | null> {
    return this.#answer(() => {
      const file = this.files.get(given)
      const slash = given.lastIndexOf('/')
      if (file !== undefined)
        return { kind: 'file', root: given.slice(0, slash), name: given.slice(slash + 1), head: foundOf(file) }
      return this.#below(given).length === 0 ? null : { kind: 'folder', root: given }
    })
  }

  hintAtMissing(): Answer<string> {
    return this.#answer(() => 'nothing like it is in memory')
  }

  identify({ root, path }: SourceFolder): Answer<string> {
    return this.#answer(() => `${root}/${path}`)
  }

  list(folder: SourceFolder): Answer<Iterable<SourceEntry>> {
    return this.#answer(() => {
      const top = pathOf(folder)
      const names = [...new Set(this.#below(top).map((path) => path.slice(top.length + 1).split('/')[0]!))].sort()
      return names.map((name) => this.#entryOf(folder, name)!)
    })
  }

  look(folder: SourceFolder, name: string): Answer<SourceEntry | null> {
    return this.#answer(() => this.#entryOf(folder, name))
  }

  head(path: string): Answer<FoundFile | null> {
    return this.#answer(() => {
      const file = this.files.get(path)
      return file === undefined ? null : foundOf(file)
    })
  }

  kindOf(path: string): Answer<EntryKind | null> {
    return this.#answer(() => (this.files.has(path) ? 'file' : this.#below(path).length > 0 ? 'folder' : null))
  }

  identityOf(path: string): Answer<string | null> {
    return this.#answer(() => (this.files.has(path) || this.#below(path).length > 0 ? `memory:${path}` : null))
  }

  modeOf(folder: string): Answer<number> {
    return this.#answer(() => {
      if (this.#below(folder).length === 0) throw Object.assign(new Error(`no ${folder} in memory`), { code: 'ENOENT' })
      return 0o777
    })
  }

  describeTree(root: string): Answer<SourceTree> {
    return this.#answer(() => ({ root, identity: `memory:${root}`, mounts: [], mounted: [] }))
  }

  open(path: string): Answer<ByteSource> {
    return this.#answer(() => {
      this.#count('open', path)
      this.#require(path)
      return {
        head: () => this.#answer(() => (this.#count('head', path), foundOf(this.#require(path)))),
        readAt: (target, at, length, offset) =>
          this.#answer(() => {
            this.#count('readAt', path)
            const most = Math.min(length, this.#options.mostBytes ?? length)
            const piece = this.#require(path).bytes.subarray(offset, offset + most)
            target.set(piece, at)
            return piece.length
          }),
        close: () => {},
      }
    })
  }

  #entryOf(folder: SourceFolder, name: string): SourceEntry | null {
    const path = `${pathOf(folder)}/${name}`
    const file = this.files.get(path)
    if (file !== undefined) return { kind: 'file', folder: folder.path, name, ...headOf(file) }
    return this.#below(path).length === 0 ? null : { kind: 'folder', name, identity: path }
  }

  #below(folder: string): string[] {
    return [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`))
  }

  #require(path: string): MemoryFile {
    const file = this.files.get(path) ?? this.#options.otherFile?.(path)
    if (file === undefined) throw Object.assign(new Error(`no ${path} in memory`), { code: 'ENOENT' })
    return file
  }

  #count(call: 'open' | 'head' | 'readAt', path: string): void {
    this.#options.beforeCall?.(call, path, ++this.#calls)
  }

  #answer<Value>(work: () => Value): Answer<Value> {
    return answerAfter(this.#options.latencyMs, work)
  }
}

function pathOf({ root, path }: SourceFolder): string {
  return path === '' ? root : `${root}/${path}`
}

function headOf({ bytes, mtimeNs, version }: MemoryFile): { sizeBytes: number; mtimeNs: bigint; version: string } {
  return { sizeBytes: bytes.length, mtimeNs, version }
}

function foundOf(file: MemoryFile): FoundFile {
  return { isFile: true, mode: 0o100644, ...headOf(file) }
}
