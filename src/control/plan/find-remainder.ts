import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import type { Damage } from '../../commit/journal/damage.ts'
import { readJournals, type JournalSummary, type ProofTree } from '../../commit/journal/journal-reader.ts'
import { readManifests } from '../../commit/journal/manifest.ts'
import { rejectsSize } from '../../commit/rejects-file.ts'
import { runNumberOf } from '../../commit/run-id.ts'
import type { SourceTree } from '../../model/journal-entry.ts'
import { findExistingTargets, refuseForeignTargets, type ExistingTargets } from '../../plan/find-existing-targets.ts'
import { OrphanFinder } from '../../plan/find-orphans.ts'
import { PathIndex } from '../../plan/path-index.ts'
import type { ResumeDecision } from '../../plan/resume-decision.ts'
import { ResumeLedger } from '../../plan/resume-ledger.ts'
import type { TreeFiles } from '../../storage/tree-files.ts'
import { describeDamage, warnOfDamage } from './describe-damage.ts'
import type { Plan } from './make-plan.ts'
import { joinSourceTrees } from './join-source-trees.ts'
import { refusePrune } from './refuse-prune.ts'

/** What earlier runs left of a plan: which files are done, and why the others run. */
export interface Remainder {
  readonly existing: ExistingTargets
  readonly decision: ResumeDecision
  readonly bookkeeping: FoundBookkeeping
}

/** The bookkeeping of a target tree as it was found. */
export interface FoundBookkeeping {
  /** Whether a journal of a run from `runNumber` on proves a target that this plan does not make. */
  readonly provesUnplanned: (target: string, runNumber: number) => boolean
  /** Targets that this plan does not make, and whose proofs are in doubt. */
  readonly doubtfulUnplanned: () => Iterable<string>
  readonly damage: readonly Damage[]
  readonly journals: Pick<JournalSummary, 'journals' | 'entryCount' | 'unsealed'>
  /** How many targets have a proof. */
  readonly provedTargets: number
  /** The source tree of proofs, also of those that do not tell where this run can tell; null: it is not known. */
  readonly treeOf: (tree: ProofTree) => SourceTree | null
  /** For the report. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

/**
 * Reads what earlier runs proved and claimed, and decides for each file whether it is done. Writes nothing.
 * @throws MigrationError TARGET_EXISTS where a target is there that nobody claims, BOOKKEEPING_DAMAGED where that may be so because something is
 *   damaged; PRUNE_REFUSED.
 */
export async function findRemainder(plan: Plan): Promise<Remainder> {
  const { discovery, targetRoot, targets, options } = plan
  const paths = bookkeepingPaths(targetRoot)
  const { tree } = paths
  const existing = await findExistingTargets(tree, targets)
  const ledger = new ResumeLedger(discovery.files, targets, plan.filePlanHash)
  // Claims before proofs: a shard that ends meanwhile drops its claims when its proofs are there.
  const damagedManifests = await readManifests(targetRoot, (claim, { runId }) =>
    ledger.takeClaim(claim.target, runNumberOf(runId)),
  )
  const journals = await readJournals(targetRoot, (entry, runId, tree) =>
    ledger.takeProof(entry, runNumberOf(runId), tree),
  )
  const damage = [...damagedManifests, ...journals.damage]
  for (const { runNumber } of damage) ledger.takeDamage(runNumber)
  refuseForeignTargets(existing, targets, {
    isClaimed: (index) => ledger.isClaimed(index),
    mayOverwrite: options.overwrite,
    damaged: damage.length === 0 ? null : describeDamage(damage),
  })
  const finder = orphanFinder(plan, tree, ledger)
  if (options.prune) refusePrune(plan, ledger, finder)
  // What is missing from an incomplete list may be another shard's.
  const findsOrphans = !discovery.isSingleFile && discovery.failed.length === 0 && plan.shard === null
  const decision = await ledger.decide({
    existing,
    isForced: options.force,
    rejectsSizeOf: (source) => rejectsSize(paths, source),
    findOrphans: findsOrphans ? (candidates) => finder.find(candidates) : null,
  })
  return {
    existing,
    decision,
    bookkeeping: {
      provesUnplanned: (target, runNumber) => ledger.provesUnplanned(target, runNumber),
      doubtfulUnplanned: () => ledger.doubtfulUnplanned(),
      damage,
      journals,
      provedTargets: ledger.provedTargets,
      treeOf: (tree) =>
        finder.isHere(tree) ? joinSourceTrees(plan.sourceTree, tree.source ?? plan.sourceTree) : tree.source,
      warnings: damage.length === 0 ? [] : [warnOfDamage(damage, decision.doubtful.size)],
    },
  }
}

function orphanFinder({ discovery, sourceTree }: Plan, tree: TreeFiles, ledger: ResumeLedger): OrphanFinder {
  const sources = new PathIndex({ length: discovery.files.length, path: (index) => discovery.files.path(index) })
  const here = { tree: sourceTree, has: (source: string) => sources.find(source) >= 0 }
  return new OrphanFinder(here, tree, ledger.proofTrees)
}

/** Files that still have to be converted, by their numbers. */
export function filesToConvert(plan: Plan, { decision }: Remainder): Uint32Array {
  const { files } = plan.discovery
  const indexes = new Uint32Array(files.length)
  let count = 0
  for (let index = 0; index < files.length; index++) if (decision.reason(index) !== null) indexes[count++] = index
  return indexes.slice(0, count)
}
