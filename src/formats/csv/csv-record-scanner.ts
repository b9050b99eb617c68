// The state machine of delimited text: one record in, its cells out. This is the reference for every kernel, so it is written
// field by field, in the order of the text, with one tight loop for unquoted and one for quoted bytes.
import type { BatchMemory } from '../../batch/batch-memory.ts'
import { CELL_ESCAPED_TEXT, CELL_KIND_SHIFT, CELL_NULL, CELL_TEXT } from '../../batch/cell.ts'
import type { CellKind } from '../../batch/cell.ts'
import type { CsvDialect } from './csv-dialect.ts'
import type { CsvFault } from './csv-faults.ts'
import { passBlanks } from './csv-dialect.ts'
import { IS_BARE, NEEDS_MORE_BYTES } from './line-ends.ts'
import type { LineEnds } from './line-ends.ts'

const LF = 0x0a
const CR = 0x0d

/** The record is whole; it may have a fault all the same. */
export const SCAN_COMPLETE = 0
/** The record goes on behind the bytes at hand. */
export const SCAN_INCOMPLETE = 1
/** The file ends inside quotes. */
export const SCAN_UNTERMINATED = 2

export type ScanOutcome = typeof SCAN_COMPLETE | typeof SCAN_INCOMPLETE | typeof SCAN_UNTERMINATED

/** Scans records one at a time. What it found stays in its fields until the next scan. */
export class CsvRecordScanner {
  fieldCount = 0
  /** Where the record ends, its line end left out. */
  recordEnd = 0
  /** Where the next record starts. */
  next = 0
  /** The first structural fault, and the number of its field, counted from 0. */
  fault: CsvFault | null = null
  faultField = 0
  /** Where the text begins that is at fault. */
  faultPosition = 0
  /** Quotes inside unquoted fields, taken as they are. */
  literalQuoteCount = 0
  /** True where a CR or LF stands between quotes. */
  hasQuotedLineEnd = false
  /** Where the last opening quote stands. */
  openingQuote = 0
  /** True where a scan is incomplete only for want of the byte after a CR: that CR may not belong to the record. */
  endsInCr = false
  #quotedKind: CellKind = CELL_TEXT
  readonly #dialect: CsvDialect
  readonly #lineEnds: LineEnds

  constructor(dialect: CsvDialect, lineEnds: LineEnds) {
    this.#dialect = dialect
    this.#lineEnds = lineEnds
  }

  /**
   * Scans the record that starts at `start`, which is before `end`, and writes its cells from `firstCell` on.
   * @param isLast no bytes follow `end` in the file.
   */
  scan(memory: BatchMemory, firstCell: number, start: number, end: number, isLast: boolean): ScanOutcome {
    const { bytes, cells } = memory
    const { delimiter, quote, unquotedStops, trimsAroundQuotes, nullText } = this.#dialect
    const nullLength = nullText === null ? -1 : nullText.length
    this.fault = null
    this.literalQuoteCount = 0
    this.hasQuotedLineEnd = false
    this.endsInCr = false
    let word = 2 * firstCell
    let position = start
    for (;;) {
      const fieldStart = position
      const opening = trimsAroundQuotes ? passBlanks(bytes, position, end, delimiter) : position
      if (opening < end && bytes[opening] === quote) {
        const closing = this.#scanQuoted(bytes, opening, end, isLast)
        if (closing < 0) return isLast ? SCAN_UNTERMINATED : SCAN_INCOMPLETE
        cells[word] = opening + 1
        cells[word + 1] = (this.#quotedKind << CELL_KIND_SHIFT) | (closing - opening - 1)
        word += 2
        position = closing + 1
        if (position < end && bytes[position] === delimiter) {
          position++
          continue
        }
        position = this.#scanAfterQuote(bytes, position, end, isLast, (word >>> 1) - firstCell - 1)
        if (position < 0) return SCAN_INCOMPLETE
        if (this.next > 0) break
        continue
      }
      let next = 0
      for (;;) {
        while (position < end && unquotedStops[bytes[position]!] === 0) position++
        if (position < end && bytes[position] === delimiter) break
        next = this.#judgeStop(bytes, position, end, isLast, (word >>> 1) - firstCell)
        if (next === NEEDS_MORE_BYTES) return SCAN_INCOMPLETE
        if (next !== IS_BARE) break
        position++
      }
      const length = position - fieldStart
      cells[word] = fieldStart
      cells[word + 1] =
        length === nullLength && this.#isNull(bytes, fieldStart) ? (CELL_NULL << CELL_KIND_SHIFT) | length : length
      word += 2
      if (next > 0) {
        this.#endRecord(position, next)
        break
      }
      position++
    }
    this.fieldCount = (word >>> 1) - firstCell
    this.#lineEnds.learn(bytes, this.recordEnd, this.next)
    return SCAN_COMPLETE
  }

  /**
   * Says what the byte is that an unquoted field stops at, other than a delimiter.
   * @returns where the next record starts, IS_BARE where the byte is part of the field, or NEEDS_MORE_BYTES.
   */
  #judgeStop(bytes: Uint8Array, position: number, end: number, isLast: boolean, field: number): number {
    if (position === end) return isLast ? end : NEEDS_MORE_BYTES
    const byte = bytes[position]!
    if (byte === LF) return position + 1
    if (byte === CR) return this.#judgeCr(bytes, position, end, isLast, field)
    this.literalQuoteCount++
    if (this.#dialect.isRfc) this.#note('QUOTE_IN_UNQUOTED_FIELD', position, field)
    return IS_BARE
  }

  /** See LineEnds.afterCr. */
  #judgeCr(bytes: Uint8Array, position: number, end: number, isLast: boolean, field: number): number {
    const next = this.#lineEnds.afterCr(bytes, position, end, isLast)
    if (next === NEEDS_MORE_BYTES) this.endsInCr = true
    else if (next === IS_BARE) this.#note('BARE_CR', position, field)
    return next
  }

  /** Scans from an opening quote. Returns the position of the closing one, or -1 where the bytes at hand do not show it. */
  #scanQuoted(bytes: Uint8Array, opening: number, end: number, isLast: boolean): number {
    const { quote, escape, quotedStops } = this.#dialect
    this.openingQuote = opening
    this.#quotedKind = CELL_TEXT
    let position = opening + 1
    for (;;) {
      while (position < end && quotedStops[bytes[position]!] === 0) position++
      if (position === end) return -1
      const byte = bytes[position]!
      if (byte === escape) {
        if (position + 1 === end && !isLast) return -1
        const following = position + 1 < end ? bytes[position + 1]! : -1
        if (following === quote || following === escape) {
          this.#quotedKind = CELL_ESCAPED_TEXT
          position += 2
          continue
        }
      }
      if (byte === quote) return position
      if (byte === LF || byte === CR) this.hasQuotedLineEnd = true
      position++
    }
  }

  /**
   * Scans what follows a closing quote. After text that must not be there nothing can be trusted, quotes least of all: the
   * record then ends with the line.
   * @returns the position behind a delimiter, with `next` 0; or that of the record's end, with `next` behind it; or -1 where
   *   the bytes at hand do not show either.
   */
  #scanAfterQuote(bytes: Uint8Array, start: number, end: number, isLast: boolean, field: number): number {
    const { delimiter, trimsAroundQuotes } = this.#dialect
    let isLost = false
    this.next = 0
    for (let position = start; ; position++) {
      if (trimsAroundQuotes && !isLost) position = passBlanks(bytes, position, end, delimiter)
      if (position === end) return isLast ? this.#endRecord(position, end) : -1
      const byte = bytes[position]!
      if (byte === LF) return this.#endRecord(position, position + 1)
      if (byte === CR) {
        const next = this.#judgeCr(bytes, position, end, isLast, field)
        if (next === NEEDS_MORE_BYTES) return -1
        if (next !== IS_BARE) return this.#endRecord(position, next)
        isLost = true
      } else if (!isLost) {
        if (byte === delimiter) return position + 1
        this.#note('TEXT_AFTER_CLOSING_QUOTE', start, field)
        isLost = true
      }
    }
  }

  #endRecord(position: number, next: number): number {
    this.recordEnd = position
    this.next = next
    return position
  }

  #isNull(bytes: Uint8Array, start: number): boolean {
    const { nullText } = this.#dialect
    return nullText !== null && nullText.every((byte, index) => bytes[start + index] === byte)
  }

  /** The first fault of a record is the one that it is rejected for. */
  #note(code: CsvFault, position: number, field: number): void {
    if (this.fault !== null) return
    this.fault = code
    this.faultPosition = position
    this.faultField = field
  }
}
