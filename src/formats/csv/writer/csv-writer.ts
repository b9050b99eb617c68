// Writes batches as delimited text: one header, then a line for each row, its fields in the order of the columns.
import { compactNested, decodeCellText } from '../../../batch/cell-text.ts'
import {
  CELL_ESCAPED_STRING,
  CELL_ESCAPED_TEXT,
  CELL_KIND_SHIFT,
  CELL_LENGTH_MASK,
  CELL_NULL,
  CELL_SPACED_NESTED,
} from '../../../batch/cell.ts'
import type { OutputBuffer } from '../../../batch/output-buffer.ts'
import { REJECTED_ROW } from '../../../batch/record-batch.ts'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import type { Key } from '../../../batch/shape.ts'
import { MigrationError } from '../../../errors/migration-error.ts'
import type { DataPlan } from '../../../model/data-plan.ts'
import type { RecordWriter } from '../../format.ts'
import { delimiterOf } from '../csv-dialect.ts'
import type { DelimitedFormatName } from '../csv-dialect.ts'
import { CsvFieldWriter } from './csv-field-writer.ts'
import { FastLines } from './fast-lines.ts'
import { TargetColumns } from './target-columns.ts'
import { csvSettings, type DelimitedTarget } from '../csv-settings.ts'

const CR = 0x0d
const LF = 0x0a

const LINE_END_BYTES = 2
/** Rows that may need more are written field by field. */
const LARGEST_ROOM_BYTES = 64 * 1024

/** Writes one csv or tsv file. */
export class CsvWriter implements RecordWriter {
  readonly #target: DelimitedTarget
  readonly #delimiter: number
  readonly #fields: CsvFieldWriter
  readonly #targetColumns: TargetColumns
  /** Made when the columns are known; null: the reference does all rows. */
  #fastLines: FastLines | null = null
  #isOpen = false
  /** Why the header cannot be written. It waits for the end: with further columns, in a second pass, the header may be writable. */
  #headerFault: MigrationError | null = null
  /** True before the first byte: a field that looks like a byte order mark is then taken for one. */
  #isAtFileStart = true
  /** The text of the cell at hand, found by `locateText`: in its batch, or decoded in the scratch region. */
  #textStart = 0
  #textEnd = 0

  constructor(plan: DataPlan, format: DelimitedFormatName, columns: readonly Key[] = []) {
    this.#target = csvSettings(plan).target
    this.#delimiter = delimiterOf(format, this.#target.delimiter)
    this.#fields = new CsvFieldWriter(this.#target, this.#delimiter)
    this.#targetColumns = new TargetColumns(plan.select, columns)
  }

  get columns(): readonly Key[] {
    return this.#targetColumns.keys
  }

  learnColumns(batch: RecordBatch): boolean {
    return this.#targetColumns.learn(batch)
  }

  write(batch: RecordBatch, output: OutputBuffer): void {
    let isPrepared = false
    for (let row = 0; row < batch.rowCount; row++) {
      // The reference writes the header and what might look like a byte order mark.
      if (batch.kernels !== null && this.#isOpen && !this.#isAtFileStart && this.#fastLines !== null) {
        if (!isPrepared) this.#fastLines.prepare(batch, batch.kernels)
        isPrepared = true
        row = this.#fastLines.encode(batch.kernels, row, output)
      }
      if (row < batch.rowCount) this.#writeRow(batch, row, output)
    }
  }

  continueBehindRows(discarded: OutputBuffer): void {
    this.#open(discarded)
    this.#isAtFileStart = false
  }

  /** @throws MigrationError UNREPRESENTABLE where a target without quotes cannot hold the header. */
  finish(output: OutputBuffer): void {
    if (!this.#isOpen) this.#open(output)
    if (this.#headerFault !== null) throw this.#headerFault
  }

  /** Writes the header. It waits for the first row: until then columns may still be learnt. */
  #open(output: OutputBuffer): void {
    this.#isOpen = true
    this.#targetColumns.close()
    const keys = this.#targetColumns.keys
    if (keys.length > 0 && FastLines.takesTarget(this.#target)) {
      this.#fastLines = new FastLines(this.#target, this.#delimiter, this.#targetColumns)
    }
    if (!this.#target.hasHeader || keys.length === 0) return
    for (const [column, { name, text }] of keys.entries()) {
      if (this.#target.quote < 0 && !this.#canWriteUnquoted(text, 0, text.length, column)) {
        this.#headerFault = unrepresentableName(name)
        return
      }
      this.#writeText(output, text, 0, text.length, column)
    }
    this.#endLine(output)
  }

  #writeRow(batch: RecordBatch, row: number, output: OutputBuffer): void {
    const shape = batch.rowShape[row]!
    if (shape === REJECTED_ROW) return
    if (!this.#isOpen) this.#open(output)
    const cells = this.#targetColumns.cellsOf(batch.views[shape]!)
    if (cells.length === 0) {
      batch.rejectRow(row, 'UNREPRESENTABLE', 'the record has no columns, and a line without fields is no record')
    } else if (this.#target.quote >= 0 || this.#checkRow(batch, row, cells)) {
      this.#writeCells(batch, row, cells, output)
    }
  }

  #writeCells(batch: RecordBatch, row: number, cells: Int32Array, output: OutputBuffer): void {
    const firstCell = batch.rowFirstCell[row]!
    const room = this.#fields.roomFor(cells.length, countTextBytes(batch, firstCell, cells)) + LINE_END_BYTES
    if (room > LARGEST_ROOM_BYTES) {
      this.#writeLongRow(batch, firstCell, cells, output)
      return
    }
    const fields = this.#fields
    const delimiter = this.#delimiter
    const { bytes } = batch.memory
    let position = output.reserve(room)
    for (let column = 0; column < cells.length; column++) {
      if (column > 0) bytes[position++] = delimiter
      const isText = this.#locateText(batch, firstCell, cells[column]!)
      if (isText || this.#isBlankLine(cells)) {
        const mustQuote = column === 0 && this.#needsQuotesInPlace(bytes, this.#textStart, this.#textEnd)
        position = fields.putText(bytes, position, this.#textStart, this.#textEnd, mustQuote)
      } else {
        position = fields.putNull(bytes, position)
      }
    }
    output.position = position
    this.#endLine(output)
  }

  #writeLongRow(batch: RecordBatch, firstCell: number, cells: Int32Array, output: OutputBuffer): void {
    for (let column = 0; column < cells.length; column++) {
      const isText = this.#locateText(batch, firstCell, cells[column]!)
      if (isText || this.#isBlankLine(cells)) {
        this.#writeText(output, batch.memory.bytes, this.#textStart, this.#textEnd, column)
      } else {
        this.#putDelimiter(output, column)
        this.#fields.writeNull(output)
      }
    }
    this.#endLine(output)
  }

  /** True where a null alone would leave a line empty: it is then written as the empty text. */
  #isBlankLine(cells: Int32Array): boolean {
    return cells.length === 1 && this.#fields.isNullEmpty
  }

  /** Finds the text of a cell, or of none (-1). Returns false for null, whose text is empty. */
  #locateText(batch: RecordBatch, firstCell: number, cell: number): boolean {
    this.#textEnd = this.#textStart
    if (cell < 0) return false
    const { bytes, cells, scratchStart } = batch.memory
    const word = 2 * (firstCell + cell)
    const start = cells[word]!
    const kind = cells[word + 1]! >>> CELL_KIND_SHIFT
    const length = cells[word + 1]! & CELL_LENGTH_MASK
    if (kind === CELL_NULL) return false
    this.#textStart = start
    this.#textEnd = start + length
    if (kind === CELL_ESCAPED_TEXT || kind === CELL_ESCAPED_STRING) {
      this.#textStart = scratchStart
      this.#textEnd = decodeCellText(batch, kind, start, length)
    } else if (kind === CELL_SPACED_NESTED) {
      this.#textStart = scratchStart
      this.#textEnd = compactNested(bytes, start, start + length, scratchStart)
    }
    return true
  }

  #writeText(output: OutputBuffer, bytes: Uint8Array, start: number, end: number, column: number): void {
    this.#putDelimiter(output, column)
    this.#fields.writeText(output, bytes, start, end, column === 0 && this.#needsQuotesInPlace(bytes, start, end))
    this.#isAtFileStart = false
  }

  #putDelimiter(output: OutputBuffer, column: number): void {
    if (column === 0) return
    const position = output.reserve(1)
    output.bytes[position] = this.#delimiter
    output.position = position + 1
  }

  #endLine(output: OutputBuffer): void {
    let position = output.reserve(2)
    if (this.#target.lineEnd === 'crlf') output.bytes[position++] = CR
    output.bytes[position++] = LF
    output.position = position
    this.#isAtFileStart = false
  }

  /** True where the first field of a line would make it a blank line, or make the file seem to start with a mark. */
  #needsQuotesInPlace(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return this.#targetColumns.keys.length === 1
    return this.#isAtFileStart && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf
  }

  /** Rejects the row where a target without quotes cannot hold one of its fields. Returns false then. */
  #checkRow(batch: RecordBatch, row: number, cells: Int32Array): boolean {
    const { bytes } = batch.memory
    for (let column = 0; column < cells.length; column++) {
      const isText = this.#locateText(batch, batch.rowFirstCell[row]!, cells[column]!)
      if (isText && this.#canWriteUnquoted(bytes, this.#textStart, this.#textEnd, column)) continue
      if (!isText && !this.#isBlankLine(cells)) continue
      const { name } = this.#targetColumns.keys[column]!
      const message = `without quotes no field can hold the value of ${JSON.stringify(name)}; --out-quote gives targets a quote`
      batch.rejectRow(row, 'UNREPRESENTABLE', message, name)
      return false
    }
    return true
  }

  #canWriteUnquoted(bytes: Uint8Array, start: number, end: number, column: number): boolean {
    if (column === 0 && this.#needsQuotesInPlace(bytes, start, end)) return false
    return this.#fields.canWriteUnquoted(bytes, start, end)
  }
}

/** The most bytes that the texts of a row can have: decoding makes none longer. A cell that is selected twice counts twice. */
function countTextBytes({ memory }: RecordBatch, firstCell: number, cells: Int32Array): number {
  let byteCount = 0
  for (const cell of cells) if (cell >= 0) byteCount += memory.cells[2 * (firstCell + cell) + 1]! & CELL_LENGTH_MASK
  return byteCount
}

function unrepresentableName(name: string): MigrationError {
  return new MigrationError('UNREPRESENTABLE', `without quotes no header can hold the name ${JSON.stringify(name)}`, {
    phase: 'encode',
    hint: 'give targets a quote (--out-quote), another delimiter (--out-delim), or rename the column with --select',
  })
}
