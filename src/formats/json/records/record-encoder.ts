import {
  CELL_ESCAPED_STRING,
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_LENGTH_MASK,
  CELL_NULL,
  CELL_SPACED_NESTED,
  CELL_STRING,
  CELL_TEXT,
} from '../../../batch/cell.ts'
import { compactNested, decodeCellText } from '../../../batch/cell-text.ts'
import type { OutputBuffer } from '../../../batch/output-buffer.ts'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import type { View } from '../../../batch/shape.ts'
import { BACKSLASH, CLOSE_BRACE, COLON, COMMA, IS_PLAIN, OPEN_BRACE, QUOTE, SPACE } from '../text/json-bytes.ts'

// Rows as compact JSON objects. Most target bytes are names, the same in every row, so everything between two values is prepared
// once per view; most values are copied, and only text of delimited sources is looked at byte by byte.

/** What stands before each value of a view: `{"name":` or `,"name":`, behind one another in whole words of four bytes. */
interface Prefixes {
  readonly words: Uint32Array
  /** Prefix i is in the words from wordStarts[i] to wordStarts[i + 1], and has byteLengths[i] bytes. */
  readonly wordStarts: Int32Array
  readonly byteLengths: Int32Array
}

/** Text is encoded in pieces of this many bytes, so that a long cell needs no larger room than the output has. */
const PIECE_BYTES = 8192
/** The longest form of one byte: `\\u0000`. */
const LONGEST_ESCAPE = 6
/** Shorter cells are copied byte by byte: a call of copyWithin costs as much as some 60 bytes. */
const SHORT_BYTES = 64

const NO_PREFIXES: Prefixes = {
  words: new Uint32Array(0),
  wordStarts: new Int32Array(1),
  byteLengths: new Int32Array(0),
}
const NO_MEMORY = new DataView(new ArrayBuffer(0))

/** Encodes rows of batches. Keeps nothing between rows but the prefixes of views. */
export class RecordEncoder {
  readonly #prefixesOfView = new WeakMap<View, Prefixes>()
  #lastView: View | null = null
  #lastPrefixes: Prefixes = NO_PREFIXES
  /** The batch memory, for words at any position. */
  #memoryWords: DataView = NO_MEMORY

  /** Writes the row, under the names of `view`, without anything before or behind it. */
  encode(batch: RecordBatch, row: number, view: View, output: OutputBuffer): void {
    const { bytes, cells } = batch.memory
    const { words, wordStarts, byteLengths } = this.#prefixesOf(view)
    if (this.#memoryWords.buffer !== bytes.buffer) this.#memoryWords = new DataView(bytes.buffer)
    const memoryWords = this.#memoryWords
    const columns = view.cells
    const firstCell = batch.rowFirstCell[row]!
    let position = output.position
    let prefixWord = 0
    for (let column = 0; column < columns.length; column++) {
      const word = 2 * (firstCell + columns[column]!)
      const start = cells[word]!
      const packed = cells[word + 1]!
      const length = packed & CELL_LENGTH_MASK
      const kind = packed >>> CELL_KIND_SHIFT
      const prefixLength = byteLengths[column]!
      const prefixEnd = wordStarts[column + 1]!
      output.position = position
      if (length > PIECE_BYTES || prefixLength > PIECE_BYTES || isDecoded(kind)) {
        const wordBytes = new Uint8Array(words.buffer, 4 * prefixWord, prefixLength)
        output.append(wordBytes)
        encodeUncommon(batch, memoryWords, word, output)
        position = output.position
        prefixWord = prefixEnd
        continue
      }
      position = output.reserve(prefixLength + LONGEST_ESCAPE * length + 8)
      for (let to = position; prefixWord < prefixEnd; to += 4) memoryWords.setUint32(to, words[prefixWord++]!, true)
      position += prefixLength
      if (kind === CELL_TEXT) {
        bytes[position++] = QUOTE
        position = encodeText(bytes, memoryWords, start, start + length, position)
        bytes[position++] = QUOTE
      } else if (kind === CELL_NULL) {
        for (let index = 0; index < NULL.length; index++) bytes[position++] = NULL[index]!
      } else {
        const isString = kind === CELL_STRING || kind === CELL_ESCAPED_STRING
        if (isString) bytes[position++] = QUOTE
        if (length > SHORT_BYTES) {
          bytes.copyWithin(position, start, start + length)
          position += length
        } else {
          for (let index = start; index < start + length; index++) bytes[position++] = bytes[index]!
        }
        if (isString) bytes[position++] = QUOTE
      }
    }
    output.position = position
    position = output.reserve(2)
    if (columns.length === 0) bytes[position++] = OPEN_BRACE
    bytes[position++] = CLOSE_BRACE
    output.position = position
  }

  #prefixesOf(view: View): Prefixes {
    if (view === this.#lastView) return this.#lastPrefixes
    let prefixes = this.#prefixesOfView.get(view)
    if (prefixes === undefined) this.#prefixesOfView.set(view, (prefixes = createPrefixes(view)))
    this.#lastView = view
    this.#lastPrefixes = prefixes
    return prefixes
  }
}

/** Without anything made for a single name: a record may have a million. */
function createPrefixes({ keys }: View): Prefixes {
  const byteLengths = Int32Array.from(keys, ({ json }) => json.length + 2)
  const wordStarts = new Int32Array(keys.length + 1)
  for (const [index, length] of byteLengths.entries())
    wordStarts[index + 1] = wordStarts[index]! + Math.ceil(length / 4)
  const words = new Uint32Array(wordStarts[keys.length]!)
  const bytes = new Uint8Array(words.buffer)
  for (const [index, { json }] of keys.entries()) {
    const start = 4 * wordStarts[index]!
    bytes[start] = index === 0 ? OPEN_BRACE : COMMA
    bytes.set(json, start + 1)
    bytes[start + 1 + json.length] = COLON
  }
  return { words, wordStarts, byteLengths }
}

/** True for the kinds that go through the scratch region. */
function isDecoded(kind: number): boolean {
  return kind === CELL_ESCAPED_TEXT || kind === CELL_SPACED_NESTED
}

/** A cell that is long, or is not written as it stands. Its first word is `cells[cellWord]`. */
function encodeUncommon(batch: RecordBatch, words: DataView, cellWord: number, output: OutputBuffer): void {
  const { bytes, cells, scratchStart } = batch.memory
  const start = cells[cellWord]!
  const length = cells[cellWord + 1]! & CELL_LENGTH_MASK
  const kind = cells[cellWord + 1]! >>> CELL_KIND_SHIFT
  if (kind === CELL_TEXT) appendText(bytes, words, start, start + length, output)
  else if (kind === CELL_ESCAPED_TEXT) {
    appendText(bytes, words, scratchStart, decodeCellText(batch, kind, start, length), output)
  } else if (kind === CELL_SPACED_NESTED) {
    output.append(bytes, scratchStart, compactNested(bytes, start, start + length, scratchStart))
  } else if (kind === CELL_NULL) output.append(NULL)
  else if (kind === CELL_STRING || kind === CELL_ESCAPED_STRING) {
    output.append(QUOTE_BYTES)
    output.append(bytes, start, start + length)
    output.append(QUOTE_BYTES)
  } else output.append(bytes, start, start + length)
}

function appendText(bytes: Uint8Array, words: DataView, start: number, end: number, output: OutputBuffer): void {
  output.append(QUOTE_BYTES)
  for (let from = start; from < end; from += PIECE_BYTES) {
    const position = output.reserve(LONGEST_ESCAPE * PIECE_BYTES)
    output.position = encodeText(bytes, words, from, Math.min(from + PIECE_BYTES, end), position)
  }
  output.append(QUOTE_BYTES)
}

/** Writes text as the inside of a JSON string. Bytes from 0x20 on stay as they are but for `"` and `\`. Returns the end. */
function encodeText(bytes: Uint8Array, words: DataView, start: number, end: number, position: number): number {
  let from = start
  for (;;) {
    for (; from + 4 <= end; from += 4, position += 4) {
      const word = words.getInt32(from, true)
      const quotes = word ^ 0x2222_2222
      const backslashes = word ^ 0x5c5c_5c5c
      // Alan Mycroft's test for zero bytes: the top bit of a byte is set where it is less than what is taken away.
      const lows =
        ((word - 0x2020_2020) & ~word) |
        ((quotes - 0x0101_0101) & ~quotes) |
        ((backslashes - 0x0101_0101) & ~backslashes)
      if ((lows & 0x8080_8080) !== 0) break
      words.setInt32(position, word, true)
    }
    const pieceEnd = Math.min(from + 4, end)
    if (from === end) return position
    for (; from < pieceEnd; from++) {
      const byte = bytes[from]!
      if (IS_PLAIN[byte] === 1) bytes[position++] = byte
      else position = encodeEscape(bytes, byte, position)
    }
  }
}

function encodeEscape(bytes: Uint8Array, byte: number, position: number): number {
  bytes[position++] = BACKSLASH
  const letter = SHORT_ESCAPES[byte]!
  if (letter !== 0) {
    bytes[position] = letter
    return position + 1
  }
  for (const character of HEX_ESCAPES[byte]!) bytes[position++] = character
  return position
}

/** The letter behind the backslash of a two-byte escape; 0: there is none. */
const SHORT_ESCAPES = new Uint8Array(256)
for (const character of '"\\\b\f\n\r\t')
  SHORT_ESCAPES[character.charCodeAt(0)] = JSON.stringify(character).charCodeAt(2)
/** What follows the backslash for the other control characters: `u001f`. */
const HEX_ESCAPES = Array.from({ length: SPACE }, (_, byte) => Buffer.from(`u00${byte.toString(16).padStart(2, '0')}`))
const NULL = new TextEncoder().encode('null')
const QUOTE_BYTES = Uint8Array.of(QUOTE)
