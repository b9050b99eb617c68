import { behindLine } from './behind-line.ts'
import { isUtf8 } from 'node:buffer'
import type { BatchMemory } from '../batch/batch-memory.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import type { Shape } from '../batch/shape.ts'
import type { ErrorCode } from '../errors/error-codes.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { NoticeCounts } from '../model/task-result.ts'
import { MARK_UNKNOWN, passByteOrderMark } from './byte-order-mark.ts'
import { noNotices, type SplittableReader } from './format.ts'

// For formats of one record a line: all of a reader but what is in the line. Lines end with LF or CR LF and nowhere else, so a file can
// be split at any of them. Blank lines are passed over; a line that is too long is consumed as it comes.

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** Why a line is no record. */
export interface LineFault {
  readonly code: ErrorCode
  readonly message: string
}

export abstract class LineReader implements SplittableReader {
  readonly notices: NoticeCounts = noNotices()
  recordCount = 0
  line = 1
  readonly #maxRecordBytes: number
  readonly #file: string
  #isAtStart = true
  /** Offset in the source up to which the present line is known to have no end. */
  #scannedOffset = 0
  /** Where in the source a line that is too long starts, and ends as far as it was seen; -1: no such line. */
  #oversizedStart = -1
  #oversizedEnd = -1

  constructor(plan: DataPlan, file: string) {
    this.#maxRecordBytes = plan.maxRecordBytes
    this.#file = file
  }

  /**
   * Reads one line, which is not empty, is valid UTF-8 and has its line end left out, into cells of the batch (`addCell`).
   * @returns the shape of as many names as there are cells, or why the line is no record.
   */
  protected abstract readLine(batch: RecordBatch, start: number, end: number): Shape | LineFault

  get isBetweenRecords(): boolean {
    return this.#oversizedStart < 0
  }

  get isSettled(): boolean {
    return !this.#isAtStart && this.isBetweenRecords
  }

  resume(recordCount: number, line: number): void {
    this.recordCount = recordCount
    this.line = line
    Object.assign(this.notices, noNotices())
    this.#scannedOffset = 0
    this.#oversizedStart = -1
  }

  guessRecordStart({ bytes }: BatchMemory, start: number, end: number): number | null {
    return behindLine(bytes, start, end)
  }

  parse(batch: RecordBatch, start: number, end: number, isLast: boolean, limit = end): number {
    const { bytes } = batch.memory
    let position = this.#isAtStart ? passByteOrderMark(bytes, start, end, isLast, this.#file) : start
    if (position === MARK_UNKNOWN) return start
    this.#isAtStart = false
    if (batch.rowCount === 0) {
      batch.recordBase = this.recordCount
      batch.lineBase = this.line
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, end)
    while (position < end && !batch.isFull && (position < limit || !this.isBetweenRecords)) {
      const next = this.isBetweenRecords
        ? this.#takeLine(batch, text, position, isLast)
        : this.#skipOversized(batch, text, position, isLast)
      if (next < 0) break
      position = next
    }
    return position
  }

  /** Returns the position behind the line, or -1 where more bytes must come first. */
  #takeLine(batch: RecordBatch, text: Buffer, start: number, isLast: boolean): number {
    let end = text.indexOf(LINE_FEED, Math.max(start, this.#scannedOffset - batch.sourceOffset))
    if (end < 0) {
      this.#scannedOffset = batch.sourceOffset + text.length
      if (this.#isTooLarge(text, start, text.length)) {
        this.#oversizedStart = batch.sourceOffset + start
        return this.#skipOversized(batch, text, start, isLast)
      }
      if (!isLast) return -1
      end = text.length
    }
    this.#takeRecord(batch, text, start, end > start && text[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
    this.line++
    return Math.min(end + 1, text.length)
  }

  #takeRecord(batch: RecordBatch, text: Buffer, start: number, end: number): void {
    if (start === end) {
      this.notices.blankLines++
      return
    }
    const from = batch.sourceOffset + start
    if (end - start > this.#maxRecordBytes) return this.#rejectTooLarge(batch, from, from + end - start)
    if (!isUtf8(text.subarray(start, end))) return this.#reject(batch, INVALID_UTF8, from, from + end - start, true)
    const firstCell = batch.cellCount
    const read = this.readLine(batch, start, end)
    if ('code' in read) {
      batch.cellCount = firstCell
      return this.#reject(batch, read, from, from + end - start, true)
    }
    const row = batch.rowCount++
    batch.rowFirstCell[row] = firstCell
    batch.rowShape[row] = batch.useShape(read)
    batch.rowStart[row] = start
    batch.rowEnd[row] = end
    batch.rowRecord[row] = ++this.recordCount - batch.recordBase
    batch.rowLine[row] = this.line - batch.lineBase
  }

  /** Passes over a line that is too long to be held. */
  #skipOversized(batch: RecordBatch, text: Buffer, position: number, isLast: boolean): number {
    const lineFeed = text.indexOf(LINE_FEED, position)
    const end = lineFeed < 0 ? text.length : lineFeed
    if (end > position) this.#oversizedEnd = batch.sourceOffset + (text[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
    if (lineFeed < 0 && !isLast) return end
    this.#rejectTooLarge(batch, this.#oversizedStart, this.#oversizedEnd)
    this.#oversizedStart = -1
    this.line++
    return Math.min(end + 1, text.length)
  }

  /** A CR at the end is half of a line end and does not count. */
  #isTooLarge(text: Buffer, start: number, end: number): boolean {
    return end - start - (text[end - 1] === CARRIAGE_RETURN ? 1 : 0) > this.#maxRecordBytes
  }

  #rejectTooLarge(batch: RecordBatch, byteStart: number, byteEnd: number): void {
    const message = `the record is longer than ${this.#maxRecordBytes} bytes; --max-record-size sets the limit`
    this.#reject(batch, { code: 'RECORD_TOO_LARGE', message }, byteStart, byteEnd, false)
  }

  #reject(batch: RecordBatch, fault: LineFault, byteStart: number, byteEnd: number, hasRaw: boolean): void {
    const record = ++this.recordCount
    batch.rejects.push({ ...fault, record, line: this.line, byteStart, byteEnd, hasRaw })
  }
}

const INVALID_UTF8: LineFault = {
  code: 'INVALID_UTF8',
  message: 'the record is not valid UTF-8; --encoding names the encoding of the source',
}
