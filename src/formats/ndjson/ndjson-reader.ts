import type { BatchMemory } from '../../batch/batch-memory.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { DataPlan } from '../../model/data-plan.ts'
import type { NoticeCounts } from '../../model/task-result.ts'
import { noNotices } from '../format.ts'
import type { SplittableReader } from '../format.ts'
import { behindLine } from '../behind-line.ts'
import { MARK_UNKNOWN, passByteOrderMark } from '../byte-order-mark.ts'
import { LINE_FEED, isWhiteSpace, trimEnd } from '../json/text/json-bytes.ts'
import { RecordIntake } from '../json/records/record-intake.ts'

// Newline-delimited JSON: one record a line, and a bad line costs just that line. White space at the start of a line is consumed
// at once, so that blank lines of any length take no memory; a line that is too long is consumed as it comes, too.

/** How far another reader has consumed a source: over its byte order mark and white space only. */
interface ConsumedSpace {
  readonly line: number
  readonly blankLines: number
  /** Whether bytes of the present line are among it. */
  readonly hasLineBytes: boolean
}

/** Reads one NDJSON source file. */
export class NdjsonReader implements SplittableReader {
  readonly notices: NoticeCounts = noNotices()
  readonly #intake: RecordIntake
  readonly #file: string
  /** The line that the next byte belongs to. */
  line: number
  #isAtStart: boolean
  #hasLineBytes: boolean
  /** Offset in the source up to which the present line is known to have no end. */
  #scannedOffset = 0
  /** Where in the source the text of a line that is too long starts, and ends as far as it was seen; -1: no such line. */
  #oversizedStart = -1
  #oversizedEnd = -1

  /** @param consumed where another reader has begun with the source. */
  constructor(plan: DataPlan, file: string, consumed?: ConsumedSpace) {
    this.#intake = new RecordIntake(plan, file, false)
    this.#file = file
    this.#isAtStart = consumed === undefined
    this.line = consumed?.line ?? 1
    this.#hasLineBytes = consumed?.hasLineBytes ?? false
    this.notices.blankLines = consumed?.blankLines ?? 0
  }

  get recordCount(): number {
    return this.#intake.recordCount
  }

  get isBetweenRecords(): boolean {
    return !this.#hasLineBytes && this.#oversizedStart < 0
  }

  get isSettled(): boolean {
    return !this.#isAtStart && this.isBetweenRecords
  }

  resume(recordCount: number, line: number): void {
    this.#intake.recordCount = recordCount
    this.line = line
    Object.assign(this.notices, noNotices())
    this.#hasLineBytes = false
    this.#scannedOffset = 0
    this.#oversizedStart = -1
  }

  /** Lines end at line feeds and nowhere else, so this guess is always right. */
  guessRecordStart({ bytes }: BatchMemory, start: number, end: number): number | null {
    return behindLine(bytes, start, end)
  }

  parse(batch: RecordBatch, start: number, end: number, isLast: boolean, limit = end): number {
    const { bytes } = batch.memory
    let position = this.#isAtStart ? passByteOrderMark(bytes, start, end, isLast, this.#file) : start
    if (position === MARK_UNKNOWN) return start
    this.#isAtStart = false
    this.#intake.begin(batch, position, Math.max(position, Math.min(end, limit)), this.line)
    // A line feed behind the last byte ends every scan; what stands there is not the reader's and is put back.
    const behindEnd = bytes[end]!
    bytes[end] = LINE_FEED
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, end)
    while (position < end && !batch.isFull && (position < limit || !this.isBetweenRecords)) {
      position = this.#takeRegularLines(batch, position)
      if (position === end || batch.isFull || (position >= limit && this.isBetweenRecords)) break
      const next = this.#takeLine(batch, text, position, isLast)
      if (next < 0) break
      position = next
    }
    bytes[end] = behindEnd
    if (isLast && position === end && this.#hasLineBytes) this.#endBlankLine()
    return position
  }

  /** Takes as many whole lines as the kernels can, where `position` begins one. Returns the position behind the last of them. */
  #takeRegularLines(batch: RecordBatch, position: number): number {
    if (this.#hasLineBytes || this.#oversizedStart >= 0) return position
    const next = this.#intake.takeRegular(batch, position, this.line, LINE_FEED)
    this.line += this.#intake.regularLineCount
    return next
  }

  /** Takes what is left of a line from `position` on. Returns the position behind it, or -1 where more bytes must come first. */
  #takeLine(batch: RecordBatch, text: Buffer, position: number, isLast: boolean): number {
    if (this.#oversizedStart >= 0) return this.#skipOversized(batch, text, position, isLast)
    const { bytes } = batch.memory
    const end = text.length
    let first = position
    while (bytes[first] !== LINE_FEED && isWhiteSpace(bytes[first])) first++
    if (first > position) this.#hasLineBytes = true
    if (first === end) return first
    if (bytes[first] === LINE_FEED) {
      this.#endBlankLine()
      return first + 1
    }
    let lineEnd = text.indexOf(LINE_FEED, Math.max(first, this.#scannedOffset - batch.sourceOffset))
    if (lineEnd < 0) {
      this.#scannedOffset = batch.sourceOffset + end
      if (this.#intake.isTooLarge(bytes, first, end)) {
        this.#oversizedStart = batch.sourceOffset + first
        return this.#skipOversized(batch, text, first, isLast)
      }
      if (!isLast) return first > position ? first : -1
      lineEnd = end
    }
    this.#intake.take(batch, first, lineEnd, this.line)
    this.#endLine()
    return Math.min(lineEnd + 1, end)
  }

  /** Passes over a line that is too long to be held. */
  #skipOversized(batch: RecordBatch, text: Buffer, position: number, isLast: boolean): number {
    const lineFeed = text.indexOf(LINE_FEED, position)
    const end = lineFeed < 0 ? text.length : lineFeed
    const textEnd = trimEnd(text, position, end)
    if (textEnd > position) this.#oversizedEnd = batch.sourceOffset + textEnd
    if (lineFeed < 0 && !isLast) return end
    this.#intake.rejectTooLarge(batch, this.#oversizedStart, this.#oversizedEnd, this.line)
    this.#oversizedStart = -1
    this.#endLine()
    return Math.min(end + 1, text.length)
  }

  #endBlankLine(): void {
    this.notices.blankLines++
    this.#endLine()
  }

  #endLine(): void {
    this.line++
    this.#hasLineBytes = false
  }
}
