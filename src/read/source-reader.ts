import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { BatchMemory } from '../batch/batch-memory.ts'
import type { Checksum } from '../batch/checksum.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { PaceIo } from '../model/pacing.ts'

/** The most bytes of UTF-8 that one byte of another encoding can become (windows-1252: one byte to three). */
const UTF8_GROWTH = 3

/** Bytes at the start of a file that are shown to who asks, however many are read at once. */
const SHOWN_BYTES = 4096

/** Looks at the first bytes of a file as they are, before they are decoded; `isWhole` where they are all of it. May throw. */
export type InspectStart = (start: Uint8Array, isWhole: boolean) => void

interface SourceFile {
  readonly sourcePath: string
  readonly sizeBytes: number
  readonly mtimeNs: bigint
}

/**
 * Reads one source file, chunk by chunk, into the input region of a batch memory, and makes sure that it is the file of the
 * plan and stays so: fewer bytes than its size are SOURCE_SHORT, another size or time at the start or the end is
 * SOURCE_CHANGED. Of a file that is read at once the end is right behind the start, so it is looked at once.
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
  /** Bytes read from the file: the offset in it that is read next. */
  readBytes = 0
  /** CRC-32 of all bytes read; only with `checksum`. */
  hash = 0
  /** Permissions of the file, once it was looked at: before the first bytes can be parsed. Until then nobody's. */
  mode = 0
  readonly #file: SourceFile
  readonly #memory: BatchMemory
  readonly #chunkBytes: number
  readonly #checksum: Checksum | null
  readonly #decoder: StreamDecoder | null
  readonly #descriptor: number
  /** Where reading stops: the size, or earlier for a sample. */
  readonly #limitBytes: number
  /** True where the whole file was read before it was looked at: it cannot have changed in between. */
  #isSettled = false
  readonly #pace: PaceIo | undefined
  /** Null once it was asked. */
  #inspectStart: InspectStart | null

  constructor(
    file: SourceFile,
    memory: BatchMemory,
    options: {
      chunkBytes: number
      encoding: string
      /** Null: bytes are not hashed. */
      checksum: Checksum | null
      limitBytes?: number
      pace?: PaceIo | undefined
      inspectStart?: InspectStart | undefined
    },
  ) {
    this.#file = file
    this.#memory = memory
    this.#chunkBytes = options.chunkBytes
    this.#checksum = options.checksum
    this.#limitBytes = Math.min(file.sizeBytes, options.limitBytes ?? Number.POSITIVE_INFINITY)
    this.#decoder = isUtf8Label(options.encoding) ? null : new StreamDecoder(options.encoding)
    this.start = memory.inputStart
    this.end = memory.inputStart
    this.sourceOffset = -memory.inputStart
    this.#pace = options.pace
    this.#inspectStart = options.inspectStart ?? null
    this.#pace?.(0)
    this.#descriptor = openFile(file.sourcePath)
    if (this.#isReadAtOnce()) return
    try {
      this.assertUnchanged()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /**
   * Reads the next bytes behind those not yet consumed. The more are left over, the more are read, so that parsing a long
   * record again from its start costs twice its length at most.
   * @param stopAt offset in the file, behind `readBytes`, up to which to read at most.
   */
  fill(stopAt = Number.POSITIVE_INFINITY): void {
    this.#moveCarryToFront()
    const carryBytes = this.end - this.start
    const freeBytes = Math.min(this.#memory.inputEnd - this.end, stopAt - this.readBytes)
    const wantedBytes = Math.min(Math.max(this.#chunkBytes, carryBytes), freeBytes)
    const before = this.end
    while (this.end === before && !this.isLast) {
      if (this.#decoder) this.#fillDecoded(this.#decoder, wantedBytes)
      else this.end += this.#readInto(this.#memory.bytes, this.end, wantedBytes)
      this.isLast = this.readBytes >= this.#limitBytes
    }
    if (!this.#isReadAtOnce()) return
    this.assertUnchanged()
    this.#isSettled = this.isLast
  }

  /** True where the bytes that are here end where the file does; a sample ends before. */
  get isFileEnd(): boolean {
    return this.isLast && this.#limitBytes === this.#file.sizeBytes
  }

  /** Gives up all bytes that are here and reads on at another place: for UTF-8 without a hash only. */
  seek(offset: number): void {
    this.start = this.#memory.inputStart
    this.end = this.start
    this.sourceOffset = offset - this.start
    this.readBytes = offset
    this.isLast = offset >= this.#limitBytes
    this.#isSettled = false
  }

  /** Gives up the bytes before `position`. */
  consume(position: number): void {
    this.start = position
  }

  /** Checks, when everything is read, that the file is still the one that was opened. */
  assertUnchanged(): void {
    if (this.#isSettled) return
    const stat = fstatSync(this.#descriptor, { bigint: true })
    this.mode = Number(stat.mode)
    if (stat.isFile() && Number(stat.size) === this.#file.sizeBytes && stat.mtimeNs === this.#file.mtimeNs) return
    const found = stat.isFile() ? `${stat.size} bytes, modified ${formatTime(stat.mtimeNs)}` : 'no longer a file'
    throw new MigrationError(
      'SOURCE_CHANGED',
      `the file changed: ${this.#file.sizeBytes} bytes, modified ${formatTime(this.#file.mtimeNs)} in the plan; now ${found}`,
      { phase: 'read', hint: 'run the same command again when nothing writes to it' },
    )
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #isReadAtOnce(): boolean {
    return (
      this.#decoder === null && this.#file.sizeBytes <= this.#chunkBytes && this.#limitBytes === this.#file.sizeBytes
    )
  }

  #moveCarryToFront(): void {
    const { inputStart, bytes } = this.#memory
    if (this.start === inputStart) return
    bytes.copyWithin(inputStart, this.start, this.end)
    this.sourceOffset += this.start - inputStart
    this.end -= this.start - inputStart
    this.start = inputStart
  }

  #readInto(target: Uint8Array, position: number, wantedBytes: number): number {
    const length = Math.min(wantedBytes, this.#limitBytes - this.readBytes)
    if (length === 0) return 0
    const count = this.#readAt(target, position, length)
    if (count === 0) {
      // Where the file is not the one of the plan any more, that is what its user must know, and not that it is short.
      if (this.#isReadAtOnce()) this.assertUnchanged()
      throw new MigrationError(
        'SOURCE_SHORT',
        `the file ended after ${this.readBytes} of its ${this.#file.sizeBytes} bytes`,
        { phase: 'read', hint: 'check the disk, or run the same command again when nothing writes to it' },
      )
    }
    if (this.#inspectStart !== null && this.readBytes === 0) this.#showStart(target, position, count)
    this.readBytes += count
    this.#pace?.(count)
    if (this.#checksum !== null) this.hash = this.#checksum(target, position, position + count, this.hash)
    return count
  }

  /** Shows the start of the file to who asks, for readers that read it themselves. */
  lookAtStart(): void {
    if (this.#file.sizeBytes > 0) this.#showStart(new Uint8Array(0), 0, 0)
  }

  /** Shows the same bytes however few are read at once. */
  #showStart(target: Uint8Array, position: number, count: number): void {
    const inspect = this.#inspectStart
    this.#inspectStart = null
    const wanted = Math.min(SHOWN_BYTES, this.#file.sizeBytes)
    let start = target.subarray(position, position + Math.min(count, wanted))
    if (count < wanted) {
      const read = Buffer.alloc(wanted)
      start = read.subarray(0, readSync(this.#descriptor, read, 0, wanted, 0))
    }
    inspect?.(start, wanted === this.#file.sizeBytes)
  }

  #readAt(target: Uint8Array, position: number, length: number): number {
    try {
      // With a place to read at, a pipe that took the file's place refuses and loses no byte.
      return readSync(this.#descriptor, target, position, length, this.readBytes)
    } catch (error) {
      if (this.#isReadAtOnce()) this.assertUnchanged()
      throw error
    }
  }

  #fillDecoded(decoder: StreamDecoder, wantedBytes: number): void {
    const raw = Buffer.allocUnsafe(Math.max(1, Math.floor(Math.min(wantedBytes, this.#chunkBytes) / UTF8_GROWTH)))
    const count = this.#readInto(raw, 0, raw.length)
    const isLast = this.readBytes >= this.#limitBytes && this.#limitBytes === this.#file.sizeBytes
    this.end += decoder.decode(raw.subarray(0, count), isLast, this.#memory.bytes.subarray(this.end), this.readBytes)
  }
}

function openFile(path: string): number {
  try {
    // Without O_NONBLOCK the open would hang where a pipe has taken the file's place.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new MigrationError('SOURCE_MISSING', 'the file is gone: it was there when the plan was made', {
      phase: 'read',
      hint: 'run the same command again, without it or with it back in its place',
      cause: error,
    })
  }
}

/** True for the names of UTF-8, which is taken as it is (its validity is the parser's business, record by record). */
export function isUtf8Label(encoding: string): boolean {
  return /^utf-?8$/i.test(encoding)
}

/** KeyedMutex another encoding into UTF-8 across chunk boundaries. The encoding's own byte order mark is removed. */
class StreamDecoder {
  readonly #decoder: InstanceType<typeof TextDecoder>
  readonly #encoder = new TextEncoder()
  readonly #encoding: string
  #isAtStart = true

  constructor(encoding: string) {
    this.#encoding = encoding
    this.#decoder = new TextDecoder(encoding, { fatal: true })
  }

  decode(raw: Uint8Array, isLast: boolean, target: Uint8Array, readBytes: number): number {
    const text = this.#decodeText(raw, isLast, readBytes)
    if (this.#isAtStart && text.startsWith(SWAPPED_MARK)) throw this.#wrongOrder()
    if (text !== '') this.#isAtStart = false
    return this.#encoder.encodeInto(text, target).written
  }

  #decodeText(raw: Uint8Array, isLast: boolean, readBytes: number): string {
    try {
      // Always as a stream, also where all comes at once: Node 20 then decodes windows-1252 as latin1, `€` as U+0080.
      return this.#decoder.decode(raw, { stream: true }) + (isLast ? this.#decoder.decode() : '')
    } catch (error) {
      throw new MigrationError(
        'INVALID_ENCODING',
        `bytes ${readBytes - raw.length} to ${readBytes} are not valid ${this.#encoding}`,
        { phase: 'read', hint: 'give the right --encoding', cause: error },
      )
    }
  }

  #wrongOrder(): MigrationError {
    const other = this.#encoding === 'utf-16le' ? 'utf-16be' : 'utf-16le'
    return new MigrationError('UNSUPPORTED_ENCODING', `the file starts with the byte order mark of ${other}`, {
      phase: 'read',
      hint: `--encoding ${other}`,
    })
  }
}

/** The byte order mark of UTF-16 read in the wrong order: no character, so no text starts with it. */
const SWAPPED_MARK = '\ufffe'

function formatTime(timeNs: bigint): string {
  return new Date(Number(timeNs / 1_000_000n)).toISOString()
}
