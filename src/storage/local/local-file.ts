import { fstatSync, type BigIntStats, type Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { EntryKind, TreeEntry, TreeFile, TreeFileHead } from '../tree-files.ts'
import { identityOf } from './identities.ts'

/** An open file of a folder of this machine. */
export class LocalFile implements TreeFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  head(): TreeFileHead {
    return toHead(fstatSync(this.#handle.fd, { bigint: true }))
  }

  async readAt(bytes: Uint8Array, at: number, length: number, offset: number): Promise<number> {
    return (await this.#handle.read(bytes, at, length, offset)).bytesRead
  }

  async writeAt(bytes: Uint8Array, offset: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, offset)).bytesWritten
  }

  append(text: string | Uint8Array): Promise<void> {
    return this.#handle.appendFile(text)
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#handle.truncate(sizeBytes)
  }

  sync(): Promise<void> {
    return this.#handle.sync()
  }

  touch(): Promise<void> {
    const now = new Date()
    return this.#handle.utimes(now, now)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

export function toEntry(stats: BigIntStats): TreeEntry {
  return { kind: kindOf(stats), sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs }
}

export function kindOf(stats: BigIntStats | Stats): EntryKind {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  return stats.isSymbolicLink() ? 'link' : 'other'
}

export function toHead(stats: BigIntStats): TreeFileHead {
  const { size, mtimeNs, nlink } = stats
  return { sizeBytes: Number(size), mtimeNs, identity: identityOf(stats), nameCount: Number(nlink) }
}
