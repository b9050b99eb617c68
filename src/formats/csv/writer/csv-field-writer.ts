// One field of delimited text. Most fields are short and need no quotes, so they are copied and looked at in one go; only where
// something special turned up is the field written again, in quotes. `put` functions write where room was reserved for a whole
// row; `write` functions reserve for themselves, piece by piece.
import type { OutputBuffer } from '../../../batch/output-buffer.ts'
import type { DelimitedTarget } from '../csv-settings.ts'
import { byteTable } from '../csv-dialect.ts'

const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09

/** Quoting can double the bytes, and one reserve asks for at most 64 KiB. */
const SEGMENT_BYTES = 32 * 1024

/** Writes fields in a target's dialect. Does not know of rows, but for what the place of a field in them says. */
export class CsvFieldWriter {
  readonly #quote: number
  readonly #nullText: Uint8Array | null
  readonly #nullLength: number
  /** By byte: 1 where it cannot stand in an unquoted field. */
  readonly #specials: Uint8Array
  readonly #blanks: Uint8Array

  constructor(target: DelimitedTarget, delimiter: number) {
    this.#quote = target.quote
    this.#nullText = target.nullText === null ? null : new TextEncoder().encode(target.nullText)
    this.#nullLength = this.#nullText?.length ?? 0
    this.#specials = byteTable([delimiter, target.quote, CR, LF])
    this.#blanks = byteTable([SPACE, TAB])
  }

  /** The most bytes that fields take whose texts have so many bytes altogether, delimiters included. */
  roomFor(fieldCount: number, textBytes: number): number {
    return 2 * textBytes + fieldCount * (3 + this.#nullLength)
  }

  /**
   * Writes a short text at `position`, in quotes where it needs them. The room must have been reserved.
   * @param mustQuote where the field's place asks for quotes; a target without quotes never has it true
   * @returns the position behind it.
   */
  putText(bytes: Uint8Array, position: number, start: number, end: number, mustQuote: boolean): number {
    const specials = this.#specials
    let to = position
    let found = 0
    for (let from = start; from < end; from++) {
      const byte = bytes[from]!
      bytes[to++] = byte
      found |= specials[byte]!
    }
    if (found === 0 && !mustQuote && !this.#hasSpecialForm(bytes, start, end)) return to
    bytes[position] = this.#quote
    to = this.#putDoubled(bytes, position + 1, bytes, start, end)
    bytes[to] = this.#quote
    return to + 1
  }

  /** Writes what stands for null at `position`. The room must have been reserved. */
  putNull(bytes: Uint8Array, position: number): number {
    if (this.#nullText !== null) bytes.set(this.#nullText, position)
    return position + this.#nullLength
  }

  /** Writes a text of any length. */
  writeText(output: OutputBuffer, bytes: Uint8Array, start: number, end: number, mustQuote: boolean): void {
    const needsQuotes = mustQuote || this.#hasSpecialByte(bytes, start, end) || this.#hasSpecialForm(bytes, start, end)
    if (needsQuotes) this.#writeQuoted(output, bytes, start, end)
    else output.append(bytes, start, end)
  }

  /** Writes what stands for null. */
  writeNull(output: OutputBuffer): void {
    if (this.#nullText !== null) output.append(this.#nullText)
  }

  /** True where null is written as nothing at all. */
  get isNullEmpty(): boolean {
    return this.#nullLength === 0
  }

  /** True where a target without quotes can hold the text. Blanks at its ends are safe there: nothing is trimmed. */
  canWriteUnquoted(bytes: Uint8Array, start: number, end: number): boolean {
    return !this.#hasSpecialByte(bytes, start, end) && !this.#isNullText(bytes, start, end)
  }

  #writeQuoted(output: OutputBuffer, bytes: Uint8Array, start: number, end: number): void {
    let position = output.reserve(1)
    output.bytes[position] = this.#quote
    output.position = position + 1
    for (let from = start; from < end; from += SEGMENT_BYTES) {
      const segmentEnd = Math.min(end, from + SEGMENT_BYTES)
      position = output.reserve(2 * (segmentEnd - from))
      output.position = this.#putDoubled(output.bytes, position, bytes, from, segmentEnd)
    }
    position = output.reserve(1)
    output.bytes[position] = this.#quote
    output.position = position + 1
  }

  /** Copies a text, every quote in it twice. */
  #putDoubled(target: Uint8Array, position: number, bytes: Uint8Array, start: number, end: number): number {
    const quote = this.#quote
    let to = position
    for (let from = start; from < end; from++) {
      const byte = bytes[from]!
      target[to++] = byte
      if (byte === quote) target[to++] = quote
    }
    return to
  }

  #hasSpecialByte(bytes: Uint8Array, start: number, end: number): boolean {
    const specials = this.#specials
    for (let position = start; position < end; position++) if (specials[bytes[position]!] !== 0) return true
    return false
  }

  /** Blanks at the ends would be trimmed by others, and the text of null would be taken for it. */
  #hasSpecialForm(bytes: Uint8Array, start: number, end: number): boolean {
    if (end > start && this.#quote >= 0 && (this.#blanks[bytes[start]!]! | this.#blanks[bytes[end - 1]!]!) !== 0)
      return true
    return this.#isNullText(bytes, start, end)
  }

  #isNullText(bytes: Uint8Array, start: number, end: number): boolean {
    const nullText = this.#nullText
    if (nullText === null || nullText.length !== end - start) return false
    return nullText.every((byte, index) => bytes[start + index] === byte)
  }
}
