// Delimited text to rows and cells. The reference twin is CsvRecordScanner (src/formats/csv/csv-record-scanner.ts).
//
// Stage 1, scanSeparators: 64 bytes at a time become bit masks, the state of the quotes is a prefix exclusive or, and the places of
// delimiters and line feeds outside quotes go into a table:
//
//     text       1 , " x , y " , 3 \n 4 , ...
//     separators   1           7   9    11          u32 each, from separatorsStart on
//     lines                    2                    u32 each, from linesStart on
//
// A line is `index << 2 | is CR LF << 1 | has quotes`: the number of its line feed in the table of separators, how it ends, and whether
// a quote stands in it. So it is regular if its index is `columnCount` more than that of the line before.
//
// Parity alone would misread `5" pipe` or `"a"b`. The masks show every quote that neither opens a field nor closes one, and every
// carriage return that is not part of a line end: the table ends before the first of them, and the record that holds it is the
// reference reader's.
//
// Stage 2, takeRows: lines of `columnCount` separators become rows (src/batch/record-batch.ts) and cells (src/batch/cell.ts), four cells at
// a time where the line has no quotes. A row that is not regular (field count, comment, too long) stops it. The host hands that one record to the reference reader and comes
// back with the position behind it; the table is still good if a separator stands right before that position.
import {
  CELL,
  CELLS_START,
  COLUMN_COUNT,
  COMMENT,
  ENDED_FULL,
  ENDED_ODD,
  ENDED_TEXT,
  INPUT_END,
  IS_CUT,
  LINE,
  LINES_START,
  MAX_RECORD_BYTES,
  POSITION,
  RECORD,
  ROW,
  ROWS_START,
  SEPARATORS_START,
  SHAPE,
  SOURCE_DELIMITER,
  SOURCE_NULL_BYTES,
  SOURCE_NULL_TEXT,
  SOURCE_QUOTE,
} from '../call-frame'
import { CR, LF, isSame, matches, prefixXor } from './bytes'
import {
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_NULL,
  CELL_TEXT,
  ROW_COLUMN_BYTES,
  ROW_END,
  ROW_LINE,
  ROW_RECORD,
  ROW_SHAPE,
  ROW_START,
} from './rows'
import { readWord, writeWord } from './frame'

let scannedFrom: usize = 0
let tableStart: usize = 0
let tableNext: usize = 0
let tableEnd: usize = 0
let lineNext: usize = 0
let lineEnd: usize = 0

const LINE_INDEX_SHIFT: u32 = 2
const LINE_IS_CRLF: u32 = 2
const LINE_HAS_QUOTES: u32 = 1

/**
 * Fills the tables of separators and lines for [POSITION, INPUT_END), which begins with a record and has at most WINDOW_BYTES.
 * Answers in IS_CUT.
 */
export function scanSeparators(): void {
  const table = <usize>readWord(SEPARATORS_START)
  const lineTable = <usize>readWord(LINES_START)
  const start = <usize>readWord(POSITION)
  const end = <usize>readWord(INPUT_END)
  const delimiter = readWord(SOURCE_DELIMITER)
  const quote = <i32>readWord(SOURCE_QUOTE)
  const delimiters = i8x16.splat(<i8>delimiter)
  const quotes = i8x16.splat(<i8>quote)
  const lineFeeds = i8x16.splat(<i8>LF)
  const returns = i8x16.splat(<i8>CR)
  const hasQuotes: u64 = quote < 0 ? 0 : -1
  let wasCut = false
  let entry = table
  let line = lineTable
  let quotesCarry: u32 = 0
  // The byte before the first record, so that every cell starts behind a separator.
  store<u32>(table - 4, <u32>start - 1)
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

    let lineBits = lineFeedBits & separators
    let quotesLeft = quoteBits
    while (lineBits) {
      const lineBit = lineBits & -lineBits
      const before = lineBit - 1
      const index = <u32>((entry - table) >> 2) + <u32>popcnt(separators & before)
      const hasQuotes = quotesCarry | u32((quotesLeft & before) != 0)
      const isCrLf = u32((afterReturn & lineBit) != 0) << 1
      store<u32>(line, (index << LINE_INDEX_SHIFT) | isCrLf | hasQuotes)
      line += 4
      quotesLeft &= ~before
      quotesCarry = 0
      lineBits ^= lineBit
    }
    quotesCarry |= u32(quotesLeft != 0)

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
  writeWord(IS_CUT, u32(wasCut))
  scannedFrom = start
  tableStart = table
  tableNext = table
  tableEnd = entry
  lineNext = lineTable
  lineEnd = line
}

/**
 * Makes rows of the records from POSITION on, which must begin a record, as far as the tables reach. Moves ROW, CELL, RECORD, LINE
 * and POSITION on.
 * @returns why it ended.
 */
export function takeRows(): i32 {
  let rowStart = <usize>readWord(POSITION)
  if (!seekTable(rowStart)) return ENDED_TEXT
  const rows = <usize>readWord(ROWS_START)
  const shape = readWord(SHAPE)
  const columnCount = readWord(COLUMN_COUNT)
  const quote = <i32>readWord(SOURCE_QUOTE)
  const comment = <i32>readWord(COMMENT)
  const maxRecordBytes = readWord(MAX_RECORD_BYTES)
  const nullText = (<usize>SOURCE_NULL_TEXT) << 2
  const nullLength = <i32>readWord(SOURCE_NULL_BYTES)
  const rowBytes = (<usize>columnCount) << 2
  const rowAtLimit = rows + ROW_COLUMN_BYTES
  let rowAt = rows + ((<usize>readWord(ROW)) << 2)
  let firstCell = readWord(CELL)
  let cell = <usize>readWord(CELLS_START) + ((<usize>firstCell) << 3)
  let record = readWord(RECORD)
  let lineNumber = readWord(LINE)
  let end: i32 = ENDED_TEXT
  for (; lineNext < lineEnd; lineNext += 4) {
    if (rowAt == rowAtLimit) {
      end = ENDED_FULL
      break
    }
    const line = load<u32>(lineNext)
    const rowEntry = tableNext
    const lastEntry = tableStart + ((<usize>(line >> LINE_INDEX_SHIFT)) << 2)
    const lineFeed = <usize>load<u32>(lastEntry)
    const textEnd = lineFeed - <usize>((line & LINE_IS_CRLF) >> 1)
    if (
      lastEntry - rowEntry != rowBytes - 4 ||
      <i32>load<u8>(rowStart) == comment ||
      <u32>(textEnd - rowStart) > maxRecordBytes
    ) {
      end = ENDED_ODD
      break
    }
    let quotedLines: u32 = 0
    putRawCells(rowEntry, lastEntry, cell)
    const nextCell = cell + ((<usize>columnCount) << 3)
    // The last cell ends before the carriage return.
    store<u32>(nextCell - 4, load<u32>(nextCell - 4) - <u32>(lineFeed - textEnd))
    if (nullLength >= 0) markNulls(cell, nextCell, quote, nullText, nullLength)
    if (line & LINE_HAS_QUOTES) quotedLines = unquoteCells(cell, nextCell, quote)
    cell = nextCell
    store<u32>(rowAt, firstCell)
    store<u32>(rowAt + ROW_SHAPE, shape)
    store<u32>(rowAt + ROW_START, <u32>rowStart)
    store<u32>(rowAt + ROW_END, <u32>textEnd)
    store<u32>(rowAt + ROW_RECORD, record)
    store<u32>(rowAt + ROW_LINE, lineNumber)
    rowAt += 4
    firstCell += columnCount
    record++
    lineNumber += 1 + quotedLines
    rowStart = lineFeed + 1
    tableNext = lastEntry + 4
  }
  writeWord(ROW, <u32>((rowAt - rows) >> 2))
  writeWord(CELL, firstCell)
  writeWord(RECORD, record)
  writeWord(LINE, lineNumber)
  writeWord(POSITION, <u32>rowStart)
  return end
}

/**
 * Cells as if there were no quotes, four at a time: each starts behind the separator before it. Stores up to three cells more than the
 * line has, where the next line's will be.
 */
// @ts-ignore: decorator
@inline
function putRawCells(firstEntry: usize, lastEntry: usize, firstCell: usize): void {
  const ones = i32x4.splat(1)
  let cell = firstCell
  for (let entry = firstEntry; entry <= lastEntry; entry += 16) {
    const starts = i32x4.add(v128.load(entry - 4), ones)
    const lengths = i32x4.sub(v128.load(entry), starts)
    v128.store(cell, v128.shuffle<u32>(starts, lengths, 0, 4, 1, 5))
    v128.store(cell, v128.shuffle<u32>(starts, lengths, 2, 6, 3, 7), 16)
    cell += 32
  }
}

/** Raw cells that are the text of null, unquoted, become null. */
function markNulls(firstCell: usize, cellsEnd: usize, quote: i32, nullText: usize, nullLength: i32): void {
  for (let cell = firstCell; cell < cellsEnd; cell += 8) {
    const start = <usize>load<u32>(cell)
    if (<i32>load<u32>(cell, 4) != nullLength || !isSame(start, nullText, nullLength)) continue
    if (nullLength > 0 && <i32>load<u8>(start) == quote) continue
    store<u32>(cell, (CELL_NULL << CELL_KIND_SHIFT) | nullLength, 4)
  }
}

/** Takes the quotes off raw cells that have them. Returns the line feeds inside them. */
function unquoteCells(firstCell: usize, cellsEnd: usize, quote: i32): u32 {
  let lines: u32 = 0
  for (let cell = firstCell; cell < cellsEnd; cell += 8) {
    const start = <usize>load<u32>(cell)
    // Of an empty field the byte is that of a separator, or of the carriage return behind the last one.
    if (<i32>load<u8>(start) != quote) continue
    const length = load<u32>(cell, 4) - 2
    lines += countQuoted(start + 1, start + 1 + length, quote)
    store<u32>(cell, <u32>start + 1)
    store<u32>(cell, (quotedKind << CELL_KIND_SHIFT) | length, 4)
  }
  return lines
}

/** Moves on in the tables to the record that begins at `start`. False where they do not know that record. */
function seekTable(start: usize): bool {
  if (start == scannedFrom) return tableNext == tableStart
  const before = <u32>start - 1
  while (tableNext < tableEnd && load<u32>(tableNext) < before) tableNext += 4
  if (tableNext < tableEnd && load<u32>(tableNext) == before) tableNext += 4
  else if (tableNext == tableStart || load<u32>(tableNext - 4) != before) return false
  const next = <u32>((tableNext - tableStart) >> 2)
  while (lineNext < lineEnd && load<u32>(lineNext) >> LINE_INDEX_SHIFT < next) lineNext += 4
  return true
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
