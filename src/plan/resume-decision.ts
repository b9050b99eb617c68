import type { RecordCounts } from '../model/task-result.ts'

/** Why a file runs. The words that `plan --explain` shows. */
const RUN_REASONS = [
  'new',
  'made from another source',
  'source size differs',
  'source mtime differs',
  'source content differs',
  'mapping or options differ',
  'an earlier run did not finish it',
  'target is gone',
  'target size differs',
  'target content differs',
  'rejects are gone',
  'rejects differ',
  'forced',
] as const

export type RunReason = (typeof RUN_REASONS)[number]

/** A target of an earlier run that is still there and that this plan does not make. */
export interface Orphan {
  readonly target: string
  readonly source: string
  readonly sizeBytes: number
  /** CRC-32 as eight hex digits. */
  readonly hash: string
}

/** What is proved about a target that is done. */
export interface DoneTarget {
  readonly targetBytes: number
  /** CRC-32. */
  readonly targetHash: number
  /** CRC-32 of the source; null where it was converted without `--checksum`. */
  readonly sourceHash: number | null
  readonly hasRejects: boolean
  /** Size and CRC-32 of the rejects file; null where there is none, or the journal does not tell. */
  readonly rejectsBytes: number | null
  readonly rejectsHash: number | null
  readonly records: RecordCounts
}

export interface DoneTotals {
  readonly fileCount: number
  readonly targetBytes: number
  readonly records: RecordCounts
  /** Files whose rejects still stand. */
  readonly filesWithRejects: number
}

/** Columns of the proofs, by the numbers of the files. */
export interface ProofColumns {
  readonly targetBytes: Float64Array
  readonly targetHash: Uint32Array
  readonly sourceHash: Uint32Array
  readonly hasSourceHash: Uint8Array
  readonly hasRejects: Uint8Array
  /** NaN where the journal does not tell. */
  readonly rejectsBytes: Float64Array
  readonly rejectsHash: Uint32Array
  readonly recordsRead: Float64Array
  readonly recordsRejected: Float64Array
  readonly recordsFiltered: Float64Array
}

/** Which files are done, and why the others run. Starts with all of them new. */
export class ResumeDecision {
  readonly orphans: readonly Orphan[]
  /** Place of the reason in RUN_REASONS plus one; 0: done. */
  readonly #reasons: Uint8Array
  readonly #proofs: ProofColumns
  readonly #inDoubt = new Set<number>()

  constructor(fileCount: number, proofs: ProofColumns, orphans: readonly Orphan[]) {
    this.#reasons = new Uint8Array(fileCount).fill(1)
    this.#proofs = proofs
    this.orphans = orphans
  }

  /** Why the file runs; null: it is done. */
  reason(index: number): RunReason | null {
    const place = this.#reasons[index] ?? 1
    return place === 0 ? null : (RUN_REASONS[place - 1] ?? 'new')
  }

  setDone(index: number): void {
    this.#reasons[index] = 0
  }

  /** Takes a file for done whose content has to be compared first: something of a later run is damaged. */
  doubt(index: number): void {
    this.setDone(index)
    this.#inDoubt.add(index)
  }

  /** Files that seem done, but are so only if their targets have the content that is proved. */
  get doubtful(): ReadonlySet<number> {
    return this.#inDoubt
  }

  /** Says that all doubtful files were compared. */
  settleDoubt(): void {
    this.#inDoubt.clear()
  }

  /** Lets a file run, also one that was done: where `--checksum` finds other content than what is proved. */
  rerun(index: number, reason: RunReason): void {
    this.#reasons[index] = RUN_REASONS.indexOf(reason) + 1
  }

  /** What is proved about a file that is done. */
  done(index: number): DoneTarget {
    const proofs = this.#proofs
    const read = proofs.recordsRead[index] ?? 0
    const rejected = proofs.recordsRejected[index] ?? 0
    const filtered = proofs.recordsFiltered[index] ?? 0
    const rejectsBytes = proofs.rejectsBytes[index] ?? NaN
    const hasSum = !Number.isNaN(rejectsBytes)
    return {
      targetBytes: proofs.targetBytes[index] ?? 0,
      targetHash: proofs.targetHash[index] ?? 0,
      sourceHash: proofs.hasSourceHash[index] === 1 ? (proofs.sourceHash[index] ?? 0) : null,
      hasRejects: proofs.hasRejects[index] === 1,
      rejectsBytes: hasSum ? rejectsBytes : null,
      rejectsHash: hasSum ? (proofs.rejectsHash[index] ?? 0) : null,
      records: { read, written: read - rejected - filtered, rejected, filtered },
    }
  }

  /** Sums over the files that are done. */
  totals(): DoneTotals {
    const records = { read: 0, written: 0, rejected: 0, filtered: 0 }
    let fileCount = 0
    let targetBytes = 0
    let filesWithRejects = 0
    for (let index = 0; index < this.#reasons.length; index++) {
      if (this.#reasons[index] !== 0) continue
      const target = this.done(index)
      fileCount += 1
      targetBytes += target.targetBytes
      if (target.hasRejects) filesWithRejects += 1
      for (const key of ['read', 'written', 'rejected', 'filtered'] as const) records[key] += target.records[key]
    }
    return { fileCount, targetBytes, records, filesWithRejects }
  }
}
