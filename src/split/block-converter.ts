import { OutputBuffer } from '../batch/output-buffer.ts'
import { createStages, inspectorOf, stopped, type FileWork } from '../convert-file.ts'
import { parseJudged } from '../judge-rejects.ts'
import { getFormat } from '../formats/registry.ts'
import type { RecordWriter, SplittableReader } from '../formats/format.ts'
import type { NoticeCounts } from '../model/task-result.ts'
import { ColumnWatch } from '../map/column-watch.ts'
import type { Mapper } from '../map/mapper.ts'
import { SourceReader } from '../read/source-reader.ts'
import { timed, timedEncoding } from '../stage-timer.ts'
import { BlockStore, GuessGivenUp, type SplitFiles } from './block-store.ts'
import type { SplitTotals } from './split-board.ts'

/** Bytes read at once behind a block, to complete its last record. */
const TAIL_BYTES = 4096
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
}

/** Thrown where a record has a column that is not in the header: the file must be begun again. */
export class LateColumn extends Error {}

/** Converts parts of one file. Each thread that takes part has one. */
export class BlockConverter {
  readonly source: SourceReader
  readonly reader: SplittableReader
  readonly watch: ColumnWatch
  readonly #work: FileWork
  readonly #map: Mapper
  /** Knows all columns, and writes nothing before its first row. */
  #continuing: RecordWriter | null = null
  readonly #opening: RecordWriter
  readonly #output: OutputBuffer
  #store: BlockStore | null = null

  constructor(work: FileWork) {
    const { file, context } = work
    const { plan, batch } = context
    this.#work = work
    const reader = getFormat(file.format).createSplittableReader?.(plan, file.relativePath)
    if (reader === undefined) throw new Error(`${file.format} files cannot be split`)
    const { writer, map } = createStages(plan, file.format, file.relativePath)
    this.reader = reader
    this.watch = ColumnWatch.over(plan)
    this.#opening = writer
    this.#map = map
    this.#output = new OutputBuffer(batch.memory, (bytes, start, end) =>
      timed(work.stageNs, 'write', () => this.#store?.takeTarget(bytes, start, end)),
    )
    this.source = new SourceReader(file, batch.memory, {
      // A block and the byte before it, which may be a line end.
      chunkBytes: plan.chunkBytes + 1,
      encoding: plan.encoding,
      checksum: null,
      pace: context.pace?.wait,
      inspectStart: inspectorOf(file, plan),
    })
  }

  /** Where the next record starts, when a part is done. */
  get position(): number {
    return this.source.start + this.source.sourceOffset
  }

  /**
   * Converts the start of the file, until any thread could go on behind it: at least its first block. A file that is not settled
   * soon is converted to its end.
   * @param store null: only learn what every thread must know, and write nothing.
   */
  convertOpening(store: BlockStore | null, blockBytes: number): ConvertedPart {
    const { reader, source } = this
    this.source.seek(0)
    this.#begin(0, 1, store)
    let refusedByReader = 0
    for (let limit = blockBytes; ; limit += blockBytes) {
      refusedByReader += this.#advance(limit, this.#opening, Number.POSITIVE_INFINITY, refusedByReader)
      if (reader.isSettled && limit <= MOST_OPENING_BYTES) break
      if (source.isLast && source.start === source.end) break
    }
    return this.#endPart(0, 1, refusedByReader)
  }

  /** Converts the records that start in [start of the totals, limit). @throws MigrationError, LateColumn. */
  convertFrom(totals: SplitTotals, limit: number, files: SplitFiles): ConvertedBlock {
    const store = new BlockStore(files, this.#work, totals)
    const start = totals.sourceOffset
    this.source.seek(start)
    this.#begin(totals.recordCount, totals.line, store)
    const writer = totals.targetBytes === 0 ? this.#createWriter() : this.#continuingWriter()
    const refusedByReader = this.#advance(limit, writer, Number.POSITIVE_INFINITY, totals.refusedByReader)
    return { start, store, ...this.#endPart(totals.recordCount, totals.line, refusedByReader) }
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
    timed(work.stageNs, 'read', () => source.fill(limit))
    const guess = timed(work.stageNs, 'parse', () => reader.guessRecordStart(memory, source.start, source.end))
    if (guess === null || guess + source.sourceOffset >= limit) return null
    const start = guess + source.sourceOffset
    const store = new BlockStore(files, work, null)
    source.consume(guess)
    this.#begin(0, 1, store)
    try {
      const refusedByReader = this.#advance(limit, this.#continuingWriter(), limit + MOST_GUESSED_TAIL_BYTES, 0)
      return { start, store, ...this.#endPart(0, 1, refusedByReader) }
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

  #begin(recordCount: number, line: number, store: BlockStore | null): void {
    this.reader.resume(recordCount, line)
    this.#output.position = this.#output.start
    this.#store = store
  }

  /**
   * Converts the records that start before `limit`.
   * @param furthest offset that must not be read past.
   * @param refusedBefore records that the reader has refused so far; 0 where that is not known yet.
   * @returns the records that the reader refused.
   */
  #advance(limit: number, writer: RecordWriter, furthest: number, refusedBefore: number): number {
    const { source, reader } = this
    const work = this.#work
    const { batch, plan, shouldStop } = work.context
    const { stageNs } = work
    let refused = 0
    // Where a start was guessed, the block is here already.
    let isRead = source.end > source.start && source.readBytes >= limit
    do {
      if (shouldStop()) throw stopped()
      if (source.readBytes > furthest) throw new GuessGivenUp('the record has no end in sight')
      if (!isRead) timed(stageNs, 'read', () => source.fill(this.#nextReadEnd(limit)))
      isRead = false
      do {
        batch.clear()
        batch.sourceOffset = source.sourceOffset
        const { start, end, isLast, sourceOffset } = source
        const parse = (): number =>
          timed(stageNs, 'parse', () => reader.parse(batch, start, end, isLast, limit - sourceOffset))
        source.consume(parseJudged(plan, batch, refusedBefore + refused, parse))
        refused += batch.rejects.length
        timed(stageNs, 'map', () => this.#map(batch))
        this.watch.look(batch)
        if (!writer.learnColumns(batch)) throw new LateColumn('a column came too late')
        if (this.#store !== null) this.#encode(writer, this.#store)
      } while (batch.isFull)
    } while (!source.isLast && !(reader.isBetweenRecords && this.position >= limit))
    return refused
  }

  #nextReadEnd(limit: number): number {
    const { readBytes, start, end } = this.source
    // The more is left over, the more is read, as in `fill`.
    return readBytes < limit ? limit : readBytes + Math.max(TAIL_BYTES, end - start)
  }

  #encode(writer: RecordWriter, store: BlockStore): void {
    const { stageNs, context } = this.#work
    timedEncoding(stageNs, () => writer.write(context.batch, this.#output))
    if (context.batch.rejects.length > 0) timed(stageNs, 'write', () => store.takeRejects(context.batch))
  }

  /** @param recordCount, line: what the reader began with. */
  #endPart(recordCount: number, line: number, refusedByReader: number): ConvertedPart {
    const { reader } = this
    this.#closeStore()
    return {
      end: this.position,
      recordCount: reader.recordCount - recordCount,
      lineCount: reader.line - line,
      notices: { ...reader.notices },
      refusedByReader,
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
