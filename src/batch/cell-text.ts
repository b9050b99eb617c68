// Most cells are copied as they are. The few whose bytes are not yet the value's text are decoded here, one at a time, for
// writers of every format. Decoding never makes a text longer, so the scratch region holds any cell of any record.
import { CELL_ESCAPED_TEXT } from './cell.ts'
import type { CELL_ESCAPED_STRING } from './cell.ts'
import type { RecordBatch } from './record-batch.ts'

const BACKSLASH = 0x5c
const QUOTE = 0x22

/**
 * Decodes an escaped cell into the scratch region, from `memory.scratchStart` on. The result stands until the next call.
 * The cell must be well formed: readers have validated it.
 * @param start where the cell's bytes start in the batch memory
 * @param length of the cell in bytes
 * @returns where the decoded text ends.
 */
export function decodeCellText(
  batch: RecordBatch,
  kind: typeof CELL_ESCAPED_TEXT | typeof CELL_ESCAPED_STRING,
  start: number,
  length: number,
): number {
  if (kind === CELL_ESCAPED_TEXT) return decodeQuotedText(batch, start, start + length)
  const { bytes, scratchStart } = batch.memory
  return decodeJsonString(bytes, start, start + length, scratchStart)
}

/** An escape stands before a quote or before itself; before anything else it is an ordinary byte. */
function decodeQuotedText(batch: RecordBatch, start: number, end: number): number {
  const { quoteByte: quote, escapeByte: escape } = batch
  const { bytes } = batch.memory
  let to = batch.memory.scratchStart
  let from = start
  while (from < end) {
    const byte = bytes[from++]!
    if (byte === escape && from < end && (bytes[from] === quote || bytes[from] === escape)) {
      bytes[to++] = bytes[from++]!
    } else {
      bytes[to++] = byte
    }
  }
  return to
}

function decodeJsonString(bytes: Uint8Array, start: number, end: number, to: number): number {
  let from = start
  while (from < end) {
    const byte = bytes[from++]!
    if (byte !== BACKSLASH) {
      bytes[to++] = byte
      continue
    }
    const escaped = bytes[from++]!
    if (escaped !== 0x75) {
      bytes[to++] = SHORT_ESCAPES[escaped]!
      continue
    }
    let codePoint = hexValue(bytes, from)
    from += 4
    if (codePoint >= 0xd800 && codePoint < 0xdc00) {
      // Readers reject half pairs, so `\uXXXX` of the other half follows.
      codePoint = 0x1_0000 + ((codePoint - 0xd800) << 10) + (hexValue(bytes, from + 2) - 0xdc00)
      from += 6
    }
    to = putCodePoint(bytes, to, codePoint)
  }
  return to
}

/** What a letter after a backslash stands for; every other byte (`"`, `\`, `/`) stands for itself. */
const SHORT_ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) => byte)
SHORT_ESCAPES[0x62] = 0x08
SHORT_ESCAPES[0x66] = 0x0c
SHORT_ESCAPES[0x6e] = 0x0a
SHORT_ESCAPES[0x72] = 0x0d
SHORT_ESCAPES[0x74] = 0x09

function hexValue(bytes: Uint8Array, from: number): number {
  let value = 0
  for (let index = from; index < from + 4; index++) {
    const digit = bytes[index]!
    // Letters of either case have bit 6 set, digits have not.
    value = (value << 4) | ((digit & 0x0f) + (digit & 0x40 ? 9 : 0))
  }
  return value
}

function putCodePoint(bytes: Uint8Array, to: number, codePoint: number): number {
  if (codePoint < 0x80) {
    bytes[to++] = codePoint
    return to
  }
  if (codePoint < 0x800) {
    bytes[to++] = 0xc0 | (codePoint >> 6)
  } else {
    if (codePoint < 0x1_0000) {
      bytes[to++] = 0xe0 | (codePoint >> 12)
    } else {
      bytes[to++] = 0xf0 | (codePoint >> 18)
      bytes[to++] = 0x80 | ((codePoint >> 12) & 0x3f)
    }
    bytes[to++] = 0x80 | ((codePoint >> 6) & 0x3f)
  }
  bytes[to++] = 0x80 | (codePoint & 0x3f)
  return to
}

/**
 * Copies valid JSON text without the white space between its tokens.
 * @param to where the copy goes: outside [start, end), with room for `end - start` bytes
 * @returns where the copy ends.
 */
export function compactNested(bytes: Uint8Array, start: number, end: number, to: number): number {
  let isInString = false
  for (let from = start; from < end; from++) {
    const byte = bytes[from]!
    if (isInString) {
      bytes[to++] = byte
      if (byte === BACKSLASH) bytes[to++] = bytes[++from]!
      else if (byte === QUOTE) isInString = false
    } else if (byte > 0x20) {
      bytes[to++] = byte
      if (byte === QUOTE) isInString = true
    }
  }
  return to
}
