// Delimited text to rows and cells. The reference twin is CsvRecordScanner (src/formats/csv/csv-record-scanner.ts).
//
// Stage 1, scanSeparators: 64 bytes at a time become bit masks, the state of the quotes is a prefix exclusive or, and the places of
// delimiters and line feeds outside quotes go into a table:
//
//     text       1 , " x , y " , 3 \n 4 , ...
//     separators   1           7   9    11          u32 each, from separatorsStart on
//
// Parity alone would misread `5" pipe` or `"a"b`. The masks show every quote that neither opens a field nor closes one, and every
// carriage return that is not part of a line end: the table ends before the first of them, and the record that holds it is the
// reference reader's.
//
// Stage 2, takeRows: groups of `columnCount` separators become rows (src/batch/record-batch.ts) and cells (src/batch/cell.ts). A row
// that is not regular (field count, comment, too long) stops it. The host hands that one record to the reference reader and comes
// back with the position behind it; the table is still good if a separator stands right before that position.
import { CR, LF, isSame, matches, prefixXor } from './bytes'
import {
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_NULL,
  CELL_TEXT,
  ROW_END,
  ROW_LINE,
  ROW_RECORD,
  ROW_SHAPE,
  ROW_START,
} from './rows'

/** takeRows ended because the batch is full, the table is used up, or the next row is not regular. */
export const ENDED_FULL: i32 = 0
export const ENDED_TABLE: i32 = 1
export const ENDED_ODD: i32 = 2

let scannedFrom: usize = 0
let wasCut: bool = false
let tableStart: usize = 0
let tableNext: usize = 0
let tableEnd: usize = 0

let rowCount: u32 = 0
let nextPosition: usize = 0
let lineCount: u32 = 0

/** Rows that the last takeRows took. */
export function takenRows(): u32 {
  return rowCount
}

/** Where the next record starts after the last takeRows. */
export function takenEnd(): usize {
  return nextPosition
}

/** True where the last scan met an odd byte, and its table ends there. */
export function isCut(): bool {
  return wasCut
}

/** Line feeds in the rows that the last takeRows took. */
export function takenLines(): u32 {
  return lineCount
}

/**
 * Fills the separator table for [start, end), of which `start` begins a record. At most WINDOW_BYTES.
 * @param quote the quote, or -1.
 */
export function scanSeparators(table: usize, start: usize, end: usize, delimiter: u32, quote: i32): void {
  const delimiters = i8x16.splat(<i8>delimiter)
  const quotes = i8x16.splat(<i8>quote)
  const lineFeeds = i8x16.splat(<i8>LF)
  const returns = i8x16.splat(<i8>CR)
  const hasQuotes: u64 = quote < 0 ? 0 : -1
  wasCut = false
  let entry = table
  let insideCarry: u64 = 0
  // The byte before a record counts as a separator.
  let mayOpenCarry: u64 = 1
  let closingCarry: u64 = 0
  let returnCarry: u64 = 0
  for (let block = start; block < end; block += 64) {
    const a = v128.load(block)
    const b = v128.load(block, 16)
    const c = v128.load(block, 32)
    const d = v128.load(block, 48)
    const quoteBits = matches(a, b, c, d, quotes) & hasQuotes
    const lineFeedBits = matches(a, b, c, d, lineFeeds)
    const returnBits = matches(a, b, c, d, returns)
    const inside = prefixXor(quoteBits) ^ insideCarry
    insideCarry = <u64>((<i64>inside) >> 63)
    let separators = (matches(a, b, c, d, delimiters) | lineFeedBits) & ~inside

    const opening = quoteBits & inside
    const closing = quoteBits & ~inside
    const mayOpen = ((separators | closing) << 1) | mayOpenCarry
    mayOpenCarry = (separators | closing) >> 63
    const afterClosing = (closing << 1) | closingCarry
    closingCarry = closing >> 63
    const bareReturns = returnBits & ~inside
    const afterReturn = (bareReturns << 1) | returnCarry
    returnCarry = bareReturns >> 63
    const odd =
      (opening & ~mayOpen) | (afterClosing & ~(separators | opening | returnBits)) | (afterReturn & ~lineFeedBits)

    const left = end - block
    const known: u64 = left < 64 ? ((<u64>1) << (<u64>left)) - 1 : -1
    const oddKnown = odd & known
    // Nothing from the first odd byte on is trusted.
    separators &= oddKnown ? (oddKnown & -oddKnown) - 1 : known

    const count = <usize>popcnt(separators)
    const base = <u32>block
    let place = entry
    entry += count << 2
    // Four stores without a question: most blocks have as many, and what is too much is written over.
    while (place < entry) {
      store<u32>(place, base + <u32>ctz(separators))
      separators &= separators - 1
      store<u32>(place, base + <u32>ctz(separators), 4)
      separators &= separators - 1
      store<u32>(place, base + <u32>ctz(separators), 8)
      separators &= separators - 1
      store<u32>(place, base + <u32>ctz(separators), 12)
      separators &= separators - 1
      place += 16
    }
    if (oddKnown) {
      wasCut = true
      break
    }
  }
  scannedFrom = start
  tableStart = table
  tableNext = table
  tableEnd = entry
}

/**
 * Makes rows of the records from `start` on, which must begin a record.
 * @param rows the row table, @param row the row to begin with, @param rowLimit the row to end before.
 * @param cell where the first cell goes, @param firstCell its number.
 * @param record, line: of the first row, less the batch's bases.
 * @param comment the first byte of a comment, or -1. @param nullText, nullLength: unquoted text that is null; length -1: none.
 * @returns why it ended. See takenRows, takenEnd, takenLines.
 */
export function takeRows(
  rows: usize,
  row: u32,
  rowLimit: u32,
  cell: usize,
  firstCell: u32,
  shape: u32,
  record: u32,
  line: u32,
  start: usize,
  columnCount: u32,
  quote: i32,
  comment: i32,
  maxRecordBytes: u32,
  nullText: usize,
  nullLength: i32,
): i32 {
  rowCount = 0
  lineCount = 0
  nextPosition = start
  if (!seekTable(start)) return ENDED_TABLE
  const rowBytes = (<usize>columnCount) << 2
  let rowAt = rows + ((<usize>row) << 2)
  const rowAtLimit = rows + ((<usize>rowLimit) << 2)
  let fieldStart = start
  let entry = tableNext
  let end: i32 = ENDED_TABLE
  let lines: u32 = 0
  while (entry + rowBytes <= tableEnd) {
    if (rowAt === rowAtLimit) {
      end = ENDED_FULL
      break
    }
    const rowStart = fieldStart
    const rowEntry = entry
    const rowCell = cell
    const lastEntry = entry + rowBytes - 4
    let isOdd = <i32>load<u8>(rowStart) == comment
    let quotedLines: u32 = 0
    let textEnd: usize = 0
    for (; entry <= lastEntry; entry += 4) {
      const separator = <usize>load<u32>(entry)
      const isLineEnd = <u32>load<u8>(separator) == LF
      if (isLineEnd != (entry == lastEntry)) {
        isOdd = true
        break
      }
      textEnd = separator
      if (isLineEnd && separator > fieldStart && <u32>load<u8>(separator - 1) == CR) textEnd--
      const length = <u32>(textEnd - fieldStart)
      if (length > 0 && <i32>load<u8>(fieldStart) == quote) {
        quotedLines += countQuoted(fieldStart + 1, textEnd - 1, quote)
        store<u32>(cell, <u32>fieldStart + 1)
        store<u32>(cell, (quotedKind << CELL_KIND_SHIFT) | (length - 2), 4)
      } else {
        const kind = <i32>length == nullLength && isSame(fieldStart, nullText, length) ? CELL_NULL : CELL_TEXT
        store<u32>(cell, <u32>fieldStart)
        store<u32>(cell, (kind << CELL_KIND_SHIFT) | length, 4)
      }
      cell += 8
      fieldStart = separator + 1
    }
    if (isOdd || <u32>(textEnd - rowStart) > maxRecordBytes) {
      entry = rowEntry
      cell = rowCell
      fieldStart = rowStart
      end = ENDED_ODD
      break
    }
    store<u32>(rowAt, firstCell)
    store<u32>(rowAt + ROW_SHAPE, shape)
    store<u32>(rowAt + ROW_START, <u32>rowStart)
    store<u32>(rowAt + ROW_END, <u32>textEnd)
    store<u32>(rowAt + ROW_RECORD, record)
    store<u32>(rowAt + ROW_LINE, line + lines)
    rowAt += 4
    firstCell += columnCount
    record++
    lines += 1 + quotedLines
  }
  // A line that is shorter than a row may be all that the table still has.
  if (end == ENDED_TABLE && hasLineFeed(entry)) end = ENDED_ODD
  tableNext = entry
  rowCount = <u32>((rowAt - rows) >> 2) - row
  nextPosition = fieldStart
  lineCount = lines
  return end
}

/** Moves on in the table to the separators of the record that begins at `start`. False where the table does not know that record. */
function seekTable(start: usize): bool {
  if (start == scannedFrom) return tableNext == tableStart
  const before = <u32>start - 1
  while (tableNext < tableEnd && load<u32>(tableNext) < before) tableNext += 4
  if (tableNext < tableEnd && load<u32>(tableNext) == before) {
    tableNext += 4
    return true
  }
  return tableNext > tableStart && load<u32>(tableNext - 4) == before
}

function hasLineFeed(entry: usize): bool {
  for (; entry < tableEnd; entry += 4) if (<u32>load<u8>(<usize>load<u32>(entry)) == LF) return true
  return false
}

let quotedKind: u32 = 0

/** Counts the line feeds between two quotes, and tells in `quotedKind` whether there are quotes (all of them doubled). */
function countQuoted(start: usize, end: usize, quote: i32): u32 {
  const quotes = i8x16.splat(<i8>quote)
  const lineFeeds = i8x16.splat(<i8>LF)
  let lines: u32 = 0
  let quoteBits: u32 = 0
  for (let position = start; position < end; position += 16) {
    const bytes = v128.load(position)
    const left = <u32>(end - position)
    const known: u32 = left < 16 ? (1 << left) - 1 : 0xffff
    quoteBits |= (<u32>i8x16.bitmask(i8x16.eq(bytes, quotes))) & known
    lines += popcnt((<u32>i8x16.bitmask(i8x16.eq(bytes, lineFeeds))) & known)
  }
  quotedKind = quoteBits ? CELL_ESCAPED_TEXT : CELL_TEXT
  return lines
}
