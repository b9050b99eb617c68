// Cells to the types of their columns: only kinds change, in place, and no byte is moved. The reference twin is castCell
// (src/map/cast-cell.ts). The host lays out the columns that have a type, once for a shape:
//
//     entry    8 * cell number | type, IS_REQUIRED, EMPTY_IS_NULL                         u32 each
//
// Nearly all numbers have at most 16 bytes: which of those are digits is one mask, of which the length of a number, its sign and
// its dot take what they allow. What the masks do not settle goes through the grammar byte by byte.
import { CASTS_START, CELLS_START, ENTRIES_END, ENTRIES_START, ROW, ROWS_START, ROW_LIMIT } from '../call-frame'
import { readWord, writeWord } from './frame'
import {
  CELL_BOOLEAN,
  CELL_ESCAPED_STRING,
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_LENGTH_MASK,
  CELL_NESTED,
  CELL_NULL,
  CELL_NUMBER,
  CELL_SPACED_NESTED,
  CELL_STRING,
  CELL_TEXT,
  ROW_SHAPE,
} from './rows'

/** As in src/map/cast-tables.ts. */
const STRING: u32 = 1
const INTEGER: u32 = 2
const NUMBER: u32 = 3
const BOOLEAN: u32 = 4
const TYPE_MASK: u32 = 7
const IS_REQUIRED: u32 = 8
const EMPTY_IS_NULL: u32 = 16

const MINUS: u32 = 0x2d
const PLUS: u32 = 0x2b
const DOT: u32 = 0x2e
const DIGIT_0: u32 = 0x30
const LETTER_E: u32 = 0x65
/** `true`, `TRUE`, `True` and `fals`, `FALS`, `Fals` as words. */
const TRUE: u32 = 0x6575_7274
const FALS: u32 = 0x736c_6166
/** The bit in which small letters differ from capital ones, in all letters of a word, and in all but the first. */
const SMALL: u32 = 0x2020_2020
const SMALL_TAIL: u32 = 0x2020_2000
/** Rows that are cast at once, column by column: what a misfit among them costs is that some are looked at twice. */
const BLOCK_BYTES: usize = 64 * 4
/** Of `false` behind `true`. */
const FALSE_OFFSET: usize = 4

/**
 * Casts the rows [ROW, ROW_LIMIT) until one has a value that does not fit, or that must be written anew, or another shape than the first.
 * Moves ROW on to the first row that is not cast. Some of its cells may be: casting them again changes nothing.
 */
export function castRows(): void {
  const rows = <usize>readWord(ROWS_START)
  const cells = <usize>readWord(CELLS_START)
  const entries = <usize>readWord(ENTRIES_START)
  const entriesEnd = <usize>readWord(ENTRIES_END)
  // `truefalse` stands there, for booleans that are not written like that.
  const words = <usize>readWord(CASTS_START)
  const rowAtLimit = rows + ((<usize>readWord(ROW_LIMIT)) << 2)
  let rowAt = rows + ((<usize>readWord(ROW)) << 2)
  const shape = load<u32>(rowAt + ROW_SHAPE)
  while (rowAt < rowAtLimit) {
    const blockLimit = min(rowAtLimit, rowAt + BLOCK_BYTES)
    let end = rowAt
    while (end < blockLimit && load<u32>(end + ROW_SHAPE) == shape) end += 4
    const isCut = end < blockLimit
    let misfit = end
    for (let entry = entries; entry < entriesEnd; entry += 8) {
      misfit = castColumn(rowAt, misfit, cells + load<u32>(entry), load<u32>(entry, 4), words)
    }
    rowAt = misfit
    if (isCut || misfit < end) break
  }
  writeWord(ROW, <u32>((rowAt - rows) >> 2))
}

/** Casts one column of the rows [rowAt, rowAtLimit). Returns the first row whose value does not fit, or the limit. */
function castColumn(rowAt: usize, rowAtLimit: usize, cells: usize, column: u32, words: usize): usize {
  const type = column & TYPE_MASK
  if (type == INTEGER) {
    for (; rowAt < rowAtLimit; rowAt += 4) if (!castNumber(cellAt(cells, rowAt), column, false)) break
  } else if (type == NUMBER) {
    for (; rowAt < rowAtLimit; rowAt += 4) if (!castNumber(cellAt(cells, rowAt), column, true)) break
  } else {
    for (; rowAt < rowAtLimit; rowAt += 4) if (!castCell(cellAt(cells, rowAt), column, words)) break
  }
  return rowAt
}

// @ts-ignore: decorator
@inline
function cellAt(cells: usize, rowAt: usize): usize {
  return cells + ((<usize>load<u32>(rowAt)) << 3)
}

// @ts-ignore: decorator
@inline
function castNumber(cell: usize, column: u32, mayBeFraction: bool): bool {
  const packed = load<u32>(cell, 4)
  // A text of one to sixteen bytes, as nearly all numbers are.
  if (packed - 1 < 16) {
    if (!isNumber(load<u32>(cell), packed, mayBeFraction)) return false
    store<u32>(cell, (CELL_NUMBER << CELL_KIND_SHIFT) | packed, 4)
    return true
  }
  return castUncommonNumber(cell, column, mayBeFraction)
}

function castUncommonNumber(cell: usize, column: u32, mayBeFraction: bool): bool {
  const packed = load<u32>(cell, 4)
  const kind = packed >> CELL_KIND_SHIFT
  const length = packed & CELL_LENGTH_MASK
  if (kind == CELL_NULL) return (column & IS_REQUIRED) == 0
  if (kind == CELL_NUMBER) return mayBeFraction || isLongNumber(load<u32>(cell), load<u32>(cell) + length, false)
  if (kind != CELL_TEXT && kind != CELL_STRING) return false
  if (length == 0) return setNull(cell, column)
  if (!isLongNumber(load<u32>(cell), load<u32>(cell) + length, mayBeFraction)) return false
  store<u32>(cell, (CELL_NUMBER << CELL_KIND_SHIFT) | length, 4)
  return true
}

// @ts-ignore: decorator
@inline
function castCell(cell: usize, column: u32, words: usize): bool {
  const packed = load<u32>(cell, 4)
  const kind = packed >> CELL_KIND_SHIFT
  const length = packed & CELL_LENGTH_MASK
  const type = column & TYPE_MASK
  if (kind == CELL_TEXT || kind == CELL_STRING) {
    if (type == BOOLEAN) return length == 0 ? setNull(cell, column) : castBoolean(cell, load<u32>(cell), length, words)
    return length > 0 || (column & EMPTY_IS_NULL) == 0 || setNull(cell, column)
  }
  if (kind == CELL_NULL) return (column & IS_REQUIRED) == 0
  return castOther(cell, kind, length, type)
}

/** Values that were no text to begin with, and texts that must be decoded first. */
function castOther(cell: usize, kind: u32, length: u32, type: u32): bool {
  const isDecoded = kind == CELL_ESCAPED_TEXT || kind == CELL_ESCAPED_STRING
  if (type == BOOLEAN) return kind == CELL_BOOLEAN
  if (type != STRING || isDecoded) return true
  if (kind == CELL_SPACED_NESTED) return false
  // The text of a number needs no escapes in JSON, that of an object does.
  store<u32>(cell, ((kind == CELL_NESTED ? CELL_TEXT : CELL_STRING) << CELL_KIND_SHIFT) | length, 4)
  return true
}

// @ts-ignore: decorator
@inline
function setNull(cell: usize, column: u32): bool {
  store<u32>(cell, CELL_NULL << CELL_KIND_SHIFT, 4)
  return (column & IS_REQUIRED) == 0
}

function castBoolean(cell: usize, start: usize, length: u32, words: usize): bool {
  const word = load<u32>(start)
  const small = word | SMALL
  if (length == 4 && small == TRUE) {
    if (!isCased(word)) return false
    if (word != small) store<u32>(cell, <u32>words)
  } else if (length == 5 && small == FALS && (<u32>load<u8>(start, 4) | 0x20) == LETTER_E) {
    const isSmallEnd = load<u8>(start, 4) == LETTER_E
    // The fourth letter and the fifth are written alike.
    if (!isCased(word) || isSmallEnd != ((word >> 24) & 0x20) != 0) return false
    if (word != small) store<u32>(cell, <u32>(words + FALSE_OFFSET))
  } else return false
  store<u32>(cell, (CELL_BOOLEAN << CELL_KIND_SHIFT) | length, 4)
  return true
}

/** True where all letters are small, or all are capital, or only the first one is. */
function isCased(word: u32): bool {
  const cases = word & SMALL
  return cases == SMALL || cases == 0 || cases == SMALL_TAIL
}

/** True for a number of JSON in 1 to 16 bytes; where it may not be a fraction, for an integer of digits alone. */
// @ts-ignore: decorator
@inline
function isNumber(start: usize, length: u32, mayBeFraction: bool): bool {
  const bytes = i8x16.sub(v128.load(start), i8x16.splat(<i8>DIGIT_0))
  const others = <u32>i8x16.bitmask(i8x16.ge_u(bytes, i8x16.splat(10))) & ((1 << length) - 1)
  const sign = <u32>(load<u8>(start) == MINUS)
  const digits = length - sign
  const rest = others >> sign
  const hasLeadingZero = load<u8>(start + sign) == DIGIT_0
  if (rest == 0) return digits == 1 || (digits > 0 && !hasLeadingZero)
  if (!mayBeFraction) return false
  const dot = ctz(rest)
  if ((rest & (rest - 1)) == 0 && load<u8>(start + sign + dot) == DOT)
    return dot > 0 && dot < digits - 1 && (dot == 1 || !hasLeadingZero)
  return isLongNumber(start, start + length, true)
}

function isLongNumber(start: usize, end: usize, mayBeFraction: bool): bool {
  let position = start
  if (load<u8>(position) == MINUS) position++
  let digits = position
  position = skipDigits(position, end)
  if (position == digits || (position > digits + 1 && load<u8>(digits) == DIGIT_0)) return false
  if (!mayBeFraction) return position == end
  if (position < end && load<u8>(position) == DOT) {
    digits = position + 1
    position = skipDigits(digits, end)
    if (position == digits) return false
  }
  if (position < end && (<u32>load<u8>(position) | 0x20) == LETTER_E) {
    const sign = <u32>load<u8>(position, 1)
    digits = position + (position + 1 < end && (sign == MINUS || sign == PLUS) ? 2 : 1)
    position = skipDigits(digits, end)
    if (position == digits) return false
  }
  return position == end
}

function skipDigits(position: usize, end: usize): usize {
  while (position < end && <u32>load<u8>(position) - DIGIT_0 < 10) position++
  return position
}
