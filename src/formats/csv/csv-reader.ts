// Reads delimited text into batches. This file decides what each line of a file is (header, record, blank, comment, passed over)
// and what becomes of a record; the bytes themselves are the scanner's.
import { isUtf8 } from 'node:buffer'
import { CELL_TEXT, packCell } from '../../batch/cell.ts'
import type { BatchMemory } from '../../batch/batch-memory.ts'
import type { RecordBatch, Reject } from '../../batch/record-batch.ts'
import type { Shape } from '../../batch/shape.ts'
import type { ErrorCode } from '../../errors/error-codes.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import type { DataPlan } from '../../model/data-plan.ts'
import type { NoticeCounts } from '../../model/task-result.ts'
import { noNotices } from '../format.ts'
import type { SplittableReader } from '../format.ts'
import { MARK_UNKNOWN, passByteOrderMark } from '../byte-order-mark.ts'
import { csvDialectOf } from './csv-dialect.ts'
import type { CsvDialect, DelimitedFormatName } from './csv-dialect.ts'
import {
  describeFault,
  describeFieldCount,
  describeOpenQuote,
  describeTooLarge,
  INVALID_UTF8_MESSAGE,
} from './csv-faults.ts'
import { createNumberedShape, createTableShape } from './header/csv-header.ts'
import { findKnownHeader, keepHeader } from './header/known-header.ts'
import { CsvRecordScanner, SCAN_INCOMPLETE, SCAN_UNTERMINATED } from './csv-record-scanner.ts'
import { CsvRecordSkipper } from './csv-record-skipper.ts'
import { FastRows } from './fast-rows.ts'
import { guessRecordStart } from './guess-record-start.ts'
import { IS_BARE, LineEnds, NEEDS_MORE_BYTES } from './line-ends.ts'
import { malformedHeader, readHeader } from './header/read-header.ts'
import type { HeaderPlace } from './header/read-header.ts'
import { wholeUtf8End } from '../utf8-end.ts'
import { csvSettings, type DelimitedSource } from './csv-settings.ts'

const LF = 0x0a
const CR = 0x0d

/** A record that is passed over because it is too large, on the way to its end. */
interface LargeRecord {
  readonly skipper: CsvRecordSkipper
  /** Where it starts in the source. */
  readonly byteStart: number
}

/** A quote that is open at the end of the file. Bytes and lines are those of the file. */
interface OpenQuote {
  readonly recordStart: number
  readonly recordEnd: number
  readonly quoteByte: number
  readonly quoteLine: number
}

type RejectPlace = Pick<Reject, 'byteStart' | 'byteEnd' | 'hasRaw'>

/** Reads one csv or tsv file. */
export class CsvReader implements SplittableReader {
  recordCount = 0
  readonly notices: NoticeCounts = noNotices()
  /** The line that the next byte belongs to. */
  line = 1
  readonly #source: DelimitedSource
  readonly #maxRecordBytes: number
  readonly #file: string
  readonly #dialect: CsvDialect
  readonly #lineEnds = new LineEnds()
  readonly #scanner: CsvRecordScanner
  /** Null until the header, or without one the first accepted record, has been seen. */
  #shape: Shape | null = null
  #shapeIndex = 0
  #columnCount = -1
  #linesToPass: number
  #isAtFileStart = true
  /** True inside a comment or one of the `skipLines`. */
  #isPassingLine = false
  #largeRecord: LargeRecord | null = null
  /** True where the bytes at hand are not all valid UTF-8, so that each record must be looked at. */
  #checksEachRecord = false

  /** Null where the batch has no kernels, or they do not take this dialect. */
  #fastRows: FastRows | null = null

  constructor(plan: DataPlan, format: DelimitedFormatName, file: string) {
    this.#source = csvSettings(plan).source
    this.#maxRecordBytes = plan.maxRecordBytes
    this.#file = file
    this.#dialect = csvDialectOf(this.#source, format)
    this.#scanner = new CsvRecordScanner(this.#dialect, this.#lineEnds)
    this.#linesToPass = this.#source.skipLines
  }

  get isBetweenRecords(): boolean {
    return !this.#isPassingLine && this.#largeRecord === null
  }

  /** Files whose lines end with a CR alone never are: they are too rare for guesses of their own. */
  get isSettled(): boolean {
    return this.#shape !== null && this.#linesToPass === 0 && this.#lineEnds.areLineFeeds && this.isBetweenRecords
  }

  resume(recordCount: number, line: number): void {
    this.recordCount = recordCount
    this.line = line
    Object.assign(this.notices, noNotices())
    this.#isPassingLine = false
    this.#largeRecord = null
  }

  guessRecordStart(memory: BatchMemory, start: number, end: number): number | null {
    const columnCount = this.#columnCount
    return guessRecordStart(
      { memory, scanner: this.#scanner, dialect: this.#dialect, columnCount, comment: this.#source.comment },
      start,
      end,
    )
  }

  parse(batch: RecordBatch, start: number, end: number, isLast: boolean, limit = end): number {
    const { bytes } = batch.memory
    this.#prepare(batch)
    let position = start
    if (this.#isAtFileStart) {
      const text = passByteOrderMark(bytes, start, end, isLast, this.#file)
      if (text === MARK_UNKNOWN) return start
      this.#isAtFileStart = false
      position = text
    }
    if (this.#largeRecord !== null) position = this.#passLargeRecord(batch, position, end, isLast)
    const wholeEnd = isLast ? end : wholeUtf8End(bytes, position, end)
    this.#checksEachRecord = !isUtf8(bytes.subarray(position, wholeEnd))
    while (position < end && !batch.isFull && (position < limit || !this.isBetweenRecords)) {
      position = this.#takeFastRows(batch, position, Math.min(end, limit))
      if (position === end || batch.isFull || (position >= limit && this.isBetweenRecords)) break
      const next = this.#parseNext(batch, position, end, isLast)
      if (next === position) break
      position = next
    }
    return position
  }

  /** Takes what is regular from `position` on; a no-op wherever a record could be anything else. */
  #takeFastRows(batch: RecordBatch, position: number, end: number): number {
    const fastRows = this.#fastRows
    const isReady =
      this.#shape !== null &&
      !this.#checksEachRecord &&
      !this.#isPassingLine &&
      this.#linesToPass === 0 &&
      this.#largeRecord === null &&
      this.#lineEnds.areLineFeeds
    if (fastRows === null || !isReady) return position
    const next = fastRows.take(batch, position, end, {
      shapeIndex: this.#shapeIndex,
      columnCount: this.#columnCount,
      record: this.recordCount + 1 - batch.recordBase,
      line: this.line - batch.lineBase,
    })
    this.recordCount += fastRows.rowCount
    this.line += fastRows.lineCount
    return next
  }

  #prepare(batch: RecordBatch): void {
    if (batch.rowCount === 0) {
      batch.recordBase = this.recordCount
      batch.lineBase = this.line
    }
    if (batch.kernels !== null && this.#fastRows === null && FastRows.takesDialect(this.#dialect)) {
      this.#fastRows = new FastRows(batch.kernels, this.#dialect, this.#source.comment, this.#maxRecordBytes)
    }
    this.#fastRows?.begin(batch)
    batch.quoteByte = this.#dialect.quote
    batch.escapeByte = this.#dialect.escape
    if (this.#shape !== null) this.#shapeIndex = batch.useShape(this.#shape)
  }

  /** Takes the next line or record. Returns the position behind what it took; `position` where more bytes are needed. */
  #parseNext(batch: RecordBatch, position: number, end: number, isLast: boolean): number {
    const { bytes } = batch.memory
    if (this.#largeRecord !== null) return this.#passLargeRecord(batch, position, end, isLast)
    if (this.#isPassingLine) return this.#passLine(bytes, position, end, isLast)
    const first = bytes[position]!
    if (this.#linesToPass > 0) {
      this.#linesToPass--
      this.notices.skippedLines++
      return this.#passLine(bytes, position, end, isLast)
    }
    if (first === this.#source.comment) {
      this.notices.commentLines++
      return this.#passLine(bytes, position, end, isLast)
    }
    // In a table of one column a blank line is an empty value.
    if ((first === LF || first === CR) && this.#columnCount !== 1) {
      const next = first === LF ? position + 1 : this.#lineEnds.afterCr(bytes, position, end, isLast)
      if (next === NEEDS_MORE_BYTES) return position
      if (next !== IS_BARE) {
        this.#lineEnds.learn(bytes, position, next)
        this.notices.blankLines++
        this.line++
        return next
      }
    }
    return this.#parseRecord(batch, position, end, isLast)
  }

  /** Passes over the rest of a physical line, as far as it is here. Quotes mean nothing in it. */
  #passLine(bytes: Uint8Array, start: number, end: number, isLast: boolean): number {
    this.#isPassingLine = true
    for (let position = start; position < end; position++) {
      const byte = bytes[position]
      if (byte !== LF && byte !== CR) continue
      const next = byte === LF ? position + 1 : this.#lineEnds.afterCr(bytes, position, end, isLast)
      if (next === NEEDS_MORE_BYTES) return position
      if (next === IS_BARE) continue
      this.#lineEnds.learn(bytes, position, next)
      this.#isPassingLine = false
      this.line++
      return next
    }
    return end
  }

  #parseRecord(batch: RecordBatch, start: number, end: number, isLast: boolean): number {
    if (this.#source.ragged === 'pad' && !this.#hasRoomForPadding(batch, end - start)) {
      batch.isOutOfCells = true
      return start
    }
    const scanner = this.#scanner
    const outcome = scanner.scan(batch.memory, batch.cellCount, start, end, isLast)
    if (outcome === SCAN_INCOMPLETE) return this.#waitOrSkip(batch, start, end, isLast)
    const offset = batch.sourceOffset
    if (outcome === SCAN_UNTERMINATED) {
      this.#endInQuotes(batch, {
        recordStart: offset + start,
        recordEnd: offset + end,
        quoteByte: offset + scanner.openingQuote,
        quoteLine: this.line + this.#lineEnds.count(batch.memory.bytes, start, scanner.openingQuote),
      })
      return end
    }
    const byteCount = scanner.recordEnd - start
    if (byteCount > this.#maxRecordBytes) this.#rejectLarge(batch, offset + start, byteCount)
    else if (this.#shape === null && this.#source.hasHeader) this.#takeHeader(batch, start)
    else this.#takeRecord(batch, start)
    this.line++
    if (scanner.hasQuotedLineEnd) this.line += this.#lineEnds.count(batch.memory.bytes, start, scanner.recordEnd)
    return scanner.next
  }

  /** Padding makes cells out of nothing: the only way in which a chunk can have more cells than the memory. */
  #hasRoomForPadding(batch: RecordBatch, byteCount: number): boolean {
    const freeCells = batch.memory.cells.length / 2 - batch.cellCount
    return batch.rowCount === 0 || freeCells > Math.max(this.#columnCount, byteCount + 1)
  }

  /** An incomplete record is given again with more bytes behind it, unless it is certain to be too large. */
  #waitOrSkip(batch: RecordBatch, start: number, end: number, isLast: boolean): number {
    const byteCount = end - start - (this.#scanner.endsInCr ? 1 : 0)
    if (byteCount <= this.#maxRecordBytes) return start
    this.#failLargeHeader(batch.sourceOffset + start)
    this.#largeRecord = {
      skipper: new CsvRecordSkipper(this.#dialect, this.#lineEnds),
      byteStart: batch.sourceOffset + start,
    }
    return this.#passLargeRecord(batch, start, end, isLast)
  }

  #passLargeRecord(batch: RecordBatch, start: number, end: number, isLast: boolean): number {
    const { skipper, byteStart } = this.#largeRecord!
    const next = skipper.pass(batch.memory.bytes, start, end, isLast)
    if (!skipper.isDone) return next
    this.#largeRecord = null
    if (skipper.isInQuotes) {
      this.#endInQuotes(batch, {
        recordStart: byteStart,
        recordEnd: byteStart + skipper.byteCount,
        quoteByte: byteStart + skipper.bytesBeforeQuote,
        quoteLine: this.line + skipper.linesBeforeQuote,
      })
    } else {
      this.#rejectLarge(batch, byteStart, skipper.byteCount)
    }
    this.line += 1 + skipper.quotedLineEndCount
    return next
  }

  /** Accepts the record that the scanner holds, or rejects it for its first reason. */
  #takeRecord(batch: RecordBatch, start: number): void {
    const scanner = this.#scanner
    const { bytes } = batch.memory
    const { fieldCount, recordEnd } = scanner
    if (scanner.fault !== null) {
      this.#reject(batch, scanner.fault, describeFault(scanner, bytes, this.#dialect), start)
    } else if (fieldCount !== this.#columnCount && this.#columnCount >= 0 && !this.#acceptsRagged(fieldCount)) {
      const model = this.#source.hasHeader ? 'header' : 'first record'
      this.#reject(batch, 'FIELD_COUNT', describeFieldCount(fieldCount, this.#columnCount, model), start)
    } else if (this.#checksEachRecord && !isUtf8(bytes.subarray(start, recordEnd))) {
      this.#reject(batch, 'INVALID_UTF8', INVALID_UTF8_MESSAGE, start)
    } else {
      if (this.#shape === null) this.#useShape(batch, createNumberedShape(fieldCount))
      this.#addRow(batch, start)
    }
  }

  #acceptsRagged(fieldCount: number): boolean {
    return this.#source.ragged === (fieldCount < this.#columnCount ? 'pad' : 'truncate')
  }

  #addRow(batch: RecordBatch, start: number): void {
    const row = batch.rowCount
    batch.rowFirstCell[row] = batch.cellCount
    batch.rowShape[row] = this.#shapeIndex
    batch.rowStart[row] = start
    batch.rowEnd[row] = this.#scanner.recordEnd
    batch.rowRecord[row] = ++this.recordCount - batch.recordBase
    batch.rowLine[row] = this.line - batch.lineBase
    batch.rowCount = row + 1
    this.notices.quotesInUnquotedFields += this.#scanner.literalQuoteCount
    if (this.#scanner.fieldCount < this.#columnCount) this.notices.paddedRecords++
    else if (this.#scanner.fieldCount > this.#columnCount) this.notices.truncatedRecords++
    for (let field = this.#scanner.fieldCount; field < this.#columnCount; field++) {
      const word = 2 * (batch.cellCount + field)
      batch.memory.cells[word] = this.#scanner.recordEnd
      batch.memory.cells[word + 1] = packCell(CELL_TEXT, 0)
    }
    batch.cellCount += this.#columnCount
  }

  #useShape(batch: RecordBatch, shape: Shape): void {
    this.#shape = shape
    this.#shapeIndex = batch.useShape(shape)
    this.#columnCount = shape.keys.length
  }

  #takeHeader(batch: RecordBatch, start: number): void {
    const headerBytes = batch.memory.bytes.subarray(start, this.#scanner.recordEnd)
    this.notices.quotesInUnquotedFields += this.#scanner.literalQuoteCount
    const known = findKnownHeader(this.#dialect, headerBytes)
    if (known !== null) {
      this.notices.renamedColumns += known.renamedCount
      this.#useShape(batch, known.shape)
      return
    }
    const mayRename = this.#source.duplicateColumns === 'rename'
    const place = this.#placeOf(batch.sourceOffset + start)
    const scanned = { batch, dialect: this.#dialect, scanner: this.#scanner, start, place }
    const { names, renamedCount } = readHeader(scanned, mayRename)
    this.notices.renamedColumns += renamedCount
    const shape = createTableShape(names)
    keepHeader(this.#dialect, headerBytes, shape, renamedCount)
    this.#useShape(batch, shape)
  }

  #endInQuotes(batch: RecordBatch, open: OpenQuote): void {
    const byteCount = open.recordEnd - open.recordStart
    const message = describeOpenQuote(open.quoteByte, open.quoteLine)
    const isHeader = this.#shape === null && this.#source.hasHeader
    if (byteCount > this.#maxRecordBytes) this.#failLargeHeader(open.recordStart)
    if (this.#source.unterminatedQuote === 'fail') {
      throw new MigrationError('UNTERMINATED_QUOTE', message, {
        phase: 'parse',
        hint: 'the file looks truncated; --unterminated-quote reject rejects only that record',
        position: {
          file: this.#file,
          ...(isHeader ? {} : { record: this.recordCount + 1 }),
          line: this.line,
          byte: open.recordStart,
        },
      })
    }
    if (isHeader) throw malformedHeader(message, this.#placeOf(open.recordStart))
    const { recordStart: byteStart, recordEnd: byteEnd } = open
    const hasRaw = byteCount <= this.#maxRecordBytes
    this.#addReject(batch, 'UNTERMINATED_QUOTE', message, { byteStart, byteEnd, hasRaw })
  }

  #rejectLarge(batch: RecordBatch, byteStart: number, byteCount: number): void {
    this.#failLargeHeader(byteStart)
    const message = describeTooLarge(byteCount, this.#maxRecordBytes)
    this.#addReject(batch, 'RECORD_TOO_LARGE', message, { byteStart, byteEnd: byteStart + byteCount, hasRaw: false })
  }

  #reject(batch: RecordBatch, code: ErrorCode, message: string, start: number): void {
    const byteStart = batch.sourceOffset + start
    const byteEnd = batch.sourceOffset + this.#scanner.recordEnd
    this.#addReject(batch, code, message, { byteStart, byteEnd, hasRaw: true })
  }

  #addReject(batch: RecordBatch, code: ErrorCode, message: string, place: RejectPlace): void {
    this.recordCount++
    batch.rejects.push({ code, message, record: this.recordCount, line: this.line, ...place })
  }

  #failLargeHeader(byteStart: number): void {
    if (this.#shape !== null || !this.#source.hasHeader) return
    throw malformedHeader(`it is longer than --max-record-size ${this.#maxRecordBytes}`, this.#placeOf(byteStart))
  }

  #placeOf(byte: number): HeaderPlace {
    return { file: this.#file, line: this.line, byte }
  }
}
