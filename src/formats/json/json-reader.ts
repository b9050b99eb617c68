import type { RecordBatch } from '../../batch/record-batch.ts'
import type { DataPlan } from '../../model/data-plan.ts'
import type { NoticeCounts } from '../../model/task-result.ts'
import { MARK_UNKNOWN, passByteOrderMark } from '../byte-order-mark.ts'
import { noNotices } from '../format.ts'
import type { RecordReader } from '../format.ts'
import { NdjsonReader } from '../ndjson/ndjson-reader.ts'
import { LINE_FEED, OPEN_BRACKET, isWhiteSpace } from './text/json-bytes.ts'
import { JsonRecordParser } from './records/json-record-parser.ts'
import { JsonValueReader } from './json-value-reader.ts'

// A .json file is one array of records, or records one after another. Which of them, and whether there is one a line, its first
// line tells; the reading is then done by one of two readers.

/** Reads one JSON source file. */
export class JsonReader implements RecordReader {
  readonly #plan: DataPlan
  readonly #file: string
  #isAtStart = true
  /** The reader for the kind of file, once it is known. */
  #reader: RecordReader | null = null
  #line = 1
  #blankLines = 0
  #hasLineBytes = false

  constructor(plan: DataPlan, file: string) {
    this.#plan = plan
    this.#file = file
  }

  get recordCount(): number {
    return this.#reader?.recordCount ?? 0
  }

  get notices(): NoticeCounts {
    return this.#reader?.notices ?? noNotices()
  }

  parse(batch: RecordBatch, start: number, end: number, isLast: boolean): number {
    const { bytes } = batch.memory
    // A line feed behind the last byte ends every scan; what stands there is not the reader's and is put back.
    const behindEnd = bytes[end]!
    bytes[end] = LINE_FEED
    try {
      const position = this.#reader === null ? this.#chooseReader(batch, start, end, isLast) : start
      return this.#reader === null ? position : this.#reader.parse(batch, position, end, isLast)
    } finally {
      bytes[end] = behindEnd
    }
  }

  /** Consumes white space and sets `reader` as soon as the first line, or enough of it, is there. */
  #chooseReader(batch: RecordBatch, start: number, end: number, isLast: boolean): number {
    const { bytes } = batch.memory
    let position = this.#isAtStart ? passByteOrderMark(bytes, start, end, isLast, this.#file) : start
    if (position === MARK_UNKNOWN) return start
    this.#isAtStart = false
    position = this.#skipBlankLines(bytes, position, end)
    if (position === end && !isLast) return position
    if (bytes[position] === OPEN_BRACKET && position < end) {
      this.#reader = new JsonValueReader(this.#plan, this.#file, true, this.#line)
      return position
    }
    const lineFeed = bytes.subarray(position, end).indexOf(LINE_FEED)
    const lineEnd = lineFeed < 0 ? end : position + lineFeed
    const isTooLong = lineEnd - position > this.#plan.maxRecordBytes
    if (lineFeed < 0 && !isLast && !isTooLong) return position
    const line = this.#line
    const blankLines = this.#blankLines
    const hasLineBytes = this.#hasLineBytes
    const hasRecordPerLine = position === end || (!isTooLong && this.#isValue(batch, position, lineEnd))
    this.#reader = hasRecordPerLine
      ? new NdjsonReader(this.#plan, this.#file, { line, blankLines, hasLineBytes })
      : new JsonValueReader(this.#plan, this.#file, false, line)
    return position
  }

  #isValue(batch: RecordBatch, start: number, end: number): boolean {
    const parser = new JsonRecordParser(this.#plan)
    parser.begin(batch)
    return parser.isValue(start, end)
  }

  #skipBlankLines(bytes: Uint8Array, position: number, end: number): number {
    for (; position < end && isWhiteSpace(bytes[position]); position++) {
      this.#hasLineBytes = bytes[position] !== LINE_FEED
      if (this.#hasLineBytes) continue
      this.#blankLines++
      this.#line++
    }
    return position
  }
}
