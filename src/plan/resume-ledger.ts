import { join } from 'node:path'
import type { JournalEntry } from '../model/journal-entry.ts'
import type { SourceFormat, SourceList } from '../model/source-list.ts'
import { GuardedTree } from '../storage/guarded-tree.ts'
import type { ExistingTargets } from './find-existing-targets.ts'
import { PathIndex } from './path-index.ts'
import { ResumeDecision } from './resume-decision.ts'
import type { Orphan, ProofColumns, RunReason } from './resume-decision.ts'
import type { TargetNames } from './target-names.ts'

/**
 * What earlier runs proved about the targets of this plan. Proofs are kept under the target they are about: the last one that
 * made a file says what is in it, whichever source it was made from. Columns instead of objects: about 60 bytes a file.
 */

/** What a journal says about one commit. */
export type Proof = Pick<
  JournalEntry,
  | 'source'
  | 'sizeBytes'
  | 'mtimeNs'
  | 'sourceHash'
  | 'filePlanHash'
  | 'target'
  | 'targetBytes'
  | 'targetHash'
  | 'hasRejects'
  | 'records'
>

/** A file without a proof, one whose proof holds, and the ways in which a proof can be out of date. */
const VERDICTS = [
  'new',
  'proved',
  'made from another source',
  'source size differs',
  'source mtime differs',
  'mapping or options differ',
] as const

type Verdict = (typeof VERDICTS)[number]

export interface ResumeOptions {
  /** Absolute path of the target tree. */
  readonly targetRoot: string
  readonly existing: ExistingTargets
  /** `--force`: nothing counts as done. */
  readonly isForced: boolean
  /**
   * False where the list of sources is known to lack some (a single file; a folder that could not be read): their targets are no
   * orphans, and must not be pruned.
   */
  readonly findsOrphans: boolean
}

interface Stranger {
  readonly source: string
  readonly sizeBytes: number
  /** The run that proved it last. */
  readonly runNumber: number
}

export class ResumeLedger {
  private readonly files: SourceList
  private readonly filePlanHash: (format: SourceFormat) => string
  private readonly index: PathIndex
  private readonly verdicts: Uint8Array
  private readonly proofRuns: Float64Array
  private readonly claimRuns: Float64Array
  private readonly columns: ProofColumns
  /** Targets that this plan does not make, with what the last proof says. */
  private readonly strangers = new Map<string, Stranger>()

  /** @param filePlanHash the part of this run's plan that concerns a source format. */
  constructor(files: SourceList, targets: TargetNames, filePlanHash: (format: SourceFormat) => string) {
    this.files = files
    this.filePlanHash = remember(filePlanHash)
    this.index = new PathIndex(targets)
    this.verdicts = new Uint8Array(files.length)
    this.proofRuns = new Float64Array(files.length)
    this.claimRuns = new Float64Array(files.length)
    this.columns = {
      targetBytes: new Float64Array(files.length),
      targetHash: new Uint32Array(files.length),
      sourceHash: new Uint32Array(files.length),
      hasSourceHash: new Uint8Array(files.length),
      hasRejects: new Uint8Array(files.length),
      recordsRead: new Float64Array(files.length),
      recordsRejected: new Float64Array(files.length),
      recordsFiltered: new Float64Array(files.length),
    }
  }

  /** Enters a line of a journal. Lines come in the order in which they were written, runs in theirs. @param runNumber from 1. */
  takeProof(proof: Proof, runNumber: number): void {
    const index = this.index.find(proof.target)
    if (index < 0) {
      this.strangers.set(proof.target, { source: proof.source, sizeBytes: proof.targetBytes, runNumber })
      return
    }
    this.verdicts[index] = VERDICTS.indexOf(this.judge(proof, index))
    this.proofRuns[index] = runNumber
    const { columns } = this
    columns.targetBytes[index] = proof.targetBytes
    columns.targetHash[index] = Number.parseInt(proof.targetHash, 16)
    columns.sourceHash[index] = Number.parseInt(proof.sourceHash ?? '0', 16)
    columns.hasSourceHash[index] = proof.sourceHash === null ? 0 : 1
    columns.hasRejects[index] = proof.hasRejects ? 1 : 0
    columns.recordsRead[index] = proof.records.read
    columns.recordsRejected[index] = proof.records.rejected
    columns.recordsFiltered[index] = proof.records.filtered
  }

  /**
   * Enters a line of a manifest: a run was about to make this target. If no journal of that run or a later one proves it, the
   * target may be newer than what is proved about it. Claims and proofs may come in any order.
   */
  takeClaim(target: string, runNumber: number): void {
    const index = this.index.find(target)
    if (index >= 0) this.claimRuns[index] = Math.max(this.claimRuns[index] ?? 0, runNumber)
  }

  /** Whether a run from `runNumber` on proved a target that this plan does not make. */
  provesStranger(target: string, runNumber: number): boolean {
    return (this.strangers.get(target)?.runNumber ?? 0) >= runNumber
  }

  /** An earlier run made the target, or was about to. */
  isClaimed(index: number): boolean {
    return (this.proofRuns[index] ?? 0) > 0 || (this.claimRuns[index] ?? 0) > 0
  }

  /** Decides for each file whether it is done, once all proofs and claims are in. */
  decide(options: ResumeOptions): ResumeDecision {
    const orphans = options.findsOrphans ? this.orphans(options.targetRoot) : []
    const decision = new ResumeDecision(this.files.length, this.columns, orphans)
    for (let index = 0; index < this.files.length; index++) {
      const reason = options.isForced ? 'forced' : this.reason(index, options.existing)
      if (reason === null) decision.setDone(index)
      else decision.rerun(index, reason)
    }
    return decision
  }

  private reason(index: number, existing: ExistingTargets): RunReason | null {
    const verdict = VERDICTS[this.verdicts[index] ?? 0] ?? 'new'
    if ((this.claimRuns[index] ?? 0) > (this.proofRuns[index] ?? 0)) return 'an earlier run did not finish it'
    if (verdict !== 'proved') return verdict
    const sizeBytes = existing.sizeBytes(index)
    if (sizeBytes === null) return 'target is gone'
    return sizeBytes === this.columns.targetBytes[index] ? null : 'target size differs'
  }

  private judge(proof: Proof, index: number): Verdict {
    if (proof.source !== this.files.path(index)) return 'made from another source'
    if (proof.sizeBytes !== this.files.sizeBytes(index)) return 'source size differs'
    if (BigInt(proof.mtimeNs) !== this.files.mtimeNs(index)) return 'source mtime differs'
    return proof.filePlanHash === this.filePlanHash(this.files.format(index)) ? 'proved' : 'mapping or options differ'
  }

  /** Targets that are still as they were made, and that this plan does not make; in the order of their names. */
  private orphans(targetRoot: string): Orphan[] {
    const tree = new GuardedTree(targetRoot)
    const orphans: Orphan[] = []
    for (const [target, { source, sizeBytes }] of this.strangers) {
      const stats = statIfPlain(tree, join(targetRoot, target))
      if (stats?.size === sizeBytes) orphans.push({ target, source, sizeBytes })
    }
    return orphans.sort((left, right) => (left.target < right.target ? -1 : 1))
  }
}

function statIfPlain(tree: GuardedTree, path: string) {
  try {
    return tree.statFile(path)
  } catch {
    // A folder on the way is a link or a file now, or cannot be entered: what is behind it was not made by us.
    return undefined
  }
}

function remember(hashOf: (format: SourceFormat) => string): (format: SourceFormat) => string {
  const known = new Map<SourceFormat, string>()
  return (format) => {
    const hash = known.get(format) ?? hashOf(format)
    known.set(format, hash)
    return hash
  }
}
