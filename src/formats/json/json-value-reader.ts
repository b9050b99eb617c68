import type { RecordBatch } from '../../batch/record-batch.ts'
import type { MigrationError } from '../../errors/migration-error.ts'
import type { DataPlan } from '../../model/data-plan.ts'
import type { NoticeCounts } from '../../model/task-result.ts'
import { noNotices } from '../format.ts'
import type { RecordReader } from '../format.ts'
import { CLOSE_BRACKET, COMMA, LINE_FEED, OPEN_BRACKET, isWhiteSpace } from './text/json-bytes.ts'
import { RecordIntake, syntaxError } from './records/record-intake.ts'
import { ValueBoundary } from './text/value-boundary.ts'

// JSON values that may span lines: the elements of one array, or values one after another. Where the text is not JSON nobody can
// say where the next value starts, so a syntax error fails the file; anything wrong with a value that is JSON is a reject.

/** What must come next. */
type Expected = 'array' | 'first element or end' | 'element' | 'comma or end' | 'value' | 'nothing'

/** Reads one source file that is an array of records or a sequence of them. */
export class JsonValueReader implements RecordReader {
  readonly notices: NoticeCounts = noNotices()
  readonly #intake: RecordIntake
  readonly #boundary: ValueBoundary
  readonly #maxRecordBytes: number
  readonly #file: string
  #expected: Expected
  #line: number
  /** Where the value in work starts in the source, and how far its end was looked for; -1: no value. */
  #valueStart = -1
  #searchedOffset = 0
  /** Whether bytes of the value in work were let go because it is too large. */
  #isOversized = false

  /** @param line the line that the first byte given to `parse` lies in; no white space before it is missed. */
  constructor(plan: DataPlan, file: string, isArray: boolean, line: number) {
    this.#intake = new RecordIntake(plan, file, true)
    this.#boundary = new ValueBoundary(isArray)
    this.#maxRecordBytes = plan.maxRecordBytes
    this.#file = file
    this.#expected = isArray ? 'array' : 'value'
    this.#line = line
  }

  get recordCount(): number {
    return this.#intake.recordCount
  }

  parse(batch: RecordBatch, start: number, end: number, isLast: boolean): number {
    const { bytes } = batch.memory
    this.#intake.begin(batch, start, end, this.#line)
    let position = start
    while (position < end && !batch.isFull) {
      if (this.#valueStart < 0) {
        const byte = bytes[position]!
        if (isWhiteSpace(byte)) {
          if (byte === LINE_FEED) this.#line++
          position++
          continue
        }
        if (this.#passDelimiter(byte, batch.sourceOffset + position)) {
          position++
          continue
        }
        if (this.#expected !== 'value') {
          const next = this.#takeRegularElements(batch, position)
          if (next > position) {
            position = next
            continue
          }
        }
        this.#valueStart = batch.sourceOffset + position
        this.#searchedOffset = this.#valueStart
        this.#boundary.begin(byte)
      }
      const next = this.#takeValue(batch, position, end, isLast)
      if (next < 0) break
      position = next
    }
    const mayEnd = this.#expected === 'nothing' || this.#expected === 'value'
    if (isLast && position === end && !mayEnd) {
      throw this.#failure('the array is not closed: the file looks truncated', batch.sourceOffset + end)
    }
    return position
  }

  /** Passes over a byte that belongs to the array itself. False where a value begins instead. */
  #passDelimiter(byte: number, offset: number): boolean {
    const mayClose = this.#expected === 'first element or end' || this.#expected === 'comma or end'
    if (this.#expected === 'array' && byte === OPEN_BRACKET) this.#expected = 'first element or end'
    else if (mayClose && byte === CLOSE_BRACKET) this.#expected = 'nothing'
    else if (this.#expected === 'comma or end' && byte === COMMA) this.#expected = 'element'
    else if (this.#expected === 'comma or end') throw this.#failure('a comma or a closing bracket is expected', offset)
    else if (this.#expected === 'nothing') throw this.#failure('something follows the array', offset)
    else return false
    return true
  }

  /** Takes elements with the commas behind them, as many as the kernels can. Returns the position behind the last comma. */
  #takeRegularElements(batch: RecordBatch, position: number): number {
    const next = this.#intake.takeRegular(batch, position, this.#line, COMMA)
    this.#line += this.#intake.regularLineCount
    if (next > position) this.#expected = 'element'
    return next
  }

  /**
   * Goes on with the value in work, whose bytes in the memory begin at `position`.
   * @returns how far its bytes are consumed: behind it, or up to `end` where it is too large; -1 where more must come first.
   */
  #takeValue(batch: RecordBatch, position: number, end: number, isLast: boolean): number {
    const { sourceOffset } = batch
    let valueEnd = this.#boundary.find(batch.memory.bytes, this.#searchedOffset - sourceOffset, end)
    this.#searchedOffset = sourceOffset + end
    if (valueEnd < 0) {
      if (isLast) {
        if (!this.#boundary.mayEndWithSource)
          throw this.#failure('a value is not closed: the file looks truncated', sourceOffset + end)
        valueEnd = end
      } else {
        this.#isOversized ||= end - position > this.#maxRecordBytes
        return this.#isOversized ? end : -1
      }
    }
    if (this.#isOversized) this.#intake.rejectTooLarge(batch, this.#valueStart, sourceOffset + valueEnd, this.#line)
    else this.#intake.take(batch, position, valueEnd, this.#line)
    this.#line += this.#boundary.lineFeedCount
    this.#valueStart = -1
    this.#isOversized = false
    if (this.#expected !== 'value') this.#expected = 'comma or end'
    return valueEnd
  }

  #failure(problem: string, byte: number): MigrationError {
    const position = { record: this.recordCount + 1, line: this.#line + this.#openLineFeeds, byte }
    return syntaxError(this.#file, `not valid JSON: ${problem} at byte ${byte}`, position)
  }

  /** Line feeds in the value in work, as far as it was searched. */
  get #openLineFeeds(): number {
    return this.#valueStart < 0 ? 0 : this.#boundary.lineFeedCount
  }
}
