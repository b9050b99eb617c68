// Rows to lines of delimited text. The reference twins are CsvWriter and CsvFieldWriter (src/formats/csv).
//
//     view     most uses of a cell | 8 * cell number of each column, or NO_CELL          u32 each
//
// A field is copied as it stands while its bytes are looked at, 16 at a time; only where one of them asks for quotes is it written
// again, between quotes. A row that a target without quotes cannot hold is the reference's, which rejects it. The first line of
// a file is the reference's too: it is the only one in which a byte order mark matters.
import {
  CELLS_START,
  ENDED_OUTPUT,
  ENDED_ROWS,
  HAS_CR_LF,
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
  TARGET_COLUMN_COUNT,
  TARGET_DELIMITER,
  TARGET_NULL_BYTES,
  TARGET_NULL_TEXT,
  TARGET_QUOTE,
} from '../call-frame'
import { CR, LF, isSame } from './bytes'
import { compactNested, copyBytes, decodeJsonString, decodeQuotedText, marksBefore } from './cell-text'
import { findView, isRejected, mostBytes } from './encoded-rows'
import { readWord, writeWord } from './frame'
import {
  CELL_ESCAPED_STRING,
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_LENGTH_MASK,
  CELL_NULL,
  CELL_SPACED_NESTED,
} from './rows'

const SPACE: u32 = 0x20
const TAB: u32 = 0x09

const NO_CELL: u32 = 0xffff_ffff
const PLAIN_KINDS: u32 = ~(
  (1 << CELL_ESCAPED_TEXT) |
  (1 << CELL_ESCAPED_STRING) |
  (1 << CELL_SPACED_NESTED) |
  (1 << CELL_NULL)
)
/** Texts up to this length are looked at in one go. */
const SHORT_BYTES: u32 = 16
const VIEW_HEADER_BYTES: usize = 4
/** Every byte of a field may be a quote. */
const LONGEST_QUOTED: u32 = 2

/** What a field returns instead of its end where a target without quotes cannot hold it. */
const UNREPRESENTABLE: usize = 0

let targetQuote: i32 = -1
let nullAt: usize = 0
let nullBytes: i32 = -1

/**
 * Encodes the rows [ROW, ROW_LIMIT), rejected ones left out, until one has no room, an unknown view, or a field that the target cannot
 * hold. Moves ROW and OUTPUT on.
 * @returns ENDED_OUTPUT where the next row would have room in the whole output region, else ENDED_ROWS.
 */
export function encodeCsvRows(): i32 {
  const rows = <usize>readWord(ROWS_START)
  const cells = <usize>readWord(CELLS_START)
  const scratch = <usize>readWord(SCRATCH_START)
  const shapes = <usize>readWord(KEYS_START)
  const shapeCount = readWord(SHAPE_COUNT)
  const sourceQuote = <i32>readWord(SOURCE_QUOTE)
  const sourceEscape = <i32>readWord(SOURCE_ESCAPE)
  const columnCount = readWord(TARGET_COLUMN_COUNT)
  const delimiter = readWord(TARGET_DELIMITER)
  const quote = <i32>readWord(TARGET_QUOTE)
  const hasCrLf = readWord(HAS_CR_LF) != 0
  const nullText = <usize>readWord(TARGET_NULL_TEXT)
  const nullLength = <i32>readWord(TARGET_NULL_BYTES)
  const outputStart = <usize>readWord(OUTPUT_START)
  const outputEnd = <usize>readWord(OUTPUT_END)
  const rowAtLimit = rows + ((<usize>readWord(ROW_LIMIT)) << 2)
  let rowAt = rows + ((<usize>readWord(ROW)) << 2)
  let to = <usize>readWord(OUTPUT)
  targetQuote = quote
  nullAt = nullText
  nullBytes = nullLength
  const delimiters = i8x16.splat(<i8>delimiter)
  const quotes = i8x16.splat(<i8>(quote < 0 ? delimiter : quote))
  const nullRoom = <u32>max(nullLength, 0)
  const fixedBytes = columnCount * (3 + nullRoom) + 2
  const isAlone = columnCount == 1
  // The shortest text that may stand without quotes.
  const least: u32 = isAlone ? 1 : 0
  // Text that the source has between the same quotes, all those in it doubled, is copied as it stands.
  const isQuotedAlike = sourceQuote >= 0 && sourceQuote == quote && sourceEscape == quote
  const columnsBytes = (<usize>columnCount) << 2
  let ended = ENDED_ROWS
  for (; rowAt < rowAtLimit; rowAt += 4) {
    if (isRejected(rowAt)) continue
    const view = findView(rowAt, shapes, shapeCount)
    if (view == 0) break
    const most = mostBytes(rowAt, load<u32>(view), LONGEST_QUOTED, fixedBytes)
    if (<u64>to + most > <u64>outputEnd) {
      if (most <= <u64>(outputEnd - outputStart)) ended = ENDED_OUTPUT
      break
    }
    const line = to
    const rowCells = cells + ((<usize>load<u32>(rowAt)) << 3)
    const columns = view + VIEW_HEADER_BYTES
    const columnsEnd = columns + columnsBytes
    for (let column = columns; column < columnsEnd; column += 4) {
      const cellBytes = load<u32>(column)
      const packed = cellBytes == NO_CELL ? CELL_NULL << CELL_KIND_SHIFT : load<u32>(rowCells + cellBytes, 4)
      const kind = packed >> CELL_KIND_SHIFT
      const length = packed & CELL_LENGTH_MASK
      if (isPlain(kind)) {
        const start = <usize>load<u32>(rowCells + cellBytes)
        const bytes = v128.load(start)
        v128.store(to, bytes)
        // Its ends must be no blanks; the bits above them count for nothing.
        const known: u32 = (1 << length) - 1
        const ends = (1 | (1 << (length - 1))) & known
        const asksForQuotes = (suspectBits(bytes, delimiters, quotes) & known) | (blankBits(bytes) & ends)
        if (length - least <= SHORT_BYTES - least && asksForQuotes == 0 && <i32>length != nullLength) to += length
        else to = putText(start, length, to, delimiters, quotes, isAlone)
      } else if (kind == CELL_NULL) {
        // A null alone would leave the line blank: it is then written as the empty text.
        if (isAlone && nullRoom == 0) {
          to = putQuoted(to, to, to)
        } else {
          copyBytes(nullText, to, nullRoom)
          to += nullRoom
        }
      } else {
        const start = <usize>load<u32>(rowCells + cellBytes)
        if (kind == CELL_ESCAPED_TEXT && isQuotedAlike) {
          to = copyQuoted(start, length, to)
        } else {
          const textEnd = decodeText(kind, start, start + length, scratch, sourceQuote, sourceEscape)
          to = putText(scratch, <u32>(textEnd - scratch), to, delimiters, quotes, isAlone)
        }
      }
      if (to == UNREPRESENTABLE) break
      store<u8>(to++, delimiter)
    }
    if (to == UNREPRESENTABLE) {
      to = line
      break
    }
    // In place of the delimiter behind the last field.
    to--
    if (hasCrLf) store<u8>(to++, CR)
    store<u8>(to++, LF)
  }
  writeWord(ROW, <u32>((rowAt - rows) >> 2))
  writeWord(OUTPUT, <u32>to)
  return ended
}

/** True for kinds whose bytes are their text. */
// @ts-ignore: decorator
@inline
function isPlain(kind: u32): bool {
  return ((PLAIN_KINDS >> kind) & 1) != 0
}

function decodeText(kind: u32, start: usize, end: usize, to: usize, sourceQuote: i32, sourceEscape: i32): usize {
  if (kind == CELL_ESCAPED_TEXT) return decodeQuotedText(start, end, to, sourceQuote, sourceEscape)
  return kind == CELL_ESCAPED_STRING ? decodeJsonString(start, end, to) : compactNested(start, end, to)
}

/** One bit for each byte that may not be able to stand outside quotes: delimiters, quotes, and all up to the carriage return. */
// @ts-ignore: decorator
@inline
function suspectBits(bytes: v128, delimiters: v128, quotes: v128): u32 {
  const marks = v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, quotes))
  return <u32>i8x16.bitmask(v128.or(marks, i8x16.le_u(bytes, i8x16.splat(<i8>CR))))
}

/** What cannot stand outside quotes. */
// @ts-ignore: decorator
@inline
function specials(bytes: v128, delimiters: v128, quotes: v128): v128 {
  return v128.or(
    v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, quotes)),
    v128.or(i8x16.eq(bytes, i8x16.splat(<i8>CR)), i8x16.eq(bytes, i8x16.splat(<i8>LF))),
  )
}

/** One bit for each byte that may be a blank. */
// @ts-ignore: decorator
@inline
function blankBits(bytes: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.le_u(bytes, i8x16.splat(<i8>SPACE)))
}

/** True where a text of one byte at least begins or ends with a blank, which others would trim. */
// @ts-ignore: decorator
@inline
function hasBlankEnds(start: usize, length: u32): bool {
  const first = <u32>load<u8>(start)
  const last = <u32>load<u8>(start + length - 1)
  return first == SPACE || last == SPACE || first == TAB || last == TAB
}

/** Writes text whose quotes are doubled already. Returns its end. */
// @ts-ignore: decorator
@inline
function copyQuoted(start: usize, length: u32, to: usize): usize {
  store<u8>(to, targetQuote)
  copyBytes(start, to + 1, length)
  to += length + 1
  store<u8>(to, targetQuote)
  return to + 1
}

/** Writes any text, in quotes where it needs them. Returns its end, or UNREPRESENTABLE. */
function putText(start: usize, length: u32, output: usize, delimiters: v128, quotes: v128, isAlone: bool): usize {
  const end = start + length
  let needsQuotes = length == 0 ? isAlone : targetQuote >= 0 && hasBlankEnds(start, length)
  if (<i32>length == nullBytes && isSame(start, nullAt, length)) needsQuotes = true
  let to = output
  for (let from = start; from < end && !needsQuotes; from += 16, to += 16) {
    const bytes = v128.load(from)
    v128.store(to, bytes)
    if (marksBefore(specials(bytes, delimiters, quotes), <u32>(end - from))) needsQuotes = true
  }
  return needsQuotes ? putQuoted(start, end, output) : output + length
}

function putQuoted(start: usize, end: usize, output: usize): usize {
  if (targetQuote < 0) return UNREPRESENTABLE
  const quotes = i8x16.splat(<i8>targetQuote)
  let from = start
  let to = output
  store<u8>(to++, targetQuote)
  while (from < end) {
    const bytes = v128.load(from)
    v128.store(to, bytes)
    const left = <u32>(end - from)
    const marks = marksBefore(i8x16.eq(bytes, quotes), left)
    const copied: u32 = marks ? ctz(marks) + 1 : min<u32>(left, 16)
    from += copied
    to += copied
    if (marks) store<u8>(to++, targetQuote)
  }
  store<u8>(to++, targetQuote)
  return to
}
