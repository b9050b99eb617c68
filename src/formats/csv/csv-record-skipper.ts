// A record longer than --max-record-size is a reject, but the next record still has to be found, in bounded memory. The skipper
// is the scanner's state machine taken byte by byte, without cells, so that it can stop and go on anywhere. It must find the
// same end as csv-record-scanner.ts: the two change together, and a test compares them at every limit.
import type { CsvDialect } from './csv-dialect.ts'
import { isBlank } from './csv-dialect.ts'
import { IS_BARE, NEEDS_MORE_BYTES } from './line-ends.ts'
import type { LineEnds } from './line-ends.ts'

const LF = 0x0a
const CR = 0x0d

const FIELD_START = 0
const UNQUOTED = 1
const QUOTED = 2
const AFTER_QUOTE = 3
/** Behind text after a closing quote: only the line end counts. */
const LOST = 4

type State = typeof FIELD_START | typeof UNQUOTED | typeof QUOTED | typeof AFTER_QUOTE | typeof LOST

/** Passes over one record, chunk by chunk. */
export class CsvRecordSkipper {
  /** Bytes of the record passed so far, its line end left out. */
  byteCount = 0
  isDone = false
  /** Bytes of the record before its last opening quote, and line ends before it. */
  bytesBeforeQuote = 0
  linesBeforeQuote = 0
  #state: State = FIELD_START
  #lineFeeds = 0
  #loneCrs = 0
  #previous = 0
  readonly #dialect: CsvDialect
  readonly #lineEnds: LineEnds

  constructor(dialect: CsvDialect, lineEnds: LineEnds) {
    this.#dialect = dialect
    this.#lineEnds = lineEnds
  }

  /** True where the file would end inside quotes if it ended here. */
  get isInQuotes(): boolean {
    return this.#state === QUOTED
  }

  /** Line ends inside the quotes of the record. */
  get quotedLineEndCount(): number {
    return this.#lineEnds.sum(this.#lineFeeds, this.#loneCrs)
  }

  /**
   * Goes on from `start`.
   * @returns the position up to which bytes are passed: the start of the next record where `isDone`, else `end`, or one byte
   *   less where the byte after that one decides.
   */
  pass(bytes: Uint8Array, start: number, end: number, isLast: boolean): number {
    let position = start
    while (position < end) {
      const byte = bytes[position]!
      if (this.#state === QUOTED) {
        const length = this.#passQuoted(bytes, position, end, isLast)
        if (length === 0) return position
        this.byteCount += length
        position += length
        continue
      }
      if (byte === LF || byte === CR) {
        const next = byte === LF ? position + 1 : this.#lineEnds.afterCr(bytes, position, end, isLast)
        if (next === NEEDS_MORE_BYTES) return position
        if (next !== IS_BARE) {
          this.#lineEnds.learn(bytes, position, next)
          this.isDone = true
          return next
        }
        if (this.#state === FIELD_START) this.#state = UNQUOTED
        else if (this.#state === AFTER_QUOTE) this.#state = LOST
      } else {
        this.#state = this.#stateAfter(byte)
      }
      this.byteCount++
      position++
    }
    if (isLast) this.isDone = true
    return position
  }

  /** Passes one byte or one escape sequence between quotes. Returns its length, or 0 where the byte after it decides. */
  #passQuoted(bytes: Uint8Array, position: number, end: number, isLast: boolean): number {
    const { quote, escape } = this.#dialect
    const byte = bytes[position]!
    const wasCr = this.#previous === CR
    this.#previous = byte
    if (byte === escape) {
      if (position + 1 === end && !isLast) return 0
      const following = position + 1 < end ? bytes[position + 1]! : -1
      if (following === quote || following === escape) return 2
    }
    if (byte === quote) this.#state = AFTER_QUOTE
    else if (byte === CR) this.#loneCrs++
    else if (byte === LF) {
      this.#lineFeeds++
      if (wasCr) this.#loneCrs--
    }
    return 1
  }

  #stateAfter(byte: number): State {
    const { delimiter, quote, trimsAroundQuotes } = this.#dialect
    if (this.#state === LOST) return LOST
    if (byte === delimiter) return FIELD_START
    if (this.#state === UNQUOTED) return UNQUOTED
    if (trimsAroundQuotes && isBlank(byte, delimiter)) return this.#state
    if (this.#state === AFTER_QUOTE) return LOST
    if (byte !== quote) return UNQUOTED
    this.bytesBeforeQuote = this.byteCount
    this.linesBeforeQuote = this.quotedLineEndCount
    return QUOTED
  }
}
