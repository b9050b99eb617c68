import type { BatchMemory } from '../batch/batch-memory.ts'
import type { Checksum } from '../batch/checksum.ts'
import type { Content } from '../codec/codec.ts'
import { identity } from '../codec/identity.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { PaceIo } from '../model/pacing.ts'
import { isPromise, recovering, andThen, type Answer } from '../storage/answer.ts'
import type { ByteSource, FileHead, SourceStorage } from '../storage/source-storage.ts'
import { DecodedText, isUtf8Label } from './decoded-text.ts'
import { FileBytes, type InspectStart } from './file-bytes.ts'
import { SourceWatch } from './source-watch.ts'

interface SourceFile extends FileHead {
  readonly sourcePath: string
}

export interface SourceOptions {
  readonly chunkBytes: number
  readonly encoding: string
  /** Null: bytes are not hashed. */
  readonly checksum: Checksum | null
  /** Bytes of the file that are read; all if not given. */
  readonly limitBytes?: number
  readonly pace?: PaceIo | undefined
  readonly inspectStart?: InspectStart | undefined
}

/**
 * The input window of one source file: a chain of byte source, codec and decoder, whose bytes come chunk by chunk into the input region of a
 * batch memory. Makes sure that it is the file of the plan and stays so: fewer bytes than its size are SOURCE_SHORT, another size,
 * time or version at the start or the end is SOURCE_CHANGED. Of a file that is read at once the end is right behind the start, so it is looked
 * at once.
 *
 *     fill(); parse [start, end); consume(position up to which it was parsed); fill(); ...   until isLast
 */
export class SourceReader {
  /** Bytes that are read and not consumed: [start, end) of the memory. */
  start: number
  end: number
  /** True where no bytes follow. */
  isLast = false
  /** Offset in the decoded source of memory position 0. */
  sourceOffset: number
  /** For who reads the file in ways of its own, while this one watches over it. */
  readonly bytes: ByteSource
  readonly #memory: BatchMemory
  readonly #chunkBytes: number
  readonly #file: FileBytes
  readonly #content: Content
  readonly #watch: SourceWatch
  readonly #isWhole: boolean
  readonly #isReadAtOnce: boolean
  /** True where the whole file was read before it was looked at: it cannot have changed in between. */
  #isSettled = false

  private constructor(bytes: ByteSource, file: SourceFile, memory: BatchMemory, options: SourceOptions) {
    const { chunkBytes, encoding, checksum, pace, inspectStart } = options
    const { sizeBytes } = file
    const limitBytes = Math.min(sizeBytes, options.limitBytes ?? Number.POSITIVE_INFINITY)
    const isText = isUtf8Label(encoding)
    this.bytes = bytes
    this.#memory = memory
    this.#chunkBytes = chunkBytes
    this.#watch = new SourceWatch(bytes, file)
    this.#isWhole = limitBytes === sizeBytes
    this.#isReadAtOnce = isText && this.#isWhole && sizeBytes <= chunkBytes
    const beforeFailing = (): Answer<void> => (this.#isReadAtOnce ? this.assertUnchanged() : undefined)
    this.#file = new FileBytes(bytes, { sizeBytes, limitBytes, checksum, pace, inspectStart, beforeFailing })
    const content = identity.decode(this.#file)
    this.#content = isText ? content : new DecodedText(content, encoding, chunkBytes, this.#isWhole)
    this.start = memory.inputStart
    this.end = memory.inputStart
    this.sourceOffset = -memory.inputStart
  }

  /** @throws MigrationError SOURCE_MISSING, SOURCE_CHANGED; errors of the storage. */
  static open(
    storage: SourceStorage,
    file: SourceFile,
    memory: BatchMemory,
    options: SourceOptions,
  ): Answer<SourceReader> {
    options.pace?.(0)
    return andThen(openBytes(storage, file.sourcePath), (bytes) => {
      const reader = new SourceReader(bytes, file, memory, options)
      if (reader.#isReadAtOnce) return reader
      return recovering(
        () => andThen(reader.assertUnchanged(), () => reader),
        (error) => {
          reader.close()
          throw error
        },
      )
    })
  }

  /** Bytes read from the file, which are not those of the content where a codec or a decoder stands between. */
  get readBytes(): number {
    return this.#file.readBytes
  }

  /** Offset in the decoded source behind the bytes that are here. */
  get endOffset(): number {
    return this.end + this.sourceOffset
  }

  /** CRC-32 of all bytes read; only with `checksum`. */
  get hash(): number {
    return this.#file.hash
  }

  /** Permissions of the file, once it was looked at: before the first bytes can be parsed. Until then nobody's. */
  get mode(): number {
    return this.#watch.mode
  }

  /** True where the bytes that are here end where the file does; a sample ends before. */
  get isFileEnd(): boolean {
    return this.isLast && this.#isWhole
  }

  /**
   * Reads the next bytes behind those not yet consumed. The more are left over, the more are read, so that parsing a long
   * record again from its start costs twice its length at most.
   * @param stopAt offset in the decoded source, behind `endOffset`, up to which to read at most.
   */
  fill(stopAt = Number.POSITIVE_INFINITY): Answer<void> {
    this.#moveCarryToFront()
    const carryBytes = this.end - this.start
    const freeBytes = Math.min(this.#memory.inputEnd - this.end, stopAt - this.endOffset)
    return this.#readOn(Math.min(Math.max(this.#chunkBytes, carryBytes), freeBytes))
  }

  /** Gives up all bytes that are here and reads on at another place: for UTF-8 without a codec or a hash only. */
  seek(offset: number): void {
    this.start = this.#memory.inputStart
    this.end = this.start
    this.sourceOffset = offset - this.start
    this.#file.seek(offset)
    this.isLast = this.#content.isAtEnd
    this.#isSettled = false
  }

  /** Gives up the bytes before `position`. */
  consume(position: number): void {
    this.start = position
  }

  /** Checks, when everything is read, that the file is still the one that was opened. @throws MigrationError SOURCE_CHANGED */
  assertUnchanged(): Answer<void> {
    if (!this.#isSettled) return this.#watch.assertUnchanged()
  }

  /** Shows the start of the file to who asks, for readers that read it themselves. */
  lookAtStart(): Answer<void> {
    return this.#file.lookAtStart()
  }

  close(): void {
    this.bytes.close()
  }

  /** Until something came, or all has: the first bytes of a text may be half a character. */
  #readOn(wantedBytes: number): Answer<void> {
    const before = this.end
    while (this.end === before && !this.isLast) {
      const count = this.#content.read(this.#memory.bytes, this.end, wantedBytes)
      if (isPromise(count)) return count.then((read) => this.#goOn(read, wantedBytes))
      this.#take(count)
    }
    return this.#settle()
  }

  #goOn(count: number, wantedBytes: number): Answer<void> {
    this.#take(count)
    return count === 0 ? this.#readOn(wantedBytes) : this.#settle()
  }

  #take(count: number): void {
    this.end += count
    this.isLast = this.#content.isAtEnd
  }

  #settle(): Answer<void> {
    if (!this.#isReadAtOnce) return
    return andThen(this.assertUnchanged(), () => {
      this.#isSettled = this.isLast
    })
  }

  #moveCarryToFront(): void {
    const { inputStart, bytes } = this.#memory
    if (this.start === inputStart) return
    bytes.copyWithin(inputStart, this.start, this.end)
    this.sourceOffset += this.start - inputStart
    this.end -= this.start - inputStart
    this.start = inputStart
  }
}

/** Opens a source. @throws MigrationError SOURCE_MISSING; errors of the storage. */
function openBytes(storage: SourceStorage, path: string): Answer<ByteSource> {
  return recovering(
    () => storage.open(path),
    (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      throw new MigrationError('SOURCE_MISSING', 'the file is gone: it was there when the plan was made', {
        phase: 'read',
        hint: 'run the same command again, without it or with it back in its place',
        cause: error,
      })
    },
  )
}
