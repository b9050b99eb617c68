import type { PaceIo } from '../model/pacing.ts'
import type { FileIdentity, SharedOutput } from '../storage/output-storage.ts'

/** A staged file that several threads write at once, each at places of its own. Sizes and hashes are the callers' business. */
export class PositionedFile {
  readonly #output: SharedOutput
  readonly #pace: PaceIo | undefined

  constructor(output: SharedOutput, pace: PaceIo | undefined) {
    this.#output = output
    this.#pace = pace
  }

  get identity(): FileIdentity {
    return this.#output.identity
  }

  /** Reads what lies at `offset` into `bytes`. @returns how many bytes; 0 at the end of the file. */
  readAt(offset: number, bytes: Uint8Array): number {
    return this.#output.readAt(offset, bytes)
  }

  /** Writes all of bytes[start, end) from `offset` of the file on, whatever the storage takes at once. */
  writeAt(offset: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    for (let from = start; from < end;) {
      const written = this.#output.writeAt(offset + from - start, bytes, from, end)
      this.#pace?.(written)
      from += written
    }
  }

  /** An error here means that the bytes may not be there. */
  close(): void {
    this.#output.close()
  }
}
