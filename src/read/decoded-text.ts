import type { Content } from '../codec/codec.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { andThen, type Answer } from '../storage/answer.ts'

/** The most bytes of UTF-8 that one byte of another encoding can become (windows-1252: one byte to three). */
const UTF8_GROWTH = 3

/** The byte order mark of UTF-16 read in the wrong order: no character, so no text starts with it. */
const SWAPPED_MARK = '\ufffe'

/** True for the names of UTF-8, which is taken as it is (its validity is the parser's business, record by record). */
export function isUtf8Label(encoding: string): boolean {
  return /^utf-?8$/i.test(encoding)
}

/** Text of another encoding as UTF-8, across chunk boundaries. The encoding's own byte order mark is removed. */
export class DecodedText implements Content {
  readonly #content: Content
  readonly #decoder: InstanceType<typeof TextDecoder>
  readonly #encoder = new TextEncoder()
  readonly #encoding: string
  readonly #mostBytes: number
  readonly #isWhole: boolean
  #isAtStart = true
  /** Bytes of the content that are decoded. */
  #decodedBytes = 0

  /**
   * @param mostBytes of UTF-8 that are made at once.
   * @param isWhole false for a sample, which may end within a character.
   */
  constructor(content: Content, encoding: string, mostBytes: number, isWhole: boolean) {
    this.#content = content
    this.#encoding = encoding
    this.#mostBytes = mostBytes
    this.#isWhole = isWhole
    this.#decoder = new TextDecoder(encoding, { fatal: true })
  }

  get isAtEnd(): boolean {
    return this.#content.isAtEnd
  }

  /** @throws MigrationError INVALID_ENCODING, UNSUPPORTED_ENCODING; whatever the content throws. */
  read(target: Uint8Array, at: number, length: number): Answer<number> {
    const raw = Buffer.allocUnsafe(Math.max(1, Math.floor(Math.min(length, this.#mostBytes) / UTF8_GROWTH)))
    return andThen(this.#content.read(raw, 0, raw.length), (count) =>
      this.#decode(raw.subarray(0, count), target.subarray(at)),
    )
  }

  #decode(raw: Uint8Array, target: Uint8Array): number {
    this.#decodedBytes += raw.length
    const text = this.#decodeText(raw, this.#isWhole && this.isAtEnd)
    if (this.#isAtStart && text.startsWith(SWAPPED_MARK)) throw this.#wrongOrder()
    if (text !== '') this.#isAtStart = false
    return this.#encoder.encodeInto(text, target).written
  }

  #decodeText(raw: Uint8Array, isLast: boolean): string {
    try {
      // Always as a stream, also where all comes at once: Node 20 then decodes windows-1252 as latin1, `€` as U+0080.
      return this.#decoder.decode(raw, { stream: true }) + (isLast ? this.#decoder.decode() : '')
    } catch (error) {
      throw new MigrationError(
        'INVALID_ENCODING',
        `bytes ${this.#decodedBytes - raw.length} to ${this.#decodedBytes} are not valid ${this.#encoding}`,
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
