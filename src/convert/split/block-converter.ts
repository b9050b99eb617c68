import { OutputBuffer } from '../../batch/output-buffer.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import { getFormat } from '../../formats/registry.ts'
import type { RecordWriter, SplittableReader } from '../../formats/format.ts'
import type { NoticeCounts } from '../../model/task-result.ts'
import type { ColumnWatch } from '../../map/column-watch.ts'
import { SourceReader } from '../../read/source-reader.ts'
import { atOnce } from '../../storage/answer.ts'
import { stopped, type FileWork } from '../file-work.ts'
import { inspectorOf } from '../open-source.ts'
import { Pipeline } from '../pipeline.ts'
import { createStages } from '../record-stages.ts'
import { timed, timedEncoding } from '../stage-timer.ts'
import { BlockStore, GuessGivenUp, type SplitFiles } from './block-store.ts'
import type { SplitTotals } from './split-board.ts'

/** How far a guess may lead behind its block: a quote that opens nothing would lead to the end of the file. */
const MOST_GUESSED_TAIL_BYTES = 1024 * 1024
/** Where a file is not settled by then, it is converted by one thread. */
const MOST_OPENING_BYTES = 16 * 1024 * 1024

/** The records of a block, converted; what it came to lies in the store and in the output region. */
export interface ConvertedBlock extends ConvertedPart {
  /** Where its first record starts. */
  readonly start: number
  readonly store: BlockStore
}

/** What the reader came to in a part of the file. */
interface ConvertedPart {
  /** Where the first record behind the block starts. */
  readonly end: number
  readonly recordCount: number
  readonly lineCount: number
  readonly notices: NoticeCounts
  readonly refusedByReader: number
  readonly filteredCount: number
}

/** What the reader begins a part with. */
type PartStart = Pick<SplitTotals, 'recordCount' | 'line' | 'refusedByReader'>

/** Of the file, and of a block that is begun with a guess: it counts for itself. */
const START_OF_FILE: PartStart = { recordCount: 0, line: 1, refusedByReader: 0 }

/** Thrown where a record has a column that is not in the header: the file must be begun again. */
export class LateColumn extends Error {}

/** Converts parts of one file. Each thread that takes part has one. */
export class BlockConverter {
  readonly source: SourceReader
  readonly reader: SplittableReader
  readonly #work: FileWork
  readonly #pipeline: Pipeline
  /** Knows all columns, and writes nothing before its first row. */
  #continuing: RecordWriter | null = null
  readonly #opening: RecordWriter
  readonly #output: OutputBuffer
  #store: BlockStore | null = null
  /** Of the part at hand. */
  #writer: RecordWriter
  /** Offset that must not be read past. */
  #furthest = Number.POSITIVE_INFINITY

  constructor(work: FileWork) {
    const { file, context } = work
    const { plan, batch } = context
    this.#work = work
    const reader = getFormat(file.format).createSplittableReader?.(plan, file.relativePath)
    if (reader === undefined) throw new Error(`${file.format} files cannot be split`)
    const { writer, map } = createStages(plan, file.format, file.relativePath)
    this.reader = reader
    this.#opening = writer
    this.#writer = writer
    this.#output = new OutputBuffer(batch.memory, (bytes, start, end) =>
      timed(work.stageNs, 'write', () => this.#store?.takeTarget(bytes, start, end)),
    )
    const opened = SourceReader.open(context.sourcesAt(file.sourcePath), file, batch.memory, {
      // A block and the byte before it, which may be a line end.
      chunkBytes: plan.chunkBytes + 1,
      encoding: plan.encoding,
      checksum: null,
      pace: context.pace?.wait,
      inspectStart: inspectorOf(file, plan),
    })
    this.source = atOnce(opened)
    const parts = { plan, batch, stageNs: work.stageNs, source: this.source, reader, map }
    this.#pipeline = new Pipeline(parts, {
      beforeRead: () => this.#checkRead(),
      take: () => this.#take(batch),
    })
  }

  get watch(): ColumnWatch {
    return this.#pipeline.watch
  }

  /**
   * Converts the start of the file, until any thread could go on behind it: at least its first block. A file that is not settled
   * soon is converted to its end.
   * @param store null: only learn what every thread must know, and write nothing.
   */
  convertOpening(store: BlockStore | null, blockBytes: number): ConvertedPart {
    const { reader, source } = this
    this.source.seek(0)
    this.#begin(START_OF_FILE, this.#opening, store)
    for (let limit = blockBytes; ; limit += blockBytes) {
      atOnce(this.#pipeline.step(limit))
      if (reader.isSettled && limit <= MOST_OPENING_BYTES) break
      if (source.isLast && source.start === source.end) break
    }
    return this.#endPart(START_OF_FILE)
  }

  /** Converts the records that start in [start of the totals, limit). @throws MigrationError, LateColumn. */
  convertFrom(totals: SplitTotals, limit: number, files: SplitFiles): ConvertedBlock {
    const store = new BlockStore(files, this.#work, totals)
    const start = totals.sourceOffset
    this.source.seek(start)
    this.#begin(totals, totals.targetBytes === 0 ? this.#createWriter() : this.#continuingWriter(), store)
    atOnce(this.#pipeline.step(limit))
    return { start, store, ...this.#endPart(totals) }
  }

  /**
   * Converts a block before it is known where its first record starts.
   * @returns null where there is nothing to guess from, or the guess led nowhere.
   */
  convertGuessed(blockStart: number, limit: number, files: SplitFiles): ConvertedBlock | null {
    const { source, reader } = this
    const work = this.#work
    const { memory } = work.context.batch
    source.seek(blockStart - 1)
    timed(work.stageNs, 'read', () => atOnce(source.fill(limit)))
    const guess = timed(work.stageNs, 'parse', () => reader.guessRecordStart(memory, source.start, source.end))
    if (guess === null || guess + source.sourceOffset >= limit) return null
    const start = guess + source.sourceOffset
    const store = new BlockStore(files, work, null)
    source.consume(guess)
    this.#begin(START_OF_FILE, this.#opening, store)
    try {
      this.#writer = this.#continuingWriter()
      this.#furthest = limit + MOST_GUESSED_TAIL_BYTES
      atOnce(this.#pipeline.step(limit))
      return { start, store, ...this.#endPart(START_OF_FILE) }
    } catch {
      // Whatever is wrong is looked at again from where the block really starts.
      return null
    }
  }

  /** Completes the target behind the last block. */
  finish(totals: SplitTotals, files: SplitFiles): SplitTotals {
    const store = new BlockStore(files, this.#work, totals)
    this.#output.position = this.#output.start
    this.#store = store
    const writer = totals.targetBytes === 0 ? this.#createWriter() : this.#continuingWriter()
    writer.finish(this.#output)
    this.#closeStore()
    this.writeRest(store, totals)
    return store.addTo(totals)
  }

  /** Writes what is left of the block that was converted last. */
  writeRest(store: BlockStore, totals: SplitTotals): void {
    timed(this.#work.stageNs, 'write', () => store.writeRest(totals, this.#output))
  }

  close(): void {
    this.source.close()
  }

  #begin({ recordCount, line, refusedByReader }: PartStart, writer: RecordWriter, store: BlockStore | null): void {
    this.reader.resume(recordCount, line)
    this.#pipeline.refusedByReader = refusedByReader
    this.#pipeline.filteredCount = 0
    this.#output.position = this.#output.start
    this.#writer = writer
    this.#store = store
    this.#furthest = Number.POSITIVE_INFINITY
  }

  /** Before each chunk. */
  #checkRead(): void {
    if (this.#work.context.shouldStop()) throw stopped()
    if (this.source.endOffset > this.#furthest) throw new GuessGivenUp('the record has no end in sight')
  }

  #take(batch: RecordBatch): true {
    if (!this.#writer.learnColumns(batch)) throw new LateColumn('a column came too late')
    if (this.#store !== null) this.#encode(this.#writer, this.#store)
    return true
  }

  #encode(writer: RecordWriter, store: BlockStore): void {
    const { stageNs, context } = this.#work
    timedEncoding(stageNs, () => writer.write(context.batch, this.#output))
    if (context.batch.rejects.length > 0) timed(stageNs, 'write', () => store.takeRejects(context.batch))
  }

  #endPart(before: PartStart): ConvertedPart {
    const reader = this.reader
    const { position, refusedByReader, filteredCount } = this.#pipeline
    this.#closeStore()
    return {
      end: position,
      recordCount: reader.recordCount - before.recordCount,
      lineCount: reader.line - before.line,
      notices: { ...reader.notices },
      refusedByReader: refusedByReader - before.refusedByReader,
      filteredCount,
    }
  }

  #closeStore(): void {
    timed(this.#work.stageNs, 'write', () => this.#store?.close(this.#output))
  }

  #createWriter(): RecordWriter {
    const { plan } = this.#work.context
    return getFormat(plan.targetFormat).createWriter(plan, this.#opening.columns)
  }

  #continuingWriter(): RecordWriter {
    if (this.#continuing !== null) return this.#continuing
    this.#continuing = this.#createWriter()
    this.#continuing.continueBehindRows(new OutputBuffer(this.#work.context.batch.memory, () => {}))
    return this.#continuing
  }
}
