import type { CommitOutcome } from '../commit/publish/commit-outcome.ts'
import { Committer } from '../commit/committer.ts'
import type { LockHandle } from '../commit/lock/lock.ts'
import { writeManifest, type ManifestHeader } from '../commit/journal/manifest.ts'
import { StagingArea, type StagedPaths } from '../commit/staging/staging-area.ts'
import type { Sink } from '../run/sink.ts'
import type { Converted } from '../schedule/run-files.ts'
import { checkJournal, type JournalCheck } from './check-journal.ts'
import type { Remainder } from './plan/find-remainder.ts'
import { makeJournalEntry } from './make-journal-entry.ts'
import type { Plan } from './plan/make-plan.ts'
import { isForeignTargetCode } from './settle-tree.ts'
import { TargetLedger } from './target-ledger.ts'

interface TreeSinkOptions {
  readonly plan: Plan
  /** What the plan saw in the places of its targets. */
  readonly existing: Remainder['existing']
  readonly lock: LockHandle
  /** Told of each group that was committed, as Committer tells it. */
  readonly onGroup: (startMs: number, endMs: number, fileCount: number) => void
}

/** Commits into the own journal, and knows what is in the target tree by now. */
export class TreeSink implements Sink {
  /** What is there and proved, by earlier runs or this one. */
  readonly ledger: TargetLedger
  /** Targets in whose places something else came meanwhile. */
  readonly foreignTargets = new Set<string>()
  readonly #options: TreeSinkOptions
  #opened: { readonly staging: StagingArea; readonly committer: Committer } | null = null

  constructor(options: TreeSinkOptions) {
    this.#options = options
    this.ledger = new TargetLedger(options.plan.targets)
  }

  /** False where some of the targets are on other mounts, and so are staged beside their places. */
  get isStagedInOneArea(): boolean {
    return this.#opened?.staging.isInOnePlace ?? true
  }

  get header(): ManifestHeader {
    const { lock, plan } = this.#options
    return { runId: lock.runId, manifestHash: plan.manifestHash, planHash: plan.planHash }
  }

  /**
   * Claims the targets and opens the journal: nothing may be staged before.
   * @param indexes of the files to come, in the order of the plan.
   * @throws MigrationError JOURNAL_FAILED where no journal can be made; errors of the system.
   */
  async open(indexes: Uint32Array): Promise<void> {
    const { plan, lock, onGroup } = this.#options
    const { targetRoot, options, discovery, sourceTree } = plan
    const isDurable = options.fsync
    const staging = await StagingArea.open({ targetRoot, runId: lock.runId })
    await writeManifest({ targetRoot, isDurable }, this.header, staging.claims(plan.targets, indexes))
    const committer = await Committer.open({
      targetRoot,
      sourceRoot: discovery.root,
      sourceTree,
      mayOverwrite: options.overwrite,
      lock,
      isDurable,
      onGroup,
    })
    this.#opened = { staging, committer }
  }

  nextPaths(target: string): StagedPaths {
    return this.#parts.staging.nextPaths(target)
  }

  async commit(files: readonly Converted[], attempt: number): Promise<readonly CommitOutcome[]> {
    const { plan, existing } = this.#options
    const staged = files.map(({ result, task }) => {
      const { index, targetBytes, targetHash } = result
      const proved = makeJournalEntry(plan, result, attempt)
      const { source, target, hasRejects } = proved
      const { stagedTarget } = task
      const stagedRejects = hasRejects ? task.stagedRejects : null
      return {
        source,
        target,
        seen: existing.seen(index),
        stagedTarget,
        stagedRejects,
        targetBytes,
        targetHash,
        proved,
      }
    })
    const outcomes = await this.#parts.committer.commit(staged)
    for (const [at, outcome] of outcomes.entries()) {
      const file = files[at]
      if (file !== undefined) this.#note(file, outcome)
    }
    return outcomes
  }

  /** The next run finds that it has no proof. */
  fail(): void {}

  whenReady(): Promise<void> {
    return this.#parts.committer.whenReady()
  }

  close(): Promise<void> {
    return this.#parts.committer.close()
  }

  /** Looks whether the own journal is whole. Call it when the sink is closed. */
  checkJournal(): Promise<JournalCheck> {
    const made = this.ledger.targetCount - this.ledger.foundCount
    return checkJournal(this.#options.plan.targetRoot, this.#options.lock.runId, made)
  }

  get #parts(): { readonly staging: StagingArea; readonly committer: Committer } {
    if (this.#opened === null) throw new Error('nothing can be committed before the sink is open')
    return this.#opened
  }

  #note({ result: { index, targetBytes, targetHash } }: Converted, outcome: CommitOutcome): void {
    const { plan, existing } = this.#options
    if (outcome.isCommitted) this.ledger.add(index, targetBytes, targetHash)
    // Where the plan saw a file, that was an own one, or one that may be replaced.
    else if (isForeignTargetCode(outcome.error.code) && !existing.has(index))
      this.foreignTargets.add(plan.targets.path(index))
  }
}
