import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs'
import type { ByteSource, FoundFile } from '../source-storage.ts'

/** A local file that is open for reading. */
export class LocalBytes implements ByteSource {
  readonly #descriptor: number

  private constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** Without O_NONBLOCK the open would hang where a pipe has taken the file's place. @throws errors of the system. */
  static open(path: string): LocalBytes {
    return new LocalBytes(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
  }

  head(): FoundFile {
    return foundFile(fstatSync(this.#descriptor, { bigint: true }))
  }

  /** With a place to read at, a pipe that took the file's place refuses and loses no byte. */
  readAt(target: Uint8Array, at: number, length: number, offset: number): number {
    return readSync(this.#descriptor, target, at, length, offset)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

export function foundFile(stats: BigIntStats): FoundFile {
  return {
    isFile: stats.isFile(),
    sizeBytes: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    mode: Number(stats.mode),
  }
}
