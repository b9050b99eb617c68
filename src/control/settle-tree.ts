import { collectStaged } from '../commit/collect-staged.ts'
import { readProofs } from '../commit/journal-reader.ts'
import type { LockHandle, OtherMembers } from '../commit/lock.ts'
import { settleManifests, settleShardManifests, withdrawClaims, type ManifestHeader } from '../commit/manifest.ts'
import { pruneOrphans } from '../commit/prune-orphans.ts'
import { runNumberOf } from '../commit/run-id.ts'
import type { StopReason } from '../schedule/stop-switch.ts'
import type { Plan, Remainder } from './make-plan.ts'
import type { TargetLedger } from './target-ledger.ts'

interface Books {
  readonly plan: Plan
  readonly remainder: Remainder
  readonly header: ManifestHeader
  readonly ledger: TargetLedger
  /** Targets that this run did not make, since something else had come into their places: they are claimed no longer. */
  readonly strangers: ReadonlySet<string>
  /** Told when orphans are removed, whatever fails after that. */
  readonly onPruned: () => void
}

const STRANGERS_CODES: ReadonlySet<string> = new Set(['TARGET_EXISTS', 'TARGET_LINK', 'TARGET_NOT_A_FOLDER'])

/** Whether the commit of a file failed by what somebody else put there, so that nothing under the target's name is the run's own. */
export function isStrangersCode(code: string): boolean {
  return STRANGERS_CODES.has(code)
}

interface TreeToSettle extends Books {
  readonly lock: LockHandle
  readonly stopped: StopReason | null
  readonly hasFailures: boolean
}

/**
 * Tidies the target tree up when all files of a run on this machine have ended: what is staged, orphans, manifests.
 * @throws where the lock was taken over: whoever did it has staged files of its own by now.
 */
export async function settleTree(tree: TreeToSettle): Promise<void> {
  await tree.lock.finish(async (others) => {
    await collectStaged({ targetRoot: tree.plan.targetRoot, liveRunId: null, others })
    if (tree.stopped !== 'fatal') await settle(tree, others)
  })
}

/** Orphans, and the manifests of this run and of dead ones. */
async function settle(tree: TreeToSettle, others: OtherMembers): Promise<void> {
  const { plan, header, ledger, strangers } = tree
  const { targetRoot, options } = plan
  if (plan.shard !== null) {
    const isLast = others.size === 0
    if (strangers.size > 0) await withdrawClaims({ targetRoot, isDurable: options.fsync }, header, strangers)
    await settleShardManifests(
      { targetRoot, isDurable: options.fsync, areOwnProved: ledger.isComplete, runId: header.runId, isLast },
      (onProof) => readProofs(targetRoot, onProof),
    )
    return
  }
  await settleBooks({ ...tree, mayPrune: tree.stopped === null && !tree.hasFailures })
}

/** Removes orphans where that is asked for, and settles the manifests of the whole tree: of a run, or of the coordinator of a cluster. */
export async function settleBooks({
  plan,
  remainder,
  header,
  ledger,
  strangers,
  mayPrune,
  onPruned,
}: Books & { readonly mayPrune: boolean }): Promise<void> {
  const { targetRoot, options } = plan
  const { orphans } = remainder.decision
  if (options.prune && mayPrune) {
    await pruneOrphans({ targetRoot, orphans, isDurable: options.fsync })
    if (orphans.length > 0) onPruned()
  }
  await settleManifests(
    { targetRoot, isDurable: options.fsync, areOwnProved: ledger.isComplete },
    header,
    (target, runId) =>
      ledger.has(target) || strangers.has(target) || remainder.provesStranger(target, runNumberOf(runId)),
  )
}
