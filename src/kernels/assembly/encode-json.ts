// Rows to JSON records. The reference twin is RecordEncoder (src/formats/json/records/record-encoder.ts).
//
// Most target bytes are names, the same in every row, so the host prepares everything between two values, once for a view:
//
//     view     bytes of the view | most uses of a cell | most bytes but those of cells | entries ...
//     entry    8 * cell number | length | `,"name":"`, up to the next word                u32 each; the first entry begins the record
//
// The quote that ends each prefix is taken back where the value is no string. 16 bytes are copied before anything is known of
// them, which is all that most names and values have, and the mask of what JSON must escape is looked at only then. So up to 16
// bytes more than a record has are written, into the pad behind the region.
import {
  CELLS_START,
  ENDED_OUTPUT,
  ENDED_ROWS,
  ENDING,
  ENDING_BYTES,
  KEYS_START,
  OUTPUT,
  OUTPUT_END,
  OUTPUT_START,
  ROW,
  ROWS_START,
  ROW_LIMIT,
  SCRATCH_START,
  SHAPE_COUNT,
  SOURCE_ESCAPE,
  SOURCE_QUOTE,
} from '../call-frame'
import { compactNested, copyBytes, decodeQuotedText, marksBefore } from './cell-text'
import { findView, isRejected, mostBytes } from './encoded-rows'
import { readWord, writeWord } from './frame'
import {
  CELL_ESCAPED_STRING,
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_LENGTH_MASK,
  CELL_NULL,
  CELL_SPACED_NESTED,
  CELL_STRING,
  CELL_TEXT,
} from './rows'

const QUOTE: u32 = 0x22
const BACKSLASH: u32 = 0x5c
const SPACE: u32 = 0x20
/** `null` as a word. */
const NULL: u32 = 0x6c6c_756e

const VIEW_HEADER_BYTES: usize = 12
const ENTRY_HEADER_BYTES: usize = 8
/** The longest form of one byte: `\u0000`. */
const LONGEST_ESCAPE: u32 = 6

/**
 * Encodes the rows [ROW, ROW_LIMIT), rejected ones left out, until one has no room or an unknown view. Moves ROW and OUTPUT on.
 * @returns ENDED_OUTPUT where the next row would have room in the whole output region, else ENDED_ROWS.
 */
export function encodeJsonRows(): i32 {
  const rows = <usize>readWord(ROWS_START)
  const cells = <usize>readWord(CELLS_START)
  const scratch = <usize>readWord(SCRATCH_START)
  const shapes = <usize>readWord(KEYS_START)
  const shapeCount = readWord(SHAPE_COUNT)
  const quote = <i32>readWord(SOURCE_QUOTE)
  const escape = <i32>readWord(SOURCE_ESCAPE)
  const ending = readWord(ENDING)
  const endingBytes = readWord(ENDING_BYTES)
  const outputStart = <usize>readWord(OUTPUT_START)
  const outputEnd = <usize>readWord(OUTPUT_END)
  const rowAtLimit = rows + ((<usize>readWord(ROW_LIMIT)) << 2)
  let rowAt = rows + ((<usize>readWord(ROW)) << 2)
  let to = <usize>readWord(OUTPUT)
  let ended = ENDED_ROWS
  for (; rowAt < rowAtLimit; rowAt += 4) {
    if (isRejected(rowAt)) continue
    const view = findView(rowAt, shapes, shapeCount)
    if (view == 0) break
    const most = mostBytes(rowAt, load<u32>(view, 4), LONGEST_ESCAPE, load<u32>(view, 8))
    if (<u64>to + most > <u64>outputEnd) {
      if (most <= <u64>(outputEnd - outputStart)) ended = ENDED_OUTPUT
      break
    }
    const rowCells = cells + ((<usize>load<u32>(rowAt)) << 3)
    const viewEnd = view + load<u32>(view)
    let entry = view + VIEW_HEADER_BYTES
    while (entry < viewEnd) {
      const cell = rowCells + load<u32>(entry)
      const prefixBytes = load<u32>(entry, 4)
      entry += ENTRY_HEADER_BYTES
      copyBytes(entry, to, prefixBytes)
      entry += (prefixBytes + 3) & ~3
      to += prefixBytes
      const start = <usize>load<u32>(cell)
      const packed = load<u32>(cell, 4)
      const length = packed & CELL_LENGTH_MASK
      const kind = packed >> CELL_KIND_SHIFT
      if (kind == CELL_TEXT) {
        to = putText(start, length, to)
        store<u8>(to++, QUOTE)
      } else if (kind == CELL_STRING || kind == CELL_ESCAPED_STRING) {
        copyBytes(start, to, length)
        to += length
        store<u8>(to++, QUOTE)
      } else if (kind == CELL_ESCAPED_TEXT) {
        if (quote == escape) to = putEscapedText(start, start + length, to, quote)
        else to = putEscapedText(scratch, decodeQuotedText(start, start + length, scratch, quote, escape), to, -1)
        store<u8>(to++, QUOTE)
      } else if (kind == CELL_NULL) {
        store<u32>(--to, NULL)
        to += 4
      } else if (kind == CELL_SPACED_NESTED) {
        to = compactNested(start, start + length, to - 1)
      } else {
        copyBytes(start, --to, length)
        to += length
      }
    }
    store<u32>(to, ending)
    to += endingBytes
  }
  writeWord(ROW, <u32>((rowAt - rows) >> 2))
  writeWord(OUTPUT, <u32>to)
  return ended
}

/** What JSON must escape. */
// @ts-ignore: decorator
@inline
function specials(bytes: v128): v128 {
  return v128.or(
    v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))),
    i8x16.lt_u(bytes, i8x16.splat(<i8>SPACE)),
  )
}

/** Writes the inside of a string. Returns its end. */
// @ts-ignore: decorator
@inline
function putText(start: usize, length: u32, to: usize): usize {
  const bytes = v128.load(start)
  v128.store(to, bytes)
  const marks = <u32>i8x16.bitmask(specials(bytes))
  if (length <= 16) {
    if ((marks & ((1 << length) - 1)) == 0) return to + length
  } else if (marks == 0) {
    const following = v128.load(start, 16)
    v128.store(to, following, 16)
    const followingMarks = <u32>i8x16.bitmask(specials(following))
    if (length <= 32 && (followingMarks & ((1 << (length - 16)) - 1)) == 0) return to + length
    return putEscapedText(start + 16, start + length, to + 16, -1)
  }
  return putEscapedText(start, start + length, to, -1)
}

/** @param doubled a byte of which two stand for one; -1: there is none. */
function putEscapedText(start: usize, end: usize, output: usize, doubled: i32): usize {
  const pairs = i8x16.splat(<i8>doubled)
  let from = start
  let to = output
  while (from < end) {
    const bytes = v128.load(from)
    v128.store(to, bytes)
    const left = <u32>(end - from)
    const marks = marksBefore(v128.or(specials(bytes), i8x16.eq(bytes, pairs)), left)
    if (marks == 0) {
      const plain = min<u32>(left, 16)
      from += plain
      to += plain
      continue
    }
    const plain = ctz(marks)
    from += plain
    to += plain
    const byte = <u32>load<u8>(from++)
    if (<i32>byte == doubled && from < end && <i32>load<u8>(from) == doubled) from++
    to = putEscape(byte, to)
  }
  return to
}

/** Writes a byte in the form that it has in a string: those from 0x20 on stay as they are but for `"` and `\`. */
function putEscape(byte: u32, to: usize): usize {
  const letter = escapeLetter(byte)
  if (letter != 0) {
    store<u16>(to, BACKSLASH | (letter << 8))
    return to + 2
  }
  if (byte >= SPACE) {
    store<u8>(to, byte)
    return to + 1
  }
  const low = byte & 0x0f
  store<u32>(to, 0x3030_755c)
  store<u16>(to, (0x30 + (byte >> 4)) | ((low < 10 ? 0x30 + low : 0x57 + low) << 8), 4)
  return to + 6
}

/** The letter behind the backslash of a two-byte escape; 0: there is none. */
function escapeLetter(byte: u32): u32 {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
      return byte
    case 0x08:
      return 0x62
    case 0x09:
      return 0x74
    case 0x0a:
      return 0x6e
    case 0x0c:
      return 0x66
    case 0x0d:
      return 0x72
    default:
      return 0
  }
}
