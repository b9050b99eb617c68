import { collectStaged } from '../commit/staging/collect-staged.ts'
import { compactJournals, isCompactionDue } from '../commit/journal/compact-journals.ts'
import { readProofs } from '../commit/journal/journal-reader.ts'
import type { AssertOwned, LockHandle, OtherMembers } from '../commit/lock/lock.ts'
import {
  settleManifests,
  settleShardManifests,
  withdrawClaims,
  type ManifestHeader,
} from '../commit/journal/manifest.ts'
import { pruneOrphans } from '../commit/prune-orphans.ts'
import { runNumberOf } from '../commit/run-id.ts'
import { sealJournals } from '../commit/journal/seal-journals.ts'
import { printableName } from '../errors/printable-name.ts'
import type { StopReason } from '../schedule/stop-switch.ts'
import type { Remainder } from './plan/find-remainder.ts'
import type { Plan } from './plan/make-plan.ts'
import type { TargetLedger } from './target-ledger.ts'

interface TreeBookkeeping {
  readonly plan: Plan
  readonly remainder: Remainder
  readonly header: ManifestHeader
  readonly ledger: TargetLedger
  /** Targets that this run did not make, since something else had come into their places: they are claimed no longer. */
  readonly foreignTargets: ReadonlySet<string>
  /** Asked before each step: whoever took a process for dead that was only held up may be at work by then. */
  readonly assertOwned: AssertOwned
  /** Told which orphans are removed, whatever fails after that. */
  readonly onPruned: (targets: readonly string[]) => void
  /** Told of what could not be done, and does not end the run. */
  readonly warn: (code: string, message: string) => void
}

const STRANGERS_CODES: ReadonlySet<string> = new Set(['TARGET_EXISTS', 'TARGET_LINK', 'TARGET_NOT_A_FOLDER'])

/** Whether the commit of a file failed by what somebody else put there, so that nothing under the target's name is the run's own. */
export function isForeignTargetCode(code: string): boolean {
  return STRANGERS_CODES.has(code)
}

interface TreeToSettle extends Omit<TreeBookkeeping, 'assertOwned'> {
  /** False where some of the run's targets are on other mounts, and so were staged beside their places. */
  readonly isStagedInOneArea: boolean
  readonly lock: LockHandle
  readonly stopped: StopReason | null
  /** False where the own journal is gone or has no end: what it may prove is claimed on, and the next run sees to it. */
  readonly areProofsWhole: boolean
  readonly hasFailures: boolean
}

/**
 * Tidies the target tree up when all files of a run on this machine have ended: what is staged, orphans, manifests, journals.
 * @throws where the lock was taken over: whoever did it has staged files of its own by now.
 */
export async function settleTree(tree: TreeToSettle): Promise<void> {
  const { targetRoot } = tree.plan
  const stagedInOneArea = tree.isStagedInOneArea ? tree.header.runId : null
  await tree.lock.finish(async (others, assertOwned) => {
    await collectStaged({ targetRoot, liveRunId: null, others, assertOwned, stagedInOneArea })
    if (tree.stopped !== 'fatal' && tree.areProofsWhole) await settle({ ...tree, assertOwned }, others)
  })
}

/** Orphans, and the manifests of this run and of dead ones. */
async function settle(tree: TreeToSettle & TreeBookkeeping, others: OtherMembers): Promise<void> {
  if (tree.plan.shard !== null) return settleShard(tree, others.size === 0)
  await settleBookkeeping({ ...tree, mayPrune: tree.stopped === null && !tree.hasFailures })
}

async function settleShard(
  { plan, header, ledger, foreignTargets, assertOwned }: TreeBookkeeping,
  isLast: boolean,
): Promise<void> {
  const { targetRoot, options } = plan
  const isDurable = options.fsync
  if (isLast) {
    // Before the claims of dead shards go.
    const { unsealed, journals, entryCount, damage } = await readProofs(targetRoot, () => {})
    await sealJournals(unsealed, { targetRoot, isDurable, assertOwned })
    const isDue = damage.length === 0 && isCompactionDue(journals.length, entryCount, entryCount)
    if (isDue) await compactJournals({ targetRoot, isDurable, assertOwned })
  }
  if (foreignTargets.size > 0) await withdrawClaims({ targetRoot, isDurable, assertOwned }, header, foreignTargets)
  await settleShardManifests(
    { targetRoot, isDurable, assertOwned, areOwnProved: ledger.isComplete, runId: header.runId, isLast },
    async (onProof) => void (await readProofs(targetRoot, onProof)),
  )
}

/**
 * Removes orphans where that is asked for, and settles the manifests and journals of the whole tree: of a run, or of the coordinator of
 * a cluster.
 */
export async function settleBookkeeping(bookkeeping: TreeBookkeeping & { readonly mayPrune: boolean }): Promise<void> {
  const { plan, remainder, header, ledger, foreignTargets, mayPrune, assertOwned } = bookkeeping
  const { targetRoot, options } = plan
  const { decision } = remainder
  const isDurable = options.fsync
  if (options.prune && mayPrune && decision.orphans.length > 0) await prune(bookkeeping)
  // Stopped before all was compared: what is damaged must stay, since the next run has to see it.
  if (decision.doubtful.size > 0) return
  await sealJournals(remainder.bookkeeping.journals.unsealed, { targetRoot, isDurable, assertOwned })
  await settleManifests(
    { targetRoot, isDurable, assertOwned, areOwnProved: ledger.isComplete, doubtful: claimsOfDoubt(bookkeeping) },
    header,
    (target, runId) =>
      ledger.has(target) ||
      foreignTargets.has(target) ||
      remainder.bookkeeping.provesUnplanned(target, runNumberOf(runId)),
  )
  await compact(bookkeeping)
}

async function prune({ plan, remainder, assertOwned, onPruned, warn }: TreeBookkeeping): Promise<void> {
  const { targetRoot, options } = plan
  const removed: string[] = []
  try {
    await pruneOrphans({
      targetRoot,
      orphans: remainder.decision.orphans,
      isDurable: options.fsync,
      assertOwned,
      onRemoved: ({ target }) => removed.push(target),
      onFailed: ({ target }, { code, message }) =>
        warn(code, `--prune could not remove ${printableName(target)} with all its rejects: ${message}`),
    })
  } finally {
    onPruned(removed)
  }
}

/** Once what is damaged has gone, nobody could tell any more that these proofs are in doubt. */
function* claimsOfDoubt({ plan: { targets }, remainder, ledger, foreignTargets }: TreeBookkeeping): Generator<string> {
  if (remainder.bookkeeping.damage.length === 0) return
  yield* remainder.bookkeeping.doubtfulUnplanned()
  for (let index = 0; index < targets.length; index++) {
    const target = targets.path(index)
    if (!ledger.has(target) && !foreignTargets.has(target)) yield target
  }
}

/** Damaged journals are compacted in any case: all that could be in doubt is compared, made again, or claimed by now. */
async function compact({ plan, remainder, ledger, assertOwned }: TreeBookkeeping): Promise<void> {
  const { journals, provedTargets, damage, treeOf } = remainder.bookkeeping
  const made = ledger.targetCount - ledger.foundCount
  const count = journals.journals.length + (made > 0 ? 1 : 0)
  const targets = Math.max(provedTargets, ledger.targetCount)
  if (damage.length === 0 && !isCompactionDue(count, journals.entryCount + made, targets)) return
  const { targetRoot, options } = plan
  await compactJournals({ targetRoot, isDurable: options.fsync, assertOwned, treeOf, targets: ledger })
}
