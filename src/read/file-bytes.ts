import type { Checksum } from '../batch/checksum.ts'
import type { Content } from '../codec/codec.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { PaceIo } from '../model/pacing.ts'
import { isPromise, recovering, andThen, type Answer } from '../storage/answer.ts'
import type { ByteSource } from '../storage/source-storage.ts'

/** Bytes at the start of a file that are shown to who asks, however many are read at once. */
const SHOWN_BYTES = 4096

/** Looks at the first bytes of a file as they are, before they are decoded; `isWhole` where they are all of it. May throw. */
export type InspectStart = (start: Uint8Array, isWhole: boolean) => void

export interface FileBytesOptions {
  readonly sizeBytes: number
  /** Where reading stops: the size, or earlier for a sample. */
  readonly limitBytes: number
  /** Null: bytes are not hashed. */
  readonly checksum: Checksum | null
  readonly pace?: PaceIo | undefined
  readonly inspectStart?: InspectStart | undefined
  /** Asked where reading failed: throws what its user must know rather than the failure. */
  readonly beforeFailing: () => Answer<void>
}

/**
 * The bytes of a source file from front to back, as many as the plan says: counted, hashed, paced, and the first of them shown. Fewer are
 * SOURCE_SHORT.
 */
export class FileBytes implements Content {
  /** Bytes read: the offset in the file that is read next. */
  readBytes = 0
  /** CRC-32 of all bytes read; only with `checksum`. */
  hash = 0
  readonly #bytes: ByteSource
  readonly #options: FileBytesOptions
  /** Null once it was asked. */
  #inspectStart: InspectStart | null

  constructor(bytes: ByteSource, options: FileBytesOptions) {
    this.#bytes = bytes
    this.#options = options
    this.#inspectStart = options.inspectStart ?? null
  }

  get isAtEnd(): boolean {
    return this.readBytes >= this.#options.limitBytes
  }

  read(target: Uint8Array, at: number, wantedBytes: number): Answer<number> {
    const length = Math.min(wantedBytes, this.#options.limitBytes - this.readBytes)
    if (length === 0) return 0
    const count = this.#readAt(target, at, length)
    return isPromise(count) ? count.then((read) => this.#take(target, at, read)) : this.#take(target, at, count)
  }

  /** Goes on at another place: without a hash only. */
  seek(offset: number): void {
    this.readBytes = offset
  }

  /** Shows the start of the file to who asks, for readers that read it themselves. */
  lookAtStart(): Answer<void> {
    if (this.#options.sizeBytes > 0) return this.#showStart(new Uint8Array(0))
  }

  #readAt(target: Uint8Array, at: number, length: number): Answer<number> {
    return recovering(
      () => this.#bytes.readAt(target, at, length, this.readBytes),
      (error) => this.#fail(error),
    )
  }

  #take(target: Uint8Array, at: number, count: number): Answer<number> {
    if (count === 0) return this.#fail(this.#tooShort())
    if (this.#inspectStart !== null && this.readBytes === 0) {
      const shown = this.#showStart(target.subarray(at, at + count))
      if (isPromise(shown)) return shown.then(() => this.#count(target, at, count))
    }
    return this.#count(target, at, count)
  }

  #count(target: Uint8Array, at: number, count: number): number {
    const { pace, checksum } = this.#options
    this.readBytes += count
    pace?.(count)
    if (checksum !== null) this.hash = checksum(target, at, at + count, this.hash)
    return count
  }

  /** Shows the same bytes however few are read at once. */
  #showStart(read: Uint8Array): Answer<void> {
    const inspect = this.#inspectStart
    this.#inspectStart = null
    const { sizeBytes } = this.#options
    const wanted = Math.min(SHOWN_BYTES, sizeBytes)
    const show = (start: Uint8Array): void => inspect?.(start, wanted === sizeBytes)
    if (read.length >= wanted) return show(read.subarray(0, wanted))
    return andThen(readWhole(this.#bytes, Buffer.alloc(wanted)), show)
  }

  #fail(error: unknown): Answer<never> {
    return andThen(this.#options.beforeFailing(), () => {
      throw error
    })
  }

  #tooShort(): MigrationError {
    const message = `the file ended after ${this.readBytes} of its ${this.#options.sizeBytes} bytes`
    return new MigrationError('SOURCE_SHORT', message, {
      phase: 'read',
      hint: 'check the disk, or run the same command again when nothing writes to it',
    })
  }
}

/** Fills a buffer from the start of a file, in as many calls as it takes. @returns what is there of it. */
export function readWhole(bytes: ByteSource, buffer: Uint8Array, filled = 0): Answer<Uint8Array> {
  if (filled === buffer.length) return buffer
  return andThen(bytes.readAt(buffer, filled, buffer.length - filled, filled), (count) =>
    count === 0 ? buffer.subarray(0, filled) : readWhole(bytes, buffer, filled + count),
  )
}
