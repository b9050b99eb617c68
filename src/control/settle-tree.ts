import { collectStaged } from '../commit/collect-staged.ts'
import { readProofs } from '../commit/journal-reader.ts'
import type { LockHandle, OtherMembers } from '../commit/lock.ts'
import { settleManifests, settleShardManifests, type ManifestHeader } from '../commit/manifest.ts'
import { pruneOrphans } from '../commit/prune-orphans.ts'
import { runNumberOf } from '../commit/run-id.ts'
import type { StopReason } from '../schedule/stop-switch.ts'
import type { Plan, Remainder } from './make-plan.ts'
import type { TargetLedger } from './target-ledger.ts'

export interface TreeToSettle {
  readonly plan: Plan
  readonly remainder: Remainder
  readonly lock: LockHandle
  readonly header: ManifestHeader
  readonly ledger: TargetLedger
  readonly stopped: StopReason | null
  readonly hasFailures: boolean
  /** Told when orphans are removed, whatever fails after that. */
  readonly onPruned: () => void
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
  const { plan, remainder, header, ledger } = tree
  const { targetRoot, options } = plan
  const settling = { targetRoot, isDurable: options.fsync, areOwnProved: ledger.isComplete }
  if (plan.shard !== null) {
    await settleShardManifests({ ...settling, runId: header.runId, isLast: others.size === 0 }, (onProof) =>
      readProofs(targetRoot, onProof),
    )
    return
  }
  const { orphans } = remainder.decision
  if (options.prune && tree.stopped === null && !tree.hasFailures) {
    await pruneOrphans({ targetRoot, orphans, isDurable: options.fsync })
    if (orphans.length > 0) tree.onPruned()
  }
  await settleManifests(
    settling,
    header,
    (target, runId) => ledger.has(target) || remainder.provesStranger(target, runNumberOf(runId)),
  )
}
