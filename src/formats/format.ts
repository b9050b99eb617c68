import type { BatchMemory } from '../batch/batch-memory.ts'
import type { OutputBuffer } from '../batch/output-buffer.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import type { Key } from '../batch/shape.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import type { NoticeCounts } from '../model/task-result.ts'
import type { Sample } from './sample.ts'

/** Parses the bytes of one source file into batches. Holds the state between chunks; does no input or output. */
export interface RecordReader {
  /** Records seen so far, accepted or rejected. */
  readonly recordCount: number
  readonly notices: NoticeCounts
  /**
   * Parses records from [start, end) of the batch memory, in order, until the bytes hold no further complete record or the
   * batch is full. `batch.sourceOffset` is set by the caller.
   * @param isLast no bytes follow: an incomplete record at the end is then complete, or an error.
   * @returns the position up to which bytes are consumed. The caller keeps the rest and calls again with more bytes behind it
   *   (or the same bytes when the batch was full). With `isLast` and a batch that is not full, everything is consumed.
   * @throws MigrationError where the whole file fails.
   */
  parse(batch: RecordBatch, start: number, end: number, isLast: boolean): number
}

/**
 * A reader that can go on in the middle of a file. From some record on it needs to know of all that came before only what is the
 * same for the whole file (its columns, its line ends) and two numbers: the number of the record and its line.
 */
export interface SplittableReader extends RecordReader {
  /**
   * @param limit a position: records and lines that start at or behind it are left. The one before it is taken to its end, so
   *   the position returned may lie behind `limit`; the next record then starts there, if `isBetweenRecords`.
   */
  parse(batch: RecordBatch, start: number, end: number, isLast: boolean, limit?: number): number
  /** True where the position that `parse` returned starts a record or a line, and is not somewhere in one. */
  readonly isBetweenRecords: boolean
  /** True where `resume` is possible: everything is known that holds for the whole file. */
  readonly isSettled: boolean
  /** The line that the next byte belongs to. */
  readonly line: number
  /**
   * Goes on at another place of the file, which begins a record. Notices are counted anew.
   * @param recordCount records before that place, @param line its line.
   */
  resume(recordCount: number, line: number): void
  /**
   * Guesses which record starts first at or behind `start + 1`, from bytes that begin anywhere in the file; `start` is inside the
   * input region, and its byte may be changed. A wrong guess costs time and no more: whoever guesses compares it with the truth.
   * @returns a position, or null where the bytes do not show one.
   */
  guessRecordStart(memory: BatchMemory, start: number, end: number): number | null
}

/** Encodes batches as the bytes of one target file. Does no input or output but through the OutputBuffer. */
export interface RecordWriter {
  /**
   * Takes note of the columns in a batch, before `write`.
   * @returns false where a column came too late: bytes have been written that should have had it. The caller then shows
   *   all further batches of the file here, and starts again with a writer made with `columns`.
   */
  learnColumns(batch: RecordBatch): boolean
  /** All columns learnt, in the order of first sight. */
  readonly columns: readonly Key[]
  /** Encodes all rows that are not rejected, in order. Rows that the target cannot express are rejected in the batch. */
  write(batch: RecordBatch, output: OutputBuffer): void
  /** Goes on in a target that has rows already: what comes before the first row goes to `discarded`. */
  continueBehindRows(discarded: OutputBuffer): void
  /** Completes the target: closing bytes, and opening bytes where no record came. */
  finish(output: OutputBuffer): void
}

/** A Duplex of node:stream: the public declarations stand without the types of Node. */
export type StreamStage = object

/** How the stream engine reads and writes a format. */
export interface FormatStreams {
  /** Streams that take the text of a file and give an object (of a table without a header: an array of fields) per record. */
  parse(plan: DataPlan, onReject: () => void): readonly StreamStage[]
  /** Streams that turn objects into the bytes of the target. */
  encode(plan: DataPlan): readonly StreamStage[]
}

/**
 * A format: one object in the registry, which owns everything that is known of the format. The engine asks it and never compares
 * names of formats.
 */
export interface Format {
  readonly name: FormatName
  /** What it is also called, in lower case and without what is no letter: for hints. */
  readonly aliases: readonly string[]
  /** Of sources: without the dot, in lower case. Targets get the name. */
  readonly extensions: readonly string[]
  /**
   * True for a table: all records of a file have the same columns, and values of sources are text. False where each record has
   * names of its own.
   */
  readonly isTable: boolean
  /** What of the plan decides how its sources are read: a part of the plan hash. */
  sourceSettings(plan: DataPlan): object | null
  /** What of the plan decides how its targets are written: a part of the plan hash. */
  targetSettings(plan: DataPlan): object | null
  /**
   * Of a format of a third party: looks at what is given for options of its own (`--format-option NAME.KEY=VALUE`). The plan holds the
   * same text in `formats[name]`, where nothing is given nothing. What of it decides bytes belongs into the settings above. Missing: the
   * format has no options.
   * @throws Error whose message says what is wrong, without the name of the format.
   */
  checkOptions?(given: Readonly<Record<string, string>>): void
  /** Characters by their codes that no null text (`--nullstr`) of its targets may hold; -1 counts for nothing. */
  reservedInNullText?(plan: DataPlan): readonly number[]
  /** True where NUL bytes in its sources are no sign of another encoding. */
  separatesByNul?(plan: DataPlan): boolean
  /**
   * Fails a source that certainly is something else, by its first bytes.
   * @param start LOOKED_AT_BYTES at most, as they are in the file, @param isWhole whether they are all of it.
   * @throws MigrationError
   */
  refuseStart?(start: Uint8Array, isWhole: boolean, plan: DataPlan, file: string): void
  /**
   * Where the last record ends that ends within bytes from the start of a file, for the samples of `migrate bench`. Missing where a
   * file cannot be cut.
   * @param quote the byte of `--quote`; null: none.
   */
  findRecordEnd?(head: Uint8Array, quote: number | null): number
  /**
   * What probably is wrong with a source that failed or had rejects, and the option that reads it without a loss.
   * @param code of the failure, or of rejects. @returns null where nothing that helps is known.
   */
  advise?(sample: Sample, plan: DataPlan, code: string): string | null
  /** For `--engine stream`: loads the libraries that most people would read and write the format with. */
  loadStreams?(): Promise<FormatStreams>
  createReader(plan: DataPlan, file: string): RecordReader
  /** For formats whose files can be split: the same reader. */
  createSplittableReader?(plan: DataPlan, file: string): SplittableReader
  /** @param columns the columns of the file where they are known beforehand (the second pass of NDJSON to CSV). */
  createWriter(plan: DataPlan, columns?: readonly Key[]): RecordWriter
}

export function noNotices(): NoticeCounts {
  return {
    blankLines: 0,
    commentLines: 0,
    skippedLines: 0,
    quotesInUnquotedFields: 0,
    renamedColumns: 0,
    paddedRecords: 0,
    truncatedRecords: 0,
  }
}

export const NOTICE_NAMES = Object.keys(noNotices()) as readonly (keyof NoticeCounts)[]

/** The notices among other counts. */
export function pickNotices(counts: NoticeCounts): NoticeCounts {
  const notices = noNotices()
  for (const name of NOTICE_NAMES) notices[name] = counts[name]
  return notices
}
