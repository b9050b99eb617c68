import { stopped, type ConvertContext, type FileWork } from '../file-work.ts'
import { failOnTooManyRejects } from '../judge-rejects.ts'
import { atOnce } from '../../storage/answer.ts'
import { ExpansionLimit } from '../limit-expansion.ts'
import { timed } from '../stage-timer.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { NOTICE_NAMES, noNotices, pickNotices } from '../../formats/format.ts'
import { namedColumns, type ColumnWatch } from '../../map/column-watch.ts'
import type { SplitTask } from '../../model/task.ts'
import { noStageTimes } from '../../model/no-stage-times.ts'
import type { PositionedFile } from '../../write/positioned-file.ts'
import { BlockConverter, type ConvertedBlock } from './block-converter.ts'
import { BlockStore, type SplitFiles } from './block-store.ts'
import { combineCrc32 } from './combine-crc32.ts'
import type { SplitBoard, SplitTotals } from './split-board.ts'
import { openSplitRejects, openSplitTarget } from './split-files.ts'

/** Thrown by a helper that has left its block to the leader. */
export class LeftToLeader extends Error {}

/** @throws MigrationError STOPPED where the run is to stop. */
export function checkStop(context: ConvertContext): void {
  if (context.shouldStop()) throw stopped()
}

/** What one thread does for a file that is split. */
export class SplitShare {
  readonly #work: FileWork
  readonly #board: SplitBoard
  readonly #isLeader: boolean
  readonly #blockBytes: number
  readonly #converter: BlockConverter
  readonly #expansion: ExpansionLimit
  readonly #target: PositionedFile
  #rejects: PositionedFile | null = null
  #areFilesOpen = true
  readonly #files: SplitFiles
  /** Where block 0 starts. */
  #blocksStart = 0
  #doneBytes = 0
  /** True where another block was converted since the present one was guessed at: its bytes are gone. */
  #isGuessLost = false
  /** Those that the user named. */
  readonly #columns: readonly string[]
  readonly #checkStop: () => void
  /** While the leader waits, a helper may leave it a block. */
  readonly #takeOver: () => void

  private constructor(work: FileWork, task: SplitTask, board: SplitBoard, made: PositionedFile | null) {
    this.#work = work
    this.#board = board
    this.#isLeader = made !== null
    this.#blockBytes = task.blockBytes
    this.#columns = namedColumns(work.context.plan)
    this.#checkStop = () => checkStop(work.context)
    this.#takeOver = () => {
      if (this.#isLeader) this.#convertSurrendered()
    }
    const { plan, onLargeTarget } = work.context
    this.#expansion = new ExpansionLimit(plan, work.file, onLargeTarget)
    this.#target = made ?? openSplitTarget(work, board)
    this.#files = {
      target: this.#target,
      rejects: () => (this.#rejects ??= openSplitRejects(work, board)),
    }
    try {
      this.#converter = new BlockConverter(work)
    } catch (error) {
      this.#target.close()
      throw error
    }
  }

  /** The share of the thread that was given the file and has made its target: it converts the start and opens the rest to all. */
  static lead(work: FileWork, task: SplitTask, board: SplitBoard, target: PositionedFile): SplitShare {
    return SplitShare.#begin(new SplitShare(work, task, board, target), (share) => share.#openBlocks())
  }

  /** The share of a thread that helps: it learns from the start of the file what all must know, as the leader did. */
  static join(work: FileWork, task: SplitTask, board: SplitBoard): SplitShare {
    return SplitShare.#begin(new SplitShare(work, task, board, null), (share) => {
      share.#blocksStart = share.#converter.convertOpening(null, share.#blockBytes).end
    })
  }

  static #begin(share: SplitShare, work: (share: SplitShare) => void): SplitShare {
    try {
      work(share)
      return share
    } catch (error) {
      share.leave()
      throw error
    }
  }

  /** Converts blocks until none is left. */
  convertBlocks(): void {
    for (let block = this.#board.claim(); block !== null;) {
      this.#convertBlock(block)
      const next = this.#board.claim()
      // Once its last block counts as written, nobody asks whether a helper could close its files.
      if (next === null && !this.#isLeader) this.#closeFiles()
      this.#markWritten()
      block = next
    }
  }

  /** The leader waits for the others and completes the target. @returns the totals of the file. */
  finish(): SplitTotals {
    const board = this.#board
    const converter = this.#converter
    board.waitForEnd(this.#checkStop, this.#takeOver)
    const totals = board.readTotals()
    atOnce(converter.source.assertUnchanged())
    failOnTooManyRejects(this.#work.context.plan, totals.rejectCount)
    const finished = converter.finish(totals, this.#files)
    this.#closeFiles()
    return finished
  }

  /** What the threads together have seen of the columns that the user named. After `finish`. */
  watchedColumns(): ColumnWatch {
    const { watch } = this.#converter
    for (const [column, name] of this.#columns.entries()) if (this.#board.isSeen(column)) watch.see(name)
    return watch
  }

  /** Closes what is open. Never throws: it runs where something else went wrong already, or where all is closed. */
  leave(): void {
    if (!this.#isLeader) this.#board.leave(this.#doneBytes)
    try {
      this.#converter.close()
      this.#closeFiles()
    } catch {
      // The file is given up, or its bytes were safe before.
    }
  }

  #openBlocks(): void {
    const converter = this.#converter
    const work = this.#work
    const { sizeBytes } = work.file
    const before = emptyTotals()
    const store = new BlockStore(this.#files, work, before)
    const opening = converter.convertOpening(store, this.#blockBytes)
    const { end } = opening
    const sourceHash = this.#hashSource(0, end)
    const after = addPart({ ...store.addTo(before), sourceHash }, opening)
    store.checkExpansion(before)
    store.openRejects()
    converter.writeRest(store, before)
    this.#blocksStart = end
    this.#board.open(Math.ceil((sizeBytes - end) / this.#blockBytes), after, store.rejectCodes)
    this.#count(end)
  }

  #convertBlock(block: number): void {
    const board = this.#board
    const converter = this.#converter
    const start = this.#blocksStart + block * this.#blockBytes
    const limit = Math.min(start + this.#blockBytes, this.#work.file.sizeBytes)
    const sourceHash = this.#hashSource(start, limit)
    const guessed = board.isTurnOf(block) ? null : converter.convertGuessed(start, limit, this.#files)
    this.#isGuessLost = false
    board.waitForTurn(block, this.#checkStop, this.#takeOver)
    const totals = board.readTotals()
    const before = { ...totals, sourceHash: combineCrc32(totals.sourceHash, sourceHash, limit - start) }
    if (before.sourceOffset >= limit) {
      // A record that starts before the block covers all of it.
      board.endTurn(block, before, new Map())
    } else {
      const isTrue = !this.#isGuessLost && guessed?.start === before.sourceOffset && before.targetBytes > 0
      const converted = this.#decide(isTrue ? guessed : null, before, limit)
      board.endTurn(block, addPart(converted.store.addTo(before), converted), converted.store.rejectCodes)
      converter.writeRest(converted.store, before)
    }
    this.#count(limit - start)
    this.#expansion.extrapolate(totals.targetBytes, totals.sourceOffset)
  }

  /** In the turn of a block: what it comes to. Nothing can go wrong after it but the writing. */
  #decide(guessed: ConvertedBlock | null, before: SplitTotals, limit: number): ConvertedBlock {
    try {
      const converted = guessed ?? this.#converter.convertFrom(before, limit, this.#files)
      failOnTooManyRejects(this.#work.context.plan, before.refusedByReader + converted.refusedByReader)
      converted.store.checkExpansion(before)
      converted.store.openRejects()
      return converted
    } catch (error) {
      const isStopped = error instanceof MigrationError && error.code === 'STOPPED'
      if (this.#isLeader || isStopped) throw error
      this.#board.surrender()
      throw new LeftToLeader('the leader takes the block', { cause: error })
    }
  }

  #convertSurrendered(): void {
    this.#board.takeSurrendered()
    this.#convertBlock(this.#board.turn)
    this.#markWritten()
    this.#isGuessLost = true
  }

  #markWritten(): void {
    const board = this.#board
    const work = this.#work
    const isLeader = this.#isLeader
    for (const [column, name] of this.#columns.entries()) if (this.#converter.watch.isSeen(name)) board.see(column)
    // The leader's own times are in its result.
    board.markWritten(isLeader ? noStageTimes() : work.stageNs)
    if (!isLeader) Object.assign(work.stageNs, noStageTimes())
  }

  #count(bytes: number): void {
    this.#doneBytes += bytes
    const helped = this.#isLeader ? this.#board.helpedBytes : 0
    this.#work.context.onProgress(this.#work.file.index, this.#doneBytes + helped)
  }

  /** The CRC-32 of bytes of the source, where the plan asks for it; 0 where not. The input region is written over. */
  #hashSource(start: number, end: number): number {
    const { context, stageNs } = this.#work
    if (!context.plan.hashSources) return 0
    const { source } = this.#converter
    let hash = 0
    timed(stageNs, 'read', () => {
      for (source.seek(start); source.endOffset < end; source.consume(source.end)) {
        atOnce(source.fill(end))
        hash = context.batch.checksum(context.batch.memory.bytes, source.start, source.end, hash)
      }
    })
    return hash
  }

  #closeFiles(): void {
    if (!this.#areFilesOpen) return
    this.#areFilesOpen = false
    this.#target.close()
    this.#rejects?.close()
  }
}

function emptyTotals(): SplitTotals {
  const hashes = { targetHash: 0, sourceHash: 0 }
  const rejects = { rejectBytes: 0, rejectCount: 0, refusedByReader: 0, filteredCount: 0 }
  return { sourceOffset: 0, recordCount: 0, line: 1, targetBytes: 0, ...hashes, ...rejects, ...noNotices() }
}

/** The totals behind a part of the file, those of its target and its rejects being in them already. */
function addPart(totals: SplitTotals, part: Omit<ConvertedBlock, 'start' | 'store'>): SplitTotals {
  const notices = pickNotices(totals)
  for (const name of NOTICE_NAMES) notices[name] += part.notices[name]
  return {
    ...totals,
    ...notices,
    sourceOffset: part.end,
    recordCount: totals.recordCount + part.recordCount,
    line: totals.line + part.lineCount,
    refusedByReader: totals.refusedByReader + part.refusedByReader,
    filteredCount: totals.filteredCount + part.filteredCount,
  }
}
