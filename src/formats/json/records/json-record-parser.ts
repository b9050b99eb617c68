import type { RecordBatch } from '../../../batch/record-batch.ts'
import {
  CELL_BOOLEAN,
  CELL_ESCAPED_STRING,
  CELL_NESTED,
  CELL_NULL,
  CELL_NUMBER,
  CELL_SPACED_NESTED,
  CELL_STRING,
  packCell,
} from '../../../batch/cell.ts'
import type { CellKind } from '../../../batch/cell.ts'
import type { ErrorCode } from '../../../errors/error-codes.ts'
import type { DataPlan } from '../../../model/data-plan.ts'
import { dropDuplicateMembers } from '../text/drop-duplicate-members.ts'
import { FlattenedColumns, isFlattening } from '../shapes/flattened-columns.ts'
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  IS_PLAIN,
  LONE_SURROGATE,
  NO_TOKEN,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  skipEscape,
  skipLiteral,
  skipNumber,
  skipWhiteSpace,
  startsNull,
  startsNumber,
  startsOtherValue,
} from '../text/json-bytes.ts'
import type { JsonFault } from '../text/json-fault.ts'
import type { RecordLayout, ShapeNode } from '../shapes/shape-node.ts'
import { shapeTrieOf } from '../shapes/shape-trie.ts'
import type { ShapeTrie } from '../shapes/shape-trie.ts'
import { jsonSource } from '../json-settings.ts'
import { duplicateMessage, RecordFaults, REFUSED } from './record-faults.ts'

// The one parser of JSON records: strict, in place, without recursion, an object per record or a string per field. Names are
// not read but compared with those that the shape trie expects.

/** Parses records of one source file. */
export class JsonRecordParser {
  /** The layout of the last record that was taken. */
  layout: RecordLayout | null = null
  readonly #maxNesting: number
  readonly #keepsLastDuplicate: boolean
  readonly #isFlattening: boolean
  readonly #trie: ShapeTrie
  readonly #columns = new FlattenedColumns()
  readonly #faults: RecordFaults
  #bytes: Uint8Array = new Uint8Array(0)
  #sourceOffset = 0
  /** Where the next rewritten value goes. */
  #sparePosition = 0
  /** The node of the name that was read last. */
  #node: ShapeNode
  /** The record's own member that is being parsed; null inside a name of the record. */
  #member: ShapeNode | null = null
  #nestedIsSpaced = false
  #nestedHasDuplicates = false
  /** The cell of the value that `takeOther` took. */
  #valueStart = 0
  #valueEnd = 0
  #valueKind: CellKind = CELL_NULL
  /** The containers around the nested value in work: the member each was opened in, and whether that was in an object. */
  readonly #outerMembers: ShapeNode[] = []
  readonly #outerIsObject: boolean[] = []

  constructor(plan: DataPlan) {
    const { maxNesting, duplicateKeys } = jsonSource(plan)
    this.#maxNesting = maxNesting
    this.#keepsLastDuplicate = duplicateKeys === 'last'
    this.#isFlattening = isFlattening(plan)
    this.#trie = shapeTrieOf(plan, this.#isFlattening)
    this.#node = this.#trie.root
    this.#faults = new RecordFaults(this.#keepsLastDuplicate, this.#isFlattening)
  }

  /** Why the last text was refused. */
  get fault(): JsonFault | null {
    return this.#faults.fault
  }

  /** Prepares for the records of another chunk. */
  begin(batch: RecordBatch): void {
    const { bytes, cells } = batch.memory
    this.#trie.limitMemory()
    this.#bytes = bytes
    this.#sourceOffset = batch.sourceOffset
    // A member takes at least four bytes of input, so JSON never uses more than a quarter of the cell table. Its second half is
    // room for nested values that are rewritten: the source bytes stay as they are, for rejects of later stages.
    if (batch.rowCount === 0) this.#sparePosition = cells.byteOffset - bytes.byteOffset + cells.byteLength / 2
  }

  /**
   * Parses the record [start, end) into cells behind the batch's last cell. `start` is at its first token; white space may
   * follow it. The byte at `end` must be a line feed, unless brackets and quotes in the text are known to be balanced.
   * @returns the position behind the closing brace, `layout` and `batch.cellCount` being set; or -1, the reason being in `fault`.
   */
  parse(batch: RecordBatch, start: number, end: number): number {
    this.#faults.begin(start)
    this.#member = null
    if (batch.memory.bytes[start] !== OPEN_BRACE) {
      return startsOtherValue(this.#bytes[start]!)
        ? this.#faults.refuseOtherValue()
        : this.#refuseSyntax(start, 'a JSON object is expected')
    }
    return this.#parseMembers(batch, start + 1, end)
  }

  /** Parses from behind the record's opening brace on. */
  #parseMembers(batch: RecordBatch, start: number, end: number): number {
    const { bytes, cells } = batch.memory
    let node = this.#trie.root
    let word = 2 * batch.cellCount
    let level = 1
    let isOpening = true
    let position = start
    for (;;) {
      if (bytes[position]! <= SPACE) position = skipWhiteSpace(bytes, position, end)
      if (!isOpening || bytes[position] !== CLOSE_BRACE) {
        this.#member = null
        position = this.#readName(node, position, end)
        if (position < 0) return REFUSED
        node = this.#node
        if (bytes[position]! <= SPACE) position = skipWhiteSpace(bytes, position, end)
        const byte = bytes[position]!
        if (this.#isFlattening && byte === OPEN_BRACE) {
          const first = skipWhiteSpace(bytes, position + 1, end)
          if (bytes[first] !== CLOSE_BRACE) {
            this.#member = node
            if (++level > this.#maxNesting) return this.#refuseDepth(position)
            node = this.#trie.open(node)
            position = first
            continue
          }
        }
        let valueStart = position
        let valueEnd = position
        let kind: CellKind = CELL_STRING
        if (byte === QUOTE) valueEnd = endOfPlain(bytes, ++valueStart)
        if (byte === QUOTE && bytes[valueEnd] === QUOTE) position = valueEnd + 1
        else if (startsNumber(byte)) {
          valueEnd = position = skipNumber(bytes, position)
          if (position < 0) return this.#refuseSyntax(valueStart, 'this is not a number of JSON')
          kind = CELL_NUMBER
        } else {
          this.#valueStart = valueStart
          position = this.#takeOther(byte, valueEnd, end, node, level)
          if (position < 0) return REFUSED
          valueStart = this.#valueStart
          valueEnd = this.#valueEnd
          kind = this.#valueKind
        }
        cells[word] = valueStart
        cells[word + 1] = packCell(kind, valueEnd - valueStart)
        word += 2
        if (bytes[position]! <= SPACE) position = skipWhiteSpace(bytes, position, end)
      }
      isOpening = false
      while (bytes[position] === CLOSE_BRACE) {
        position++
        if (--level === 0) return this.#finishRecord(batch, node, word / 2, position, end)
        node = this.#trie.close(node)
        if (bytes[position]! <= SPACE) position = skipWhiteSpace(bytes, position, end)
      }
      if (bytes[position] !== COMMA) return this.#refuseSyntax(position, 'a comma or a closing brace is expected')
      position++
    }
  }

  /**
   * Takes a value that is neither a plain string nor a number, whose bytes begin at `valueStart`. Sets `valueEnd` and `valueKind`, and
   * `valueStart` where the value had to be rewritten.
   * @param first the value's first byte
   * @param start where to go on: for a string behind what is plain of it
   */
  #takeOther(first: number, start: number, end: number, owner: ShapeNode, level: number): number {
    this.#member = owner
    let position: number
    if (first === QUOTE) {
      position = this.#finishString(start, end)
      this.#valueKind = CELL_ESCAPED_STRING
      this.#valueEnd = position - 1
      return position
    }
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      position = skipLiteral(this.#bytes, start)
      if (position < 0) return this.#refuseSyntax(start, 'a value is expected')
      this.#valueKind = startsNull(first) ? CELL_NULL : CELL_BOOLEAN
      this.#valueEnd = position
      return position
    }
    position = this.#skipNested(start, end, owner, level)
    this.#valueKind = this.#nestedIsSpaced ? CELL_SPACED_NESTED : CELL_NESTED
    this.#valueEnd = position
    if (position >= 0 && this.#nestedHasDuplicates && this.#faults.fault === null) {
      this.#valueStart = this.#sparePosition
      this.#valueEnd = dropDuplicateMembers(this.#bytes, start, position, this.#sparePosition)
      this.#sparePosition = this.#valueEnd
    }
    return position
  }

  /**
   * True where [start, end) is one value of any kind in valid JSON, with or without white space behind it. Faults of meaning do
   * not count, but for nesting: what lies too deep is not looked at. Where it is false, `fault` says why.
   */
  isValue(start: number, end: number): boolean {
    this.#faults.begin(start)
    this.#member = null
    const position = this.#skipNested(start, end, this.#trie.root, 0)
    if (position < 0) return false
    if (skipWhiteSpace(this.#bytes, position, end) === end) return true
    this.#refuseSyntax(position, 'something follows the value')
    return false
  }

  #finishRecord(batch: RecordBatch, last: ShapeNode, cellEnd: number, position: number, end: number): number {
    if (position !== end && skipWhiteSpace(this.#bytes, position, end) !== end) {
      return this.#refuseSyntax(position, 'something follows the closing brace of the record')
    }
    if (this.#faults.fault !== null) return this.#faults.refuseForFirst(this.#bytes)
    const layout = last.layout ?? this.#trie.layoutAt(last)
    if (layout.duplicateName !== null && !this.#keepsLastDuplicate)
      return this.#faults.refuseDuplicate(layout.duplicateName)
    if (this.#isFlattening) {
      const column = this.#columns.admit(layout)
      if (column !== null) return this.#faults.refuseCollision(column)
    }
    batch.cellCount = layout.keptCells === null ? cellEnd : keepCells(batch, layout.keptCells)
    this.layout = layout
    return position
  }

  /** Reads a name and the colon behind it; its node goes to `this.node`. */
  #readName(before: ShapeNode, position: number, end: number): number {
    const expected = before.next
    if (expected === null) return this.#readOtherName(before, position, end)
    const bytes = this.#bytes
    const { nameBytes } = this.#trie
    const { nameStart, nameLength } = expected
    let index = 0
    while (index < nameLength && bytes[position + index] === nameBytes[nameStart + index]) index++
    if (index < nameLength) return this.#readOtherName(before, position, end)
    this.#node = expected
    return this.#skipColon(position + nameLength, end)
  }

  #readOtherName(before: ShapeNode, start: number, end: number): number {
    if (this.#bytes[start] !== QUOTE) return this.#refuseSyntax(start, 'a name in double quotes is expected')
    const faultsBefore = this.#faults.count
    const position = this.#finishString(start + 1, end)
    if (position < 0) return REFUSED
    const isSound = this.#faults.count === faultsBefore
    this.#node = isSound ? this.#trie.follow(before, this.#bytes, start, position) : this.#trie.detach(before)
    return this.#skipColon(position, end)
  }

  #skipColon(position: number, end: number): number {
    if (this.#bytes[position] === COLON) return position + 1
    const colon = this.#skipSpace(position, end)
    if (this.#bytes[colon] !== COLON) return this.#refuseSyntax(colon, 'a colon is expected')
    return colon + 1
  }

  /** The position behind the string's closing quote, from any position between two characters of it. */
  #finishString(position: number, end: number): number {
    const bytes = this.#bytes
    for (;;) {
      const byte = bytes[position]!
      if (IS_PLAIN[byte] === 1) position++
      else if (byte === QUOTE) return position + 1
      else if (byte === BACKSLASH) {
        const next = skipEscape(bytes, position)
        if (next === NO_TOKEN) return this.#refuseSyntax(position, 'this is not an escape of JSON')
        if (next === LONE_SURROGATE) {
          this.#note(
            position,
            'LONE_SURROGATE',
            `the escape at byte ${this.#sourceOffset + position} is half of a surrogate pair`,
          )
        }
        position = next === LONE_SURROGATE ? position + 6 : next
      } else {
        if (position >= end) return this.#refuseSyntax(position, 'a closing quote is expected')
        const code = byte.toString(16).padStart(2, '0')
        const message = `the control character 0x${code} at byte ${this.#sourceOffset + position} must be written as an escape`
        this.#note(position, 'CONTROL_CHARACTER', message)
        position++
      }
    }
  }

  /**
   * The position behind the value at `position`, which may be of any kind. Sets `nestedIsSpaced` and, where they are to be
   * dropped, `nestedHasDuplicates`.
   * @param owner the member that the value belongs to: the names inside are expected as they were in it before.
   * @param level how many containers the value lies in
   */
  #skipNested(position: number, end: number, owner: ShapeNode, level: number): number {
    const bytes = this.#bytes
    const outerMembers = this.#outerMembers
    const outerIsObject = this.#outerIsObject
    let member = owner
    let isObject = false
    let depth = 0
    this.#nestedIsSpaced = false
    this.#nestedHasDuplicates = false
    for (;;) {
      const byte = bytes[position]
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (level + depth >= this.#maxNesting) return this.#refuseDepth(position)
        outerMembers[depth] = member
        outerIsObject[depth++] = isObject
        isObject = byte === OPEN_BRACE
        if (isObject) member = this.#trie.inside(member)
        position = this.#skipSpace(position + 1, end)
        if (bytes[position] !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
          if (isObject) {
            position = this.#readName(member, position, end)
            if (position < 0) return REFUSED
            member = this.#node
            position = this.#skipSpace(position, end)
          }
          continue
        }
      } else {
        position = this.#skipScalar(position, end)
        if (position < 0 || depth === 0) return position
        position = this.#skipSpace(position, end)
      }
      while (bytes[position] === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject && this.#trie.hasDuplicate(member)) this.#noteNestedDuplicate(position, member)
        position++
        member = outerMembers[--depth]!
        isObject = outerIsObject[depth]!
        if (depth === 0) return position
        position = this.#skipSpace(position, end)
      }
      if (bytes[position] !== COMMA) return this.#refuseSyntax(position, 'a comma or a closing bracket is expected')
      position = this.#skipSpace(position + 1, end)
      if (isObject) {
        position = this.#readName(member, position, end)
        if (position < 0) return REFUSED
        member = this.#node
        position = this.#skipSpace(position, end)
      }
    }
  }

  #skipScalar(start: number, end: number): number {
    const bytes = this.#bytes
    const byte = bytes[start]!
    if (byte === QUOTE) return this.#finishString(start + 1, end)
    const isNumber = startsNumber(byte)
    const position = isNumber ? skipNumber(bytes, start) : skipLiteral(bytes, start)
    if (position >= 0) return position
    return this.#refuseSyntax(start, isNumber ? 'this is not a number of JSON' : 'a value is expected')
  }

  #skipSpace(position: number, end: number): number {
    if (this.#bytes[position]! > SPACE) return position
    const next = skipWhiteSpace(this.#bytes, position, end)
    if (next !== position) this.#nestedIsSpaced = true
    return next
  }

  #note(position: number, code: ErrorCode, message: string): void {
    this.#faults.note(position, code, message, this.#memberName())
  }

  #memberName(): string | undefined {
    return this.#member?.step === 'name' ? this.#trie.nameOf(this.#member) : undefined
  }

  #noteNestedDuplicate(position: number, member: ShapeNode): void {
    if (this.#keepsLastDuplicate) this.#nestedHasDuplicates = true
    else this.#note(position, 'DUPLICATE_KEY', duplicateMessage(this.#trie.nameOf(member)))
  }

  /** What lies deeper is not looked at, so this is the one fault of meaning that ends the parse. */
  #refuseDepth(position: number): number {
    const place = `at byte ${this.#sourceOffset + position}`
    const limit = `values are nested deeper than ${this.#maxNesting} levels ${place}; --max-nesting sets the limit`
    this.#note(position, 'NESTING_TOO_DEEP', limit)
    return this.#faults.refuseForFirst(this.#bytes)
  }

  #refuseSyntax(position: number, problem: string): number {
    return this.#faults.refuseSyntax(this.#sourceOffset + position, problem)
  }
}

/** The first position from `position` on whose byte does not stand for itself in a string. */
function endOfPlain(bytes: Uint8Array, position: number): number {
  while (IS_PLAIN[bytes[position]!] === 1) position++
  return position
}

/** Moves the kept cells of the record behind the batch's last cell together. Returns the number of cells then. */
function keepCells(batch: RecordBatch, kept: Int32Array): number {
  const { cells } = batch.memory
  let cell = batch.cellCount
  for (const index of kept) {
    const from = 2 * (batch.cellCount + index)
    cells.copyWithin(2 * cell, from, from + 2)
    cell++
  }
  return cell
}
