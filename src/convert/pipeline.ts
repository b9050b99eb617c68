import type { RecordBatch } from '../batch/record-batch.ts'
import type { RecordReader, SplittableReader } from '../formats/format.ts'
import { ColumnWatch } from '../map/column-watch.ts'
import type { Mapper } from '../map/mapper.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { StageTimes } from '../model/times.ts'
import type { SourceReader } from '../read/source-reader.ts'
import { isPromise, andThen, type Answer } from '../storage/answer.ts'
import { parseJudged } from './judge-rejects.ts'
import { timed, timedAnswer } from './stage-timer.ts'

/** Bytes read at once behind a limit, to complete the last record before it. */
const TAIL_BYTES = 4096

/** What the records of a pipeline go through before they are taken. */
export interface PipelineParts {
  readonly plan: Pick<DataPlan, 'maxRejects' | 'select' | 'drop' | 'columns'>
  readonly batch: RecordBatch
  readonly stageNs: StageTimes
  readonly source: SourceReader
  /** A splittable one where `step` is given limits. */
  readonly reader: RecordReader | SplittableReader
  readonly map: Mapper
}

/** Who runs a pipeline. */
export interface PipelineOwner {
  /** Called before each chunk is read. May throw. */
  readonly beforeRead?: () => void
  /** Called after each chunk. */
  readonly afterRead?: () => void
  /**
   * Takes the rows of a batch, which are parsed and mapped: learns their columns, writes them and the rejects. May throw.
   * @returns false to end the step behind this batch, wherever in the chunk that is; a promise where something must be waited for before the next.
   */
  readonly take: (batch: RecordBatch) => Answer<boolean>
}

/**
 * The one loop over the records of a file: read, parse, map, and then whatever the owner does with them. A whole file, the start of one, and the
 * blocks of a split file go through it alike.
 */
export class Pipeline {
  /** Records that the reader has refused so far. Judged at once, so an owner that goes on elsewhere in the file sets it. */
  refusedByReader = 0
  /** Records that the mapping has dropped so far: neither written nor rejected. */
  filteredCount = 0
  readonly watch: ColumnWatch
  readonly #parts: PipelineParts
  readonly #owner: PipelineOwner
  readonly #splittable: SplittableReader | null

  constructor(parts: PipelineParts, owner: PipelineOwner) {
    this.#parts = parts
    this.#owner = owner
    this.#splittable = 'isBetweenRecords' in parts.reader ? parts.reader : null
    this.watch = ColumnWatch.over(parts.plan)
  }

  /** Offset in the decoded source up to which it is parsed: where the next record starts, when a step is done. */
  get position(): number {
    const { source } = this.#parts
    return source.start + source.sourceOffset
  }

  /**
   * Converts the records that start before `limit`, or all up to the end of the source. What is read and not consumed comes first.
   * @param limit offset in the decoded source; only a splittable reader can end there.
   * @returns a promise only where the source answers later, or the owner waits: what a local file holds is converted at once.
   * @throws whatever reader, mapping and owner throw; MigrationError TOO_MANY_REJECTS.
   */
  step(limit = Number.POSITIVE_INFINITY): Answer<void> {
    const { source } = this.#parts
    this.#owner.beforeRead?.()
    // An owner may have read all that lies before the limit already.
    let read = source.end > source.start && source.endOffset >= limit ? undefined : this.#read(limit)
    for (;;) {
      const goesOn = andThen(read, () => this.#convertChunk(limit))
      if (isPromise(goesOn)) return this.#stepLater(goesOn, limit)
      if (!goesOn) return
      this.#owner.beforeRead?.()
      read = this.#read(limit)
    }
  }

  /** The same loop, where there is something to wait for. */
  async #stepLater(first: Promise<boolean>, limit: number): Promise<void> {
    for (let goesOn: Answer<boolean> = first; await goesOn;) {
      this.#owner.beforeRead?.()
      goesOn = andThen(this.#read(limit), () => this.#convertChunk(limit))
    }
  }

  #read(limit: number): Answer<void> {
    const { source, stageNs } = this.#parts
    const { endOffset, start, end } = source
    // The more is left over, the more is read, as in `fill`.
    const stopAt = endOffset < limit ? limit : endOffset + Math.max(TAIL_BYTES, end - start)
    const read = timedAnswer(stageNs, 'read', () => source.fill(stopAt))
    return andThen(read, () => this.#owner.afterRead?.())
  }

  /** All batches of what is read. @returns false where the step ends: at the limit, at the end of the source, or by its owner. */
  #convertChunk(limit: number): Answer<boolean> {
    const { batch } = this.#parts
    do {
      const goesOn = this.#convertBatch(limit)
      if (isPromise(goesOn)) return goesOn.then((isWanted) => isWanted && this.#convertRest(limit))
      if (!goesOn) return false
    } while (batch.isFull)
    return this.#hasMore(limit)
  }

  /** What is left of a chunk behind a batch. */
  #convertRest(limit: number): Answer<boolean> {
    return this.#parts.batch.isFull ? this.#convertChunk(limit) : this.#hasMore(limit)
  }

  #convertBatch(limit: number): Answer<boolean> {
    const { batch, source, stageNs, map } = this.#parts
    batch.clear()
    batch.sourceOffset = source.sourceOffset
    this.#parse(limit)
    timed(stageNs, 'map', () => map(batch))
    this.watch.look(batch)
    this.filteredCount += batch.droppedCount
    return this.#owner.take(batch)
  }

  #hasMore(limit: number): boolean {
    return !this.#parts.source.isLast && !this.#isAt(limit)
  }

  #parse(limit: number): void {
    const { plan, batch, source, reader, stageNs } = this.#parts
    const { start, end, sourceOffset, isFileEnd } = source
    const splittable = this.#splittable
    const parse = (): number =>
      timed(stageNs, 'parse', () =>
        splittable === null
          ? reader.parse(batch, start, end, isFileEnd)
          : splittable.parse(batch, start, end, isFileEnd, Math.min(end, limit - sourceOffset)),
      )
    source.consume(parseJudged(plan, batch, this.refusedByReader, parse))
    // What a writer rejects is not final before the end: in a second pass, with all columns, it may take those records.
    this.refusedByReader += batch.rejects.length
  }

  #isAt(limit: number): boolean {
    return this.#splittable?.isBetweenRecords === true && this.position >= limit
  }
}
