import { isUtf8 } from 'node:buffer'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import { MigrationError } from '../../../errors/migration-error.ts'
import type { DataPlan } from '../../../model/data-plan.ts'
import { wholeUtf8End } from '../../utf8-end.ts'
import { regularRecordsOf } from './regular-records.ts'
import type { RegularRecords } from './regular-records.ts'
import { CARRIAGE_RETURN, LINE_FEED, trimEnd } from '../text/json-bytes.ts'
import type { JsonFault } from '../text/json-fault.ts'
import { JsonRecordParser } from './json-record-parser.ts'
import type { RecordLayout } from '../shapes/shape-node.ts'

/** Takes the texts of records into a batch, as rows or as rejects, and counts them. One serves one source file. */
export class RecordIntake {
  /** Records taken so far, accepted or rejected. */
  recordCount = 0
  /** Line feeds that the last `takeRegular` passed. */
  regularLineCount = 0
  readonly #plan: DataPlan
  readonly #parser: JsonRecordParser
  /** Null where kernels cannot help. */
  #regularRecords: RegularRecords | null = null
  readonly #file: string
  readonly #maxRecordBytes: number
  readonly #syntaxFailsFile: boolean
  /** The chunk without a character that it may have cut in two. */
  #chunkStart = 0
  #chunkEnd = 0
  /** Whether all of that is valid UTF-8; null: not looked at yet. */
  #chunkIsUtf8: boolean | null = null
  #lastLayout: RecordLayout | null = null
  #lastShape = 0

  /** @param syntaxFailsFile true where the end of a text is only known as far as it is valid JSON. */
  constructor(plan: DataPlan, file: string, syntaxFailsFile: boolean) {
    this.#plan = plan
    this.#parser = new JsonRecordParser(plan)
    this.#file = file
    this.#maxRecordBytes = plan.maxRecordBytes
    this.#syntaxFailsFile = syntaxFailsFile
  }

  /** Prepares for texts in [start, end) of the batch memory; `line` is the line that `start` lies in. */
  begin(batch: RecordBatch, start: number, end: number, line: number): void {
    this.#parser.begin(batch)
    this.#chunkStart = start
    this.#chunkEnd = wholeUtf8End(batch.memory.bytes, start, end)
    this.#chunkIsUtf8 = null
    this.#lastLayout = null
    this.#regularRecords = regularRecordsOf(batch, this.#plan)
    this.#regularRecords?.begin()
    if (batch.rowCount > 0) return
    batch.recordBase = this.recordCount
    batch.lineBase = line
  }

  /**
   * Takes all texts from `start` on that the kernels can take; to be asked before each text that is given to `take`.
   * `start` begins a line, or stands before the element of an array.
   * @param separator what ends each text: a line feed, or the comma of an array.
   * @returns the position behind the last separator, or `start`.
   */
  takeRegular(batch: RecordBatch, start: number, line: number, separator: number): number {
    const regularRecords = this.#regularRecords
    this.regularLineCount = 0
    if (regularRecords === null || !regularRecords.isWorthwhile() || !this.#isChunkText(batch.memory.bytes))
      return start
    const record = this.recordCount + 1 - batch.recordBase
    const ahead = { record, line: line - batch.lineBase, separator }
    const position = regularRecords.take(batch, start, this.#chunkEnd, ahead)
    this.recordCount += regularRecords.rowCount
    this.regularLineCount = regularRecords.lineCount
    return position
  }

  /**
   * Takes the text from `start`, its first token, to `end`, which white space may stand before: as a row or as a reject.
   * What must hold at `end`, JsonRecordParser.parse says.
   * @throws MigrationError JSON_SYNTAX where that fails the file.
   */
  take(batch: RecordBatch, start: number, end: number, line: number): void {
    this.#regularRecords?.yieldRecord()
    if (this.isTooLarge(batch.memory.bytes, start, end)) {
      const textEnd = trimEnd(batch.memory.bytes, start, end)
      this.rejectTooLarge(batch, batch.sourceOffset + start, batch.sourceOffset + textEnd, line)
      return
    }
    const firstCell = batch.cellCount
    const isText = this.#isText(batch.memory.bytes, start, end)
    const textEnd = isText ? this.#parser.parse(batch, start, end) : -1
    if (textEnd < 0) {
      this.#refuse(batch, isText ? this.#parser.fault! : INVALID_UTF8, start, end, line)
      return
    }
    const row = batch.rowCount++
    batch.rowFirstCell[row] = firstCell
    batch.rowShape[row] = this.#shapeIndex(batch)
    batch.rowStart[row] = start
    batch.rowEnd[row] = textEnd
    batch.rowRecord[row] = ++this.recordCount - batch.recordBase
    batch.rowLine[row] = line - batch.lineBase
    this.#regularRecords?.learn(batch, this.#lastLayout!)
  }

  /** Whether the text [start, end) is longer than records may be. A CR at its end is half of a line end and does not count. */
  isTooLarge(bytes: Uint8Array, start: number, end: number): boolean {
    const byteCount = end - start
    return (
      byteCount > this.#maxRecordBytes + 1 || (byteCount > this.#maxRecordBytes && bytes[end - 1] !== CARRIAGE_RETURN)
    )
  }

  /** Rejects a record whose bytes are not in the memory any more, or are too many to be kept. Offsets are those of the source. */
  rejectTooLarge(batch: RecordBatch, byteStart: number, byteEnd: number, line: number): void {
    const message = `the record is longer than ${this.#maxRecordBytes} bytes; --max-record-size sets the limit`
    const record = ++this.recordCount
    batch.rejects.push({ code: 'RECORD_TOO_LARGE', message, record, line, byteStart, byteEnd, hasRaw: false })
  }

  #refuse(batch: RecordBatch, fault: JsonFault, start: number, end: number, line: number): void {
    const { bytes } = batch.memory
    if (this.#syntaxFailsFile) this.#throwOnSyntax(batch, fault, start, end, line)
    const { code, message, column } = this.#orSyntax(fault, start, end)
    batch.rejects.push({
      code,
      message,
      record: ++this.recordCount,
      line,
      byteStart: batch.sourceOffset + start,
      byteEnd: batch.sourceOffset + trimEnd(bytes, start, end),
      ...(column === undefined ? {} : { column }),
      hasRaw: true,
    })
  }

  /** A value that is no object was not looked at to its end: where it is no JSON, that is its fault. */
  #orSyntax(fault: JsonFault, start: number, end: number): JsonFault {
    if (fault.code !== 'NOT_AN_OBJECT' || this.#parser.isValue(start, end)) return fault
    return this.#parser.fault?.code === 'JSON_SYNTAX' ? this.#parser.fault : fault
  }

  #throwOnSyntax(batch: RecordBatch, fault: JsonFault, start: number, end: number, line: number): void {
    // These two are found without a look at the rest of the text.
    const isUnread = fault.code === 'NOT_AN_OBJECT' || fault === INVALID_UTF8
    const found = isUnread && !this.#parser.isValue(start, end) ? this.#parser.fault! : fault
    if (found.code !== 'JSON_SYNTAX') return
    const byte = found.byte!
    const before = batch.memory.bytes.subarray(start, byte - batch.sourceOffset)
    const position = { record: this.recordCount + 1, line: line + countLineFeeds(before), byte }
    throw syntaxError(this.#file, found.message, position)
  }

  #isText(bytes: Uint8Array, start: number, end: number): boolean {
    return (this.#isChunkText(bytes) && end <= this.#chunkEnd) || isUtf8(bytes.subarray(start, end))
  }

  #isChunkText(bytes: Uint8Array): boolean {
    return (this.#chunkIsUtf8 ??= isUtf8(bytes.subarray(this.#chunkStart, this.#chunkEnd)))
  }

  #shapeIndex(batch: RecordBatch): number {
    const layout = this.#parser.layout!
    if (layout !== this.#lastLayout) {
      this.#lastLayout = layout
      this.#lastShape = batch.useShape(layout.shape)
    }
    return this.#lastShape
  }
}

const INVALID_UTF8: JsonFault = {
  code: 'INVALID_UTF8',
  message: 'the record is not valid UTF-8; --encoding names the encoding of the source',
}

/** The failure of a file whose text is not JSON. */
export function syntaxError(
  file: string,
  message: string,
  position: { record: number; line: number; byte: number },
): MigrationError {
  return new MigrationError('JSON_SYNTAX', message, {
    phase: 'parse',
    hint: 'mend the file there: behind a syntax error nobody can say where the next record starts',
    position: { file, ...position },
  })
}

function countLineFeeds(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => count + (byte === LINE_FEED ? 1 : 0), 0)
}
