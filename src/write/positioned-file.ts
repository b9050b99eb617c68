import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { PRIVATE_FILE_MODE } from '../model/file-modes.ts'
import type { PaceIo } from '../model/pacing.ts'

const { O_CREAT, O_EXCL, O_RDWR } = constants

/** A staged file that several threads write at once, each at places of its own. Sizes and hashes are the callers' business. */
export class PositionedFile {
  private readonly descriptor: number
  private readonly pace: PaceIo | undefined

  private constructor(path: string, flags: number, mode: number, pace: PaceIo | undefined) {
    this.pace = pace
    pace?.(0)
    this.descriptor = openSync(path, flags, mode)
  }

  /** Makes the file, which must not exist before. @param mode the system takes the umask off. */
  static create(path: string, mode: number, pace?: PaceIo): PositionedFile {
    return new PositionedFile(path, O_RDWR | O_CREAT | O_EXCL, mode, pace)
  }

  /** Opens the file that another thread has made. */
  static open(path: string, pace?: PaceIo): PositionedFile {
    return new PositionedFile(path, O_RDWR, PRIVATE_FILE_MODE, pace)
  }

  /** Opens the file, or makes it where it is not there: for its user alone. */
  static openOrCreate(path: string, pace?: PaceIo): PositionedFile {
    return new PositionedFile(path, O_RDWR | O_CREAT, PRIVATE_FILE_MODE, pace)
  }

  /** Writes all of bytes[start, end) from `offset` of the file on, whatever the system takes at once. */
  writeAt(offset: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    for (let from = start; from < end;) {
      const written = writeSync(this.descriptor, bytes, from, end - from, offset + from - start)
      this.pace?.(written)
      from += written
    }
  }

  /** An error here means that the bytes may not be there. */
  close(): void {
    closeSync(this.descriptor)
  }
}
