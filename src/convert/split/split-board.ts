// What the threads that convert one file together know of each other, in shared memory. The file is cut into blocks, which are
// claimed in order. The turn goes from block to block: whose turn it is knows all totals of the file before its block, adds its
// own, and passes the turn on. Only then are its bytes written, so that threads write at the same time, each at its own place.
import { ERROR_CODES, type ErrorCode } from '../../errors/error-codes.ts'
import { NOTICE_NAMES } from '../../formats/format.ts'
import type { NoticeCounts } from '../../model/task-result.ts'
import type { FileIdentity } from '../../storage/output-storage.ts'

/** What a file came to, up to some block of it. */
export interface SplitTotals extends NoticeCounts {
  /** Where the next record starts. */
  sourceOffset: number
  recordCount: number
  /** The line of the next record. */
  line: number
  targetBytes: number
  targetHash: number
  /** Of the bytes before the block, whichever records they belong to; 0 without `--checksum`. */
  sourceHash: number
  rejectBytes: number
  rejectCount: number
  /** Rejects that are not the target's doing. */
  refusedByReader: number
  /** Records that the mapping has dropped. */
  filteredCount: number
}

const TOTALS: readonly (keyof SplitTotals)[] = [
  'sourceOffset',
  'recordCount',
  'line',
  'targetBytes',
  'targetHash',
  'sourceHash',
  'rejectBytes',
  'rejectCount',
  'refusedByReader',
  'filteredCount',
  ...NOTICE_NAMES,
]
/** Syncing is the business of the commit. */
const STAGES = ['read', 'parse', 'map', 'encode', 'write'] as const
type Stage = (typeof STAGES)[number]
const CODES = Object.keys(ERROR_CODES) as ErrorCode[]

// Words.
const TURN = 0
const NEXT_BLOCK = 1
const BLOCK_COUNT = 2
const WRITTEN = 3
const ABORTED = 4
const SURRENDERED = 5
const SEEN = 6
/** A bit for each column that the user named; those behind the last bit count as seen. */
const SEEN_WORDS = 32
const WORDS = SEEN + SEEN_WORDS
// Sums: nanoseconds of each stage, the bytes of the blocks that helpers did before they left, and which files were made.
const HELPED_BYTES = STAGES.length
/** A pair of device and inode for each shared file, 0 while it is not made. */
const MADE_AT: Readonly<Record<SharedFile, number>> = { target: HELPED_BYTES + 1, rejects: HELPED_BYTES + 3 }
const SUMS = HELPED_BYTES + 5
const SUMS_AT = WORDS * Int32Array.BYTES_PER_ELEMENT
// Numbers: the totals, then pairs of a code's number and its rejects. Only whose turn it is reads and writes them.
const CODES_AT = TOTALS.length
const NUMBERS = CODES_AT + 2 * CODES.length
const NUMBERS_AT = SUMS_AT + SUMS * BigInt64Array.BYTES_PER_ELEMENT

/** How long a wait lasts before the switches of the run are looked at again, in milliseconds. */
const WAIT_MS = 50

/** Whose turn it is before the blocks are counted: the thread that was given the file. */
const OPENING_TURN = 0

/** Memory for a board, to be given to the threads. */
export function createSplitMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(NUMBERS_AT + NUMBERS * Float64Array.BYTES_PER_ELEMENT)
}

/** Makes all threads that share the file give it up: one of them is gone, or the file has failed. */
export function abortSplit(memory: SharedArrayBuffer): void {
  const words = new Int32Array(memory, 0, WORDS)
  Atomics.store(words, ABORTED, 1)
  Atomics.notify(words, TURN)
  Atomics.notify(words, WRITTEN)
}

/** What the threads write together. */
export type SharedFile = 'target' | 'rejects'

/** Thrown where another thread has given the file up. */
export class SplitAborted extends Error {}

/** One thread's view of the shared memory. */
export class SplitBoard {
  readonly #words: Int32Array
  readonly #sums: BigInt64Array
  readonly #numbers: Float64Array
  readonly #memory: SharedArrayBuffer

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
    this.#words = new Int32Array(memory, 0, WORDS)
    this.#sums = new BigInt64Array(memory, SUMS_AT, SUMS)
    this.#numbers = new Float64Array(memory, NUMBERS_AT, NUMBERS)
  }

  /** Opens the blocks to all threads: block 0 begins where the totals end. */
  open(blockCount: number, totals: SplitTotals, rejectCodes: ReadonlyMap<ErrorCode, number>): void {
    Atomics.store(this.#words, BLOCK_COUNT, blockCount)
    this.#addTotals(totals, rejectCodes)
    this.#passTurn(OPENING_TURN)
  }

  /** How many blocks there are. Only after `open`. */
  get blockCount(): number {
    return Atomics.load(this.#words, BLOCK_COUNT)
  }

  /** Waits until the blocks are open. @throws SplitAborted; and what `checkStop` throws. */
  waitForOpening(checkStop: () => void): void {
    while (Atomics.load(this.#words, TURN) === OPENING_TURN) {
      this.#checkAbort()
      checkStop()
      Atomics.wait(this.#words, TURN, OPENING_TURN, WAIT_MS)
    }
    this.#checkAbort()
  }

  /** The next block that nobody has; null: none is left. */
  claim(): number | null {
    this.#checkAbort()
    const block = Atomics.add(this.#words, NEXT_BLOCK, 1)
    return block < this.blockCount ? block : null
  }

  /** True where all blocks are claimed, so that help comes too late. */
  get isClaimed(): boolean {
    return Atomics.load(this.#words, TURN) !== OPENING_TURN && Atomics.load(this.#words, NEXT_BLOCK) >= this.blockCount
  }

  isTurnOf(block: number): boolean {
    return this.turn === block
  }

  /** The block whose turn it is. */
  get turn(): number {
    return Atomics.load(this.#words, TURN) - 1
  }

  /**
   * Waits for the turn of a block.
   * @param onSurrender asked when the thread whose turn it is has given up its block: only the leader can take it over.
   * @throws SplitAborted; and what `checkStop` throws.
   */
  waitForTurn(block: number, checkStop: () => void, onSurrender: () => void): void {
    for (;;) {
      const turn = Atomics.load(this.#words, TURN)
      if (turn === block + 1) return
      this.#checkWaiting(checkStop, onSurrender)
      if (Atomics.load(this.#words, TURN) === turn) Atomics.wait(this.#words, TURN, turn, WAIT_MS)
    }
  }

  /** Waits until all blocks are written. */
  waitForEnd(checkStop: () => void, onSurrender: () => void): void {
    for (;;) {
      const written = Atomics.load(this.#words, WRITTEN)
      if (written >= this.blockCount) return
      this.#checkWaiting(checkStop, onSurrender)
      if (Atomics.load(this.#words, WRITTEN) === written) Atomics.wait(this.#words, WRITTEN, written, WAIT_MS)
    }
  }

  /** The totals before the block whose turn it is. Only for the thread that has the turn, or when all blocks are written. */
  readTotals(): SplitTotals {
    const totals: Partial<SplitTotals> = {}
    for (const [index, name] of TOTALS.entries()) totals[name] = this.#numbers[index]!
    return totals as SplitTotals
  }

  /** Ends the turn of `block`. */
  endTurn(block: number, totals: SplitTotals, rejectCodes: ReadonlyMap<ErrorCode, number>): void {
    this.#addTotals(totals, rejectCodes)
    this.#passTurn(block + 1)
  }

  /** Rejects by code, in the order of their first ones. */
  readRejectCodes(): Record<string, number> {
    const codes: Record<string, number> = {}
    for (let at = CODES_AT; at < NUMBERS && this.#numbers[at] !== 0; at += 2)
      codes[CODES[this.#numbers[at]! - 1]!] = this.#numbers[at + 1]!
    return codes
  }

  /** Leaves the block whose turn it is to the leader. */
  surrender(): void {
    Atomics.store(this.#words, SURRENDERED, 1)
    Atomics.notify(this.#words, TURN)
    Atomics.notify(this.#words, WRITTEN)
  }

  /** The bytes of a block are where they belong. @param stageNs nanoseconds that it took, by stage. */
  markWritten(stageNs: Readonly<Record<Stage, number>>): void {
    for (const [index, stage] of STAGES.entries()) Atomics.add(this.#sums, index, BigInt(Math.round(stageNs[stage])))
    Atomics.add(this.#words, WRITTEN, 1)
    Atomics.notify(this.#words, WRITTEN)
  }

  /** Nanoseconds that all blocks took, by stage. */
  readStageNs(): Record<Stage, number> {
    const ns = (index: number): number => Number(Atomics.load(this.#sums, index))
    return { read: ns(0), parse: ns(1), map: ns(2), encode: ns(3), write: ns(4) }
  }

  /** A record of the file has the column of this number. */
  see(column: number): void {
    if (column >= 32 * SEEN_WORDS) return
    Atomics.or(this.#words, SEEN + (column >>> 5), 1 << (column & 31))
  }

  isSeen(column: number): boolean {
    return column >= 32 * SEEN_WORDS || (Atomics.load(this.#words, SEEN + (column >>> 5)) & (1 << (column & 31))) !== 0
  }

  /** A helper leaves. @param bytes of the blocks that it has done. */
  leave(bytes: number): void {
    Atomics.add(this.#sums, HELPED_BYTES, BigInt(bytes))
  }

  /** Bytes of the blocks of helpers that have left. */
  get helpedBytes(): number {
    return Number(Atomics.load(this.#sums, HELPED_BYTES))
  }

  /** Tells the others which file was made. Before the turn is passed on. */
  tellMade(file: SharedFile, { device, inode }: FileIdentity): void {
    Atomics.store(this.#sums, MADE_AT[file], device)
    Atomics.store(this.#sums, MADE_AT[file] + 1, inode)
  }

  /** Which file was made; null: none yet. */
  made(file: SharedFile): FileIdentity | null {
    const inode = BigInt.asUintN(64, Atomics.load(this.#sums, MADE_AT[file] + 1))
    return inode === 0n ? null : { device: BigInt.asUintN(64, Atomics.load(this.#sums, MADE_AT[file])), inode }
  }

  abort(): void {
    abortSplit(this.#memory)
  }

  #checkWaiting(checkStop: () => void, onSurrender: () => void): void {
    this.#checkAbort()
    checkStop()
    if (Atomics.load(this.#words, SURRENDERED) === 0) return
    onSurrender()
  }

  /** Takes the block over that was surrendered. */
  takeSurrendered(): void {
    Atomics.store(this.#words, SURRENDERED, 0)
  }

  #checkAbort(): void {
    if (Atomics.load(this.#words, ABORTED) !== 0) throw new SplitAborted('another thread has given the file up')
  }

  #addTotals(totals: SplitTotals, rejectCodes: ReadonlyMap<ErrorCode, number>): void {
    for (const [index, name] of TOTALS.entries()) this.#numbers[index] = totals[name]
    for (const [code, count] of rejectCodes) this.#addCode(CODES.indexOf(code) + 1, count)
  }

  #addCode(number: number, count: number): void {
    let at = CODES_AT
    while (this.#numbers[at] !== 0 && this.#numbers[at] !== number) at += 2
    this.#numbers[at] = number
    this.#numbers[at + 1] = this.#numbers[at + 1]! + count
  }

  #passTurn(ended: number): void {
    Atomics.store(this.#words, TURN, ended + 1)
    Atomics.notify(this.#words, TURN)
  }
}
