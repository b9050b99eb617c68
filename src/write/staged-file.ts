import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { plainChecksum, type Checksum } from '../batch/checksum.ts'
import type { PaceIo } from '../model/pacing.ts'

/**
 * A file that nobody can see yet: written at a staged path, hashed while its bytes are hot, made visible later by the commit
 * (which also syncs it). It must not exist before.
 */
export class StagedFile {
  readonly path: string
  /** Bytes written so far. */
  sizeBytes = 0
  /** CRC-32 of the bytes written so far. */
  hash = 0
  private descriptor: number | null
  private readonly pace: PaceIo | undefined
  private readonly checksum: Checksum

  constructor(path: string, pace?: PaceIo, checksum = plainChecksum) {
    this.path = path
    this.pace = pace
    this.checksum = checksum
    pace?.(0)
    this.descriptor = openSync(path, 'wx')
  }

  /** Writes all of bytes[start, end), whatever the system takes at once. */
  write(bytes: Uint8Array, start: number, end: number): void {
    if (this.descriptor === null) throw new Error(`${this.path} is closed`)
    for (let from = start; from < end;) {
      const written = writeSync(this.descriptor, bytes, from, end - from)
      this.pace?.(written)
      from += written
    }
    this.hash = this.checksum(bytes, start, end, this.hash)
    this.sizeBytes += end - start
  }

  /** Closes the file and keeps it. An error here means that the bytes may not be there. */
  close(): void {
    if (this.descriptor === null) return
    const descriptor = this.descriptor
    this.descriptor = null
    closeSync(descriptor)
  }

  /** Closes the file and removes it. Never throws: it runs where something else went wrong already. */
  discard(): void {
    try {
      this.close()
    } catch {
      // The file goes away with its bytes.
    }
    try {
      unlinkSync(this.path)
    } catch {
      // Collected at the end of the run.
    }
  }
}
