import type { JournalEntry } from '../model/journal-entry.ts'
import type { SourceFormat, SourceList } from '../model/source-list.ts'
import type { Answer } from '../storage/answer.ts'
import type { ExistingTargets } from './find-existing-targets.ts'
import type { OrphanCandidate, ProofTree } from './find-orphans.ts'
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
  | 'rejects'
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

const ASKS_FOR_REJECTS = Symbol('asks for the rejects')

export interface ResumeOptions {
  readonly existing: ExistingTargets
  /** `--force`: nothing counts as done. */
  readonly isForced: boolean
  /** The size of the rejects file of a source; null: it is not there. */
  readonly rejectsSizeOf: (source: string) => Promise<number | null>
  /** Looks for the orphans among these targets; null: they are not looked for. */
  readonly findOrphans: ((candidates: Iterable<OrphanCandidate>) => Answer<readonly Orphan[]>) | null
}

/** A target that this plan does not make, with what the last proof says. */
interface UnplannedTarget extends OrphanCandidate {
  readonly runNumber: number
}

export class ResumeLedger {
  readonly #files: SourceList
  readonly #filePlanHash: (format: SourceFormat) => string
  readonly #index: PathIndex
  readonly #verdicts: Uint8Array
  readonly #proofRuns: Float64Array
  readonly #claimRuns: Float64Array
  readonly #columns: ProofColumns
  /** Proofs of runs before this one are in doubt. */
  #doubtBefore = 0
  readonly #unplannedClaims = new Map<string, number>()
  /** Source trees of all proofs, and whether one of the sources is on the list. */
  readonly #trees = new Map<string, { readonly tree: ProofTree; hasSourceHere: boolean }>()
  /** Targets that this plan does not make, with what the last proof says. */
  readonly #unplanned = new Map<string, UnplannedTarget>()

  /** @param filePlanHash the part of this run's plan that concerns a source format. */
  constructor(files: SourceList, targets: TargetNames, filePlanHash: (format: SourceFormat) => string) {
    this.#files = files
    this.#filePlanHash = remember(filePlanHash)
    this.#index = new PathIndex(targets)
    this.#verdicts = new Uint8Array(files.length)
    this.#proofRuns = new Float64Array(files.length)
    this.#claimRuns = new Float64Array(files.length)
    this.#columns = {
      targetBytes: new Float64Array(files.length),
      targetHash: new Uint32Array(files.length),
      sourceHash: new Uint32Array(files.length),
      hasSourceHash: new Uint8Array(files.length),
      hasRejects: new Uint8Array(files.length),
      rejectsBytes: new Float64Array(files.length).fill(NaN),
      rejectsHash: new Uint32Array(files.length),
      recordsRead: new Float64Array(files.length),
      recordsRejected: new Float64Array(files.length),
      recordsFiltered: new Float64Array(files.length),
    }
  }

  /**
   * Enters a line of a journal. Of several about one target that of the highest run counts, and of one run the last.
   * @param runNumber from 1. @param tree the source tree of the proof.
   */
  takeProof(proof: Proof, runNumber: number, tree: ProofTree): void {
    const index = this.#index.find(proof.target)
    this.#noteTree(tree, index >= 0 && proof.source === this.#files.path(index))
    if (index < 0) {
      if ((this.#unplanned.get(proof.target)?.runNumber ?? 0) > runNumber) return
      const { target, source, targetBytes, targetHash } = proof
      this.#unplanned.set(target, { target, source, sizeBytes: targetBytes, hash: targetHash, runNumber, tree })
      return
    }
    if ((this.#proofRuns[index] ?? 0) > runNumber) return
    this.#verdicts[index] = VERDICTS.indexOf(this.#judge(proof, index))
    this.#proofRuns[index] = runNumber
    const columns = this.#columns
    columns.targetBytes[index] = proof.targetBytes
    columns.targetHash[index] = Number.parseInt(proof.targetHash, 16)
    columns.sourceHash[index] = Number.parseInt(proof.sourceHash ?? '0', 16)
    columns.hasSourceHash[index] = proof.sourceHash === null ? 0 : 1
    columns.hasRejects[index] = proof.hasRejects ? 1 : 0
    columns.rejectsBytes[index] = proof.rejects?.sizeBytes ?? NaN
    columns.rejectsHash[index] = Number.parseInt(proof.rejects?.hash ?? '0', 16)
    columns.recordsRead[index] = proof.records.read
    columns.recordsRejected[index] = proof.records.rejected
    columns.recordsFiltered[index] = proof.records.filtered
  }

  #noteTree(tree: ProofTree, isSourceHere: boolean): void {
    const known = this.#trees.get(tree.key)
    if (known === undefined) this.#trees.set(tree.key, { tree, hasSourceHere: isSourceHere })
    else known.hasSourceHere ||= isSourceHere
  }

  /** The source trees that proofs are about, and whether this plan has one of the sources that they name. */
  get proofTrees(): Iterable<{ readonly tree: ProofTree; readonly hasSourceHere: boolean }> {
    return this.#trees.values()
  }

  /** How many targets have a proof. */
  get provedTargets(): number {
    return this.#proofRuns.reduce((count, run) => count + (run > 0 ? 1 : 0), this.#unplanned.size)
  }

  /** Says that something of a run is damaged: it may have claimed or proved any target, so earlier proofs do not count by themselves. */
  takeDamage(runNumber: number): void {
    this.#doubtBefore = Math.max(this.#doubtBefore, runNumber)
  }

  /**
   * Enters a line of a manifest: a run was about to make this target. If no journal of that run or a later one proves it, the
   * target may be newer than what is proved about it. Claims and proofs may come in any order.
   */
  takeClaim(target: string, runNumber: number): void {
    const index = this.#index.find(target)
    if (index >= 0) this.#claimRuns[index] = Math.max(this.#claimRuns[index] ?? 0, runNumber)
    else this.#unplannedClaims.set(target, Math.max(this.#unplannedClaims.get(target) ?? 0, runNumber))
  }

  /** Targets that this plan does not make, and whose last proof is in doubt. */
  *doubtfulUnplanned(): Generator<string> {
    for (const { target, runNumber } of this.#unplanned.values()) if (runNumber < this.#doubtBefore) yield target
  }

  /** Whether a run from `runNumber` on proved a target that this plan does not make. */
  provesUnplanned(target: string, runNumber: number): boolean {
    return (this.#unplanned.get(target)?.runNumber ?? 0) >= runNumber
  }

  /** An earlier run made the target, or was about to. */
  isClaimed(index: number): boolean {
    return (this.#proofRuns[index] ?? 0) > 0 || (this.#claimRuns[index] ?? 0) > 0
  }

  /** Decides for each file whether it is done, once all proofs and claims are in. */
  async decide(options: ResumeOptions): Promise<ResumeDecision> {
    const orphans = (await options.findOrphans?.(this.#orphanCandidates())) ?? []
    const decision = new ResumeDecision(this.#files.length, this.#columns, orphans)
    for (let index = 0; index < this.#files.length; index++) {
      const verdict = options.isForced ? 'forced' : this.#reason(index, options)
      const reason = verdict === ASKS_FOR_REJECTS ? await this.#reasonOfRejects(index, options) : verdict
      if (reason !== null) decision.rerun(index, reason)
      else if ((this.#proofRuns[index] ?? 0) < this.#doubtBefore) decision.doubt(index)
      else decision.setDone(index)
    }
    return decision
  }

  /** Most files have no rejects, and nothing is waited for. */
  #reason(index: number, { existing }: ResumeOptions): RunReason | typeof ASKS_FOR_REJECTS | null {
    const columns = this.#columns
    const verdict = VERDICTS[this.#verdicts[index] ?? 0] ?? 'new'
    if ((this.#claimRuns[index] ?? 0) > (this.#proofRuns[index] ?? 0)) return 'an earlier run did not finish it'
    if (verdict !== 'proved') return verdict
    const sizeBytes = existing.sizeBytes(index)
    if (sizeBytes === null) return 'target is gone'
    if (sizeBytes !== columns.targetBytes[index]) return 'target size differs'
    return columns.hasRejects[index] === 0 ? null : ASKS_FOR_REJECTS
  }

  async #reasonOfRejects(index: number, { rejectsSizeOf }: ResumeOptions): Promise<RunReason | null> {
    const rejectsBytes = await rejectsSizeOf(this.#files.path(index))
    if (rejectsBytes === null) return 'rejects are gone'
    // Older versions did not write the size down.
    const provedBytes = this.#columns.rejectsBytes[index] ?? NaN
    return Number.isNaN(provedBytes) || provedBytes === rejectsBytes ? null : 'rejects differ'
  }

  /** A proof that is void or in doubt proves nothing that may be removed. */
  *#orphanCandidates(): Generator<OrphanCandidate> {
    for (const unplanned of this.#unplanned.values()) {
      const { target, runNumber } = unplanned
      if (runNumber >= this.#doubtBefore && runNumber >= (this.#unplannedClaims.get(target) ?? 0)) yield unplanned
    }
  }

  #judge(proof: Proof, index: number): Verdict {
    if (proof.source !== this.#files.path(index)) return 'made from another source'
    if (proof.sizeBytes !== this.#files.sizeBytes(index)) return 'source size differs'
    if (BigInt(proof.mtimeNs) !== this.#files.mtimeNs(index)) return 'source mtime differs'
    return proof.filePlanHash === this.#filePlanHash(this.#files.format(index)) ? 'proved' : 'mapping or options differ'
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
