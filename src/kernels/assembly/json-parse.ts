// JSON records to rows and cells, their names being foretold. The reference twin is JsonRecordParser with RecordIntake
// (src/formats/json).
//
// The host keeps the shapes of late records as a trie of names in the shape table (src/formats/json/shapes/shape-table.ts). A node is a
// name in its place behind certain others; its children are a ring, of which the one that followed last is asked first:
//
//     0      next      the child that followed last, 0: none
//     4      sibling   the next child of the same parent, at last the first one again
//     8      length    of the name with its quotes and colon
//     12     shape     of the record that ends here: its number in the batch, UNUSED or NO_SHAPE
//     16     name      `"name":`, to a multiple of 16 bytes
//
// A record is taken when it is valid from its brace to what must follow it (a line feed, or the comma of an array), when its names
// are a path of the trie and a shape is known where the path ends. Anything else stops the kernel before that record: the host hands
// it to the reference reader, alone, puts its shape into the table, and comes back.
//
// Cells (src/batch/cell.ts) and rows (src/batch/record-batch.ts) go where the reference puts them.
import {
  CELL,
  CELLS_START,
  DEPTH_LIMIT,
  ENDED_FULL,
  ENDED_ODD,
  ENDED_SHAPE,
  ENDED_TEXT,
  INPUT_END,
  LINE,
  MAX_RECORD_BYTES,
  POSITION,
  RECORD,
  RECORD_SEPARATOR,
  ROW,
  ROWS_START,
  SHAPES_START,
  UNUSED_NODE,
} from '../call-frame'
import { LF } from './bytes'
import { readWord, writeWord } from './frame'
import { nestedIsSpaced, skipNested } from './json-nested'
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  ODD,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  findSpecial,
  finishString,
  skipLiteral,
  skipNumber,
  skipSpace,
  startsNull,
  startsNumber,
} from './json-tokens'
import {
  CELL_BOOLEAN,
  CELL_ESCAPED_STRING,
  CELL_KIND_SHIFT,
  CELL_NESTED,
  CELL_NULL,
  CELL_NUMBER,
  CELL_SPACED_NESTED,
  CELL_STRING,
  ROW_COLUMN_BYTES,
  ROW_END,
  ROW_LINE,
  ROW_RECORD,
  ROW_SHAPE,
  ROW_START,
} from './rows'

const NEXT: usize = 0
const SIBLING: usize = 4
const LENGTH: usize = 8
const SHAPE: usize = 12
const NAME: usize = 16

/** No record of this batch had the shape yet: the host must give it a number. NO_SHAPE, -2, is any other negative number. */
const UNUSED: i32 = -1

/** Of the record in work, or the last one: the node of its last name, and where the cell behind its last one goes. */
let lastNode: usize = 0
let nextCell: usize = 0

/**
 * Makes rows of the records in [POSITION, INPUT_END), which is valid UTF-8; a line feed stands at its end or at most a cut character
 * later. Moves ROW, CELL, RECORD, LINE and POSITION on: behind the line feed or the comma of the last record.
 * @returns why it ended. See UNUSED_NODE.
 */
export function takeRecords(): i32 {
  const rows = <usize>readWord(ROWS_START)
  const end = <usize>readWord(INPUT_END)
  const root = <usize>readWord(SHAPES_START)
  const separator = readWord(RECORD_SEPARATOR)
  const maxRecordBytes = readWord(MAX_RECORD_BYTES)
  const depthLimit = readWord(DEPTH_LIMIT)
  const isPerLine = separator == LF
  const rowAtLimit = rows + ROW_COLUMN_BYTES
  let rowAt = rows + ((<usize>readWord(ROW)) << 2)
  let firstCell = readWord(CELL)
  let cell = <usize>readWord(CELLS_START) + ((<usize>firstCell) << 3)
  let record = readWord(RECORD)
  let line = readWord(LINE)
  let position = <usize>readWord(POSITION)
  let ended = ENDED_TEXT
  while (position < end) {
    if (rowAt == rowAtLimit) {
      ended = ENDED_FULL
      break
    }
    let recordStart = position
    let linesBefore: u32 = 0
    if (<u32>load<u8>(recordStart) <= SPACE) {
      recordStart = skipSpace(recordStart)
      while (!isPerLine && recordStart < end && <u32>load<u8>(recordStart) == LF) {
        linesBefore++
        recordStart = skipSpace(recordStart + 1)
      }
    }
    ended = ENDED_ODD
    if (<u32>load<u8>(recordStart) != OPEN_BRACE) break
    const recordEnd = takeRecord(recordStart, cell, root, depthLimit)
    if (recordEnd == ODD) break
    let separatorAt = recordEnd
    if (<u32>load<u8>(separatorAt) <= SPACE) separatorAt = skipSpace(separatorAt)
    const measuredEnd = isPerLine ? separatorAt : recordEnd
    if (
      separatorAt >= end ||
      <u32>load<u8>(separatorAt) != separator ||
      <u32>(measuredEnd - recordStart) > maxRecordBytes
    ) {
      break
    }
    const shape = load<i32>(lastNode, SHAPE)
    if (shape < 0) {
      if (shape == UNUSED) {
        ended = ENDED_SHAPE
        writeWord(UNUSED_NODE, <u32>lastNode)
      }
      break
    }
    line += linesBefore
    store<u32>(rowAt, firstCell)
    store<u32>(rowAt + ROW_SHAPE, shape)
    store<u32>(rowAt + ROW_START, <u32>recordStart)
    store<u32>(rowAt + ROW_END, <u32>recordEnd)
    store<u32>(rowAt + ROW_RECORD, record)
    store<u32>(rowAt + ROW_LINE, line)
    if (isPerLine) line++
    rowAt += 4
    record++
    firstCell += <u32>(nextCell - cell) >> 3
    cell = nextCell
    position = separatorAt + 1
    ended = ENDED_TEXT
  }
  writeWord(ROW, <u32>((rowAt - rows) >> 2))
  writeWord(CELL, firstCell)
  writeWord(RECORD, record)
  writeWord(LINE, line)
  writeWord(POSITION, <u32>position)
  return ended
}

/** Makes cells of the record whose brace is at `position`. Returns the position behind its closing brace. */
function takeRecord(position: usize, cell: usize, root: usize, depthLimit: u32): usize {
  let node = root
  position = passSpace(position + 1)
  if (<u32>load<u8>(position) == CLOSE_BRACE) {
    lastNode = root
    nextCell = cell
    return position + 1
  }
  while (true) {
    const expected = <usize>load<u32>(node, NEXT)
    if (expected == 0) return ODD
    const nameBytes = load<u32>(expected, LENGTH)
    if (isSame(position, expected + NAME, nameBytes)) {
      node = expected
      position += nameBytes
    } else {
      position = takeOtherName(node, position)
      if (position == ODD) return ODD
      node = <usize>load<u32>(node, NEXT)
    }
    position = passSpace(position)

    const byte = <u32>load<u8>(position)
    let valueStart = position
    let length: u32
    let kind: u32
    if (byte == QUOTE) {
      valueStart++
      position = findSpecial(valueStart)
      kind = CELL_STRING
      if (<u32>load<u8>(position) != QUOTE) {
        position = finishString(position)
        if (position == ODD) return ODD
        kind = CELL_ESCAPED_STRING
      }
      length = <u32>(position - valueStart)
      position++
    } else {
      if (startsNumber(byte)) {
        position = skipNumber(position)
        kind = CELL_NUMBER
      } else if (byte == OPEN_BRACE || byte == OPEN_BRACKET) {
        position = skipNested(position, depthLimit)
        kind = nestedIsSpaced ? CELL_SPACED_NESTED : CELL_NESTED
      } else {
        position = skipLiteral(position)
        kind = startsNull(byte) ? CELL_NULL : CELL_BOOLEAN
      }
      if (position == ODD) return ODD
      length = <u32>(position - valueStart)
    }
    store<u32>(cell, <u32>valueStart)
    store<u32>(cell, (kind << CELL_KIND_SHIFT) | length, 4)
    cell += 8

    position = passSpace(position)
    const follower = <u32>load<u8>(position)
    if (follower == COMMA) {
      position = passSpace(position + 1)
      continue
    }
    if (follower != CLOSE_BRACE) return ODD
    lastNode = node
    nextCell = cell
    return position + 1
  }
}

/** Finds the name at `position` among all that followed `node`, makes it the one expected, and passes over it and its colon. */
function takeOtherName(node: usize, position: usize): usize {
  const expected = <usize>load<u32>(node, NEXT)
  let child = expected
  do {
    // The colon may stand apart from the name.
    const nameBytes = load<u32>(child, LENGTH) - 1
    if (isSame(position, child + NAME, nameBytes)) {
      const colon = passSpace(position + nameBytes)
      if (<u32>load<u8>(colon) != COLON) return ODD
      store<u32>(node, <u32>child, NEXT)
      return colon + 1
    }
    child = <usize>load<u32>(child, SIBLING)
  } while (child != expected)
  return ODD
}

/** True where `length` bytes, at least one, are equal. */
// @ts-ignore: decorator
@inline
function isSame(a: usize, b: usize, length: u32): bool {
  const differing = differingBits(a, b)
  return length <= 16 ? differing << (32 - length) == 0 : differing == 0 && isRestSame(a, b, length)
}

function isRestSame(a: usize, b: usize, length: u32): bool {
  let compared: u32 = 16
  for (; compared + 16 < length; compared += 16) if (differingBits(a + compared, b + compared)) return false
  return differingBits(a + compared, b + compared) << (32 - (length - compared)) == 0
}

// @ts-ignore: decorator
@inline
function differingBits(a: usize, b: usize): u32 {
  return <u32>i8x16.bitmask(i8x16.ne(v128.load(a), v128.load(b)))
}

// @ts-ignore: decorator
@inline
function passSpace(position: usize): usize {
  return <u32>load<u8>(position) > SPACE ? position : skipSpace(position)
}
