import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import type { PaceIo } from '../model/pacing.ts'
import { unsafeEntry } from '../storage/local/unsafe-entry.ts'
import { identityOf, isSameIdentity, type FileIdentity } from '../storage/local/made-file.ts'

const { O_CREAT, O_EXCL, O_RDWR } = constants
/** Systems that lack one have undefined for it, which counts as 0. */
const NEVER_WAIT = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A staged file that several threads write at once, each at places of its own. Sizes and hashes are the callers' business. */
export class PositionedFile {
  readonly #descriptor: number
  readonly #pace: PaceIo | undefined

  private constructor(descriptor: number, pace: PaceIo | undefined) {
    this.#descriptor = descriptor
    this.#pace = pace
  }

  /** Makes the file, which must not exist before. @param mode the system takes the umask off. */
  static create(path: string, mode: number, pace?: PaceIo): PositionedFile {
    pace?.(0)
    return new PositionedFile(openSync(path, O_RDWR | O_CREAT | O_EXCL, mode), pace)
  }

  /**
   * Opens the file that another thread has made.
   * @param made which file it is: anything else in its place is left alone.
   * @throws MigrationError BOOKKEEPING_UNSAFE, TARGET_EXISTS where it is another file; errors of the system.
   */
  static open(path: string, made: FileIdentity, pace?: PaceIo): PositionedFile {
    pace?.(0)
    const file = new PositionedFile(openSync(path, O_RDWR | NEVER_WAIT), pace)
    if (isSameIdentity(file.identity, made)) return file
    file.close()
    throw unsafeEntry(path, 'another file than the one that was made there', 'file')
  }

  get identity(): FileIdentity {
    return identityOf(this.#descriptor)
  }

  /** Reads what lies at `offset` into `bytes`. @returns how many bytes; 0 at the end of the file. */
  readAt(offset: number, bytes: Uint8Array): number {
    return readSync(this.#descriptor, bytes, 0, bytes.length, offset)
  }

  /** Writes all of bytes[start, end) from `offset` of the file on, whatever the system takes at once. */
  writeAt(offset: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    for (let from = start; from < end;) {
      const written = writeSync(this.#descriptor, bytes, from, end - from, offset + from - start)
      this.#pace?.(written)
      from += written
    }
  }

  /** An error here means that the bytes may not be there. */
  close(): void {
    closeSync(this.#descriptor)
  }
}
