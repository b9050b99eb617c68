import type { OutputBuffer } from '../../batch/output-buffer.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import type { Checksum } from '../../batch/checksum.ts'
import type { FileWork } from '../file-work.ts'
import type { ErrorCode } from '../../errors/error-codes.ts'
import { ExpansionLimit } from '../limit-expansion.ts'
import type { PositionedFile } from '../../write/positioned-file.ts'
import { formatReject, keepRejects, type KeptReject } from '../../write/reject-writer.ts'
import { combineCrc32 } from './combine-crc32.ts'
import type { SplitTotals } from './split-board.ts'

/** What a block that was begun with a guess may keep in memory before its turn comes. Where it is not enough, the guess is given up. */
const MOST_KEPT_TARGET_BYTES = 8 * 1024 * 1024
const MOST_KEPT_REJECTS = 2048
const MOST_KEPT_REJECT_BYTES = 2 * 1024 * 1024
/** Characters of reject lines that are written at once. */
const FLUSH_CHARACTERS = 65_536

/** Where a split file's bytes go. */
export interface SplitFiles {
  readonly target: PositionedFile
  /** Opened or made at the first call. */
  readonly rejects: () => PositionedFile
}

/** Thrown where a guess costs more than it can bring. */
export class GuessGivenUp extends Error {}

/**
 * The target bytes and rejects of one block, until they can be written. What is written before the block's end goes to its place
 * at once where the totals before the block are known, and is kept where they are not.
 */
export class BlockStore {
  rejectCount = 0
  readonly rejectCodes = new Map<ErrorCode, number>()
  #targetBytes = 0
  #targetHash = 0
  #rejectBytes = 0
  readonly #truth: SplitTotals | null
  readonly #files: SplitFiles
  readonly #relativePath: string
  readonly #checksum: Checksum
  readonly #expansion: ExpansionLimit
  #keptTarget: Buffer[] = []
  #keptRejects: KeptReject[] = []
  #keptRejectBytes = 0
  #rejectLines = ''

  /** @param truth the totals before the block; null: they are not known yet, and records and lines count from the block's start. */
  constructor(files: SplitFiles, { file, context }: FileWork, truth: SplitTotals | null) {
    this.#files = files
    this.#relativePath = file.relativePath
    this.#checksum = context.batch.checksum
    this.#expansion = new ExpansionLimit(context.plan, file)
    this.#truth = truth
  }

  /** Takes target bytes out of the output region. */
  takeTarget(bytes: Uint8Array, start: number, end: number): void {
    if (this.#truth !== null) {
      this.#expansion.check(this.#truth.targetBytes + this.#targetBytes + end - start)
      this.#files.target.writeAt(this.#truth.targetBytes + this.#targetBytes, bytes, start, end)
    } else {
      if (this.#targetBytes + end - start > MOST_KEPT_TARGET_BYTES) throw new GuessGivenUp('too large a target')
      this.#keptTarget.push(Buffer.from(bytes.subarray(start, end)))
    }
    this.#countTarget(bytes, start, end)
  }

  /** Takes the rejects of a batch. */
  takeRejects(batch: RecordBatch): void {
    for (const reject of keepRejects(batch)) {
      this.rejectCount++
      this.rejectCodes.set(reject.code, (this.rejectCodes.get(reject.code) ?? 0) + 1)
      if (this.#truth === null) this.#keep(reject)
      else this.#writeReject(reject, this.#truth)
    }
  }

  /** Counts what is left in the output region, so that all sums are known before it is written. */
  close(output: OutputBuffer): void {
    this.#countTarget(output.bytes, output.start, output.position)
  }

  /** Adds the block to the totals before it; `writeRest` then has nothing to wait for. After `close`. */
  addTo(totals: SplitTotals): SplitTotals {
    for (const reject of this.#keptRejects)
      this.#rejectLines += formatReject(numberFrom(totals, reject), this.#relativePath)
    this.#keptRejects = []
    const rejectBytes = this.#rejectBytes + Buffer.byteLength(this.#rejectLines)
    return {
      ...totals,
      targetBytes: totals.targetBytes + this.#targetBytes,
      targetHash: combineCrc32(totals.targetHash, this.#targetHash, this.#targetBytes),
      rejectBytes: totals.rejectBytes + rejectBytes,
      rejectCount: totals.rejectCount + this.rejectCount,
    }
  }

  /** @throws MigrationError EXPANSION_TOO_LARGE where the target is too large with this block. After `close`. */
  checkExpansion(totals: SplitTotals): void {
    this.#expansion.check(totals.targetBytes + this.#targetBytes)
  }

  /** Makes the rejects file where it is needed: while it is the block's turn, so that the file is there for the next one. */
  openRejects(): void {
    if (this.rejectCount > 0) this.#files.rejects()
  }

  /** Writes what is not written yet. @param totals those before the block. */
  writeRest(totals: SplitTotals, output: OutputBuffer): void {
    let offset = totals.targetBytes + this.#targetBytes - (output.position - output.start)
    this.#files.target.writeAt(offset, output.bytes, output.start, output.position)
    for (const kept of this.#keptTarget.toReversed()) this.#files.target.writeAt((offset -= kept.length), kept)
    output.position = output.start
    this.#flushRejects(totals)
  }

  #countTarget(bytes: Uint8Array, start: number, end: number): void {
    this.#targetHash = this.#checksum(bytes, start, end, this.#targetHash)
    this.#targetBytes += end - start
  }

  #keep(reject: KeptReject): void {
    this.#keptRejectBytes += (reject.raw ?? reject.rawBase64 ?? '').length
    // Its message tells a line, which is not known yet.
    const needsLine = reject.code === 'UNTERMINATED_QUOTE'
    if (needsLine || this.#keptRejects.length === MOST_KEPT_REJECTS || this.#keptRejectBytes > MOST_KEPT_REJECT_BYTES) {
      throw new GuessGivenUp('rejects that cannot be kept')
    }
    this.#keptRejects.push(reject)
  }

  #writeReject(reject: KeptReject, truth: SplitTotals): void {
    this.#rejectLines += formatReject(reject, this.#relativePath)
    if (this.#rejectLines.length >= FLUSH_CHARACTERS) this.#flushRejects(truth)
  }

  #flushRejects(totals: SplitTotals): void {
    if (this.#rejectLines === '') return
    const bytes = Buffer.from(this.#rejectLines)
    this.#files.rejects().writeAt(totals.rejectBytes + this.#rejectBytes, bytes)
    this.#rejectBytes += bytes.length
    this.#rejectLines = ''
  }
}

/** Numbers that count from the block's start, 1 being its first record and line, as those of the file. */
function numberFrom(totals: SplitTotals, reject: KeptReject): KeptReject {
  return { ...reject, record: totals.recordCount + reject.record, line: totals.line - 1 + reject.line }
}
