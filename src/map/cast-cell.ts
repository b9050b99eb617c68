// The types of columns, cell by cell: the reference of what docs/semantics.md says about them. Casting a cell twice changes nothing
// the second time, but for JSON text in strings, which no kernel touches. The kernel's twin: kernels/assembly/cast-cells.ts.
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
  packCell,
  type CellKind,
} from '../batch/cell.ts'
import { compactNested, decodeCellText } from '../batch/cell-text.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import { isWhiteSpace, startsNull, startsNumber } from '../formats/json/text/json-bytes.ts'
import { JsonRecordParser } from '../formats/json/records/json-record-parser.ts'
import type { ColumnType, DataPlan } from '../model/data-plan.ts'
import { isIntegerText, isNumberText } from './number-text.ts'
import { jsonSource, withJsonSource } from '../formats/json/json-settings.ts'

const QUOTE = 0x22
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const LINE_FEED = 0x0a

/** What a column's cells become. */
export interface Cast {
  /** The number of its cell in the record. */
  readonly cell: number
  /** The column's name in the source. */
  readonly source: string
  readonly type: ColumnType | null
  readonly emptyIsNull: boolean
  readonly isRequired: boolean
}

/** The words of booleans as targets have them, one behind the other; the host has placed them at `castsStart`. */
export const BOOLEAN_WORDS = new TextEncoder().encode('truefalse')

/** All ways to write `true` and `false` that are taken. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
])
const LONGEST_BOOLEAN = 5

/** Casts single cells of one batch after another. */
export class CellCaster {
  readonly #parser: JsonRecordParser
  #batch!: RecordBatch
  /** Where the next value goes that is not in the input as it must be. */
  #textsEnd = 0
  /** The text of the cell at hand, decoded. */
  #textStart = 0
  #textEnd = 0

  constructor(plan: DataPlan) {
    // Duplicate keys are refused whatever the option says about sources, and the record that the value will be in is one level.
    const maxNesting = jsonSource(plan).maxNesting - 1
    this.#parser = new JsonRecordParser(withJsonSource(plan, { maxNesting, duplicateKeys: 'reject' }))
  }

  begin(batch: RecordBatch): void {
    this.#batch = batch
    this.#textsEnd = batch.memory.textsStart
    this.#parser.begin(batch)
  }

  /**
   * Gives a cell the kind that its column's type asks for.
   * @param cell its number in the batch
   * @returns false where its value does not fit; the cell may have changed all the same.
   */
  cast(cell: number, { type, emptyIsNull, isRequired }: Cast): boolean {
    const { bytes, cells } = this.#batch.memory
    const word = 2 * cell
    const start = cells[word]!
    const kind = cells[word + 1]! >>> CELL_KIND_SHIFT
    const length = cells[word + 1]! & CELL_LENGTH_MASK
    if (kind === CELL_NULL) return !isRequired
    const isText = kind <= CELL_ESCAPED_STRING
    if (isText && length === 0 && (emptyIsNull || (type !== null && type !== 'string'))) {
      this.#set(cell, CELL_NULL, start, 0)
      return !isRequired
    }
    if (type === null) return true
    if (type === 'string') {
      if (!isText) this.#makeText(cell, kind, start, start + length)
      return true
    }
    if (isText) {
      this.#locateText(kind, start, length)
      return this.#castText(cell, type) && !(isRequired && this.#isNull(cell))
    }
    if (type === 'json') return true
    if (type === 'boolean') return kind === CELL_BOOLEAN
    return kind === CELL_NUMBER && (type === 'number' || isIntegerText(bytes, start, start + length))
  }

  /** The text of a cell as messages show it, at most so many characters. */
  describe(cell: number, mostCharacters: number): string {
    const { bytes, cells } = this.#batch.memory
    const kind = cells[2 * cell + 1]! >>> CELL_KIND_SHIFT
    if (kind === CELL_NULL) return 'null'
    this.#locateText(kind, cells[2 * cell]!, cells[2 * cell + 1]! & CELL_LENGTH_MASK)
    const shownEnd = Math.min(this.#textEnd, this.#textStart + 4 * mostCharacters)
    const characters = Array.from(utf8.decode(bytes.subarray(this.#textStart, shownEnd)))
    const isWhole = shownEnd === this.#textEnd && characters.length <= mostCharacters
    const shown = isWhole ? characters.join('') : `${characters.slice(0, mostCharacters).join('')}...`
    return kind <= CELL_ESCAPED_STRING ? JSON.stringify(shown) : shown
  }

  #locateText(kind: number, start: number, length: number): void {
    this.#textStart = start
    this.#textEnd = start + length
    if (kind !== CELL_ESCAPED_TEXT && kind !== CELL_ESCAPED_STRING) return
    this.#textStart = this.#batch.memory.scratchStart
    this.#textEnd = decodeCellText(this.#batch, kind, start, length)
  }

  #castText(cell: number, type: Exclude<ColumnType, 'string'>): boolean {
    const { bytes } = this.#batch.memory
    const textStart = this.#textStart
    const textEnd = this.#textEnd
    if (type === 'boolean') return this.#castBoolean(cell)
    if (type === 'json') return this.#castJson(cell)
    const fits = type === 'integer' ? isIntegerText : isNumberText
    if (!fits(bytes, textStart, textEnd)) return false
    this.#set(cell, CELL_NUMBER, this.#keepText(), textEnd - textStart)
    return true
  }

  #castBoolean(cell: number): boolean {
    const { bytes, castsStart } = this.#batch.memory
    const length = this.#textEnd - this.#textStart
    if (length > LONGEST_BOOLEAN) return false
    const value = BOOLEANS.get(Buffer.from(bytes.subarray(this.#textStart, this.#textEnd)).toString('latin1'))
    if (value === undefined) return false
    this.#set(cell, CELL_BOOLEAN, castsStart + (value ? 0 : 4), length)
    return true
  }

  /** The parser wants a line feed behind the value, so it gets a copy. */
  #castJson(cell: number): boolean {
    const { bytes } = this.#batch.memory
    let start = this.#textsEnd
    let end = this.#copyText()
    bytes[end] = LINE_FEED
    while (isWhiteSpace(bytes[start]) && start < end) start++
    while (isWhiteSpace(bytes[end - 1]) && end > start) end--
    if (start === end || !this.#parser.isValue(start, end) || this.#parser.fault !== null) return false
    this.#textsEnd = end + 1
    const first = bytes[start]!
    if (first === QUOTE) this.#set(cell, CELL_ESCAPED_STRING, start + 1, end - start - 2)
    else this.#set(cell, kindOfJson(first), start, end - start)
    return true
  }

  /** Makes a string of a value that was none: of an object or array its compact text. */
  #makeText(cell: number, kind: number, start: number, end: number): void {
    const { bytes } = this.#batch.memory
    if (kind !== CELL_SPACED_NESTED) {
      this.#set(cell, kind === CELL_NESTED ? CELL_TEXT : CELL_STRING, start, end - start)
      return
    }
    const textStart = this.#textsEnd
    this.#textsEnd = compactNested(bytes, start, end, textStart)
    this.#set(cell, CELL_TEXT, textStart, this.#textsEnd - textStart)
  }

  /** Where the text at hand stays for the batch's life: the scratch region is the next cell's. */
  #keepText(): number {
    if (this.#textStart !== this.#batch.memory.scratchStart) return this.#textStart
    const start = this.#textsEnd
    this.#textsEnd = this.#copyText()
    return start
  }

  #copyText(): number {
    this.#batch.memory.bytes.copyWithin(this.#textsEnd, this.#textStart, this.#textEnd)
    return this.#textsEnd + this.#textEnd - this.#textStart
  }

  /** JSON text can be `null`. */
  #isNull(cell: number): boolean {
    return this.#batch.memory.cells[2 * cell + 1]! >>> CELL_KIND_SHIFT === CELL_NULL
  }

  #set(cell: number, kind: CellKind, start: number, length: number): void {
    const { cells } = this.#batch.memory
    cells[2 * cell] = start
    cells[2 * cell + 1] = packCell(kind, length)
  }
}

/** Of a value that is no string: what writers must know of it. Nested values may have white space between their tokens. */
function kindOfJson(first: number): CellKind {
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return CELL_SPACED_NESTED
  if (startsNumber(first)) return CELL_NUMBER
  return startsNull(first) ? CELL_NULL : CELL_BOOLEAN
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
