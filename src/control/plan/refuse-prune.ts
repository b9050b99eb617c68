import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { OrphanFinder, ProofTree } from '../../plan/find-orphans.ts'
import type { Plan } from './make-plan.ts'

/**
 * `--prune` believes that a source is gone. It does not where that is more likely a disk that is not mounted, a wrong `--in` or a filter.
 * @throws MigrationError PRUNE_REFUSED.
 */
export function refusePrune(
  { discovery, sourceTree, targetRoot }: Plan,
  ledger: { readonly proofTrees: Iterable<{ readonly tree: ProofTree }> },
  finder: Pick<OrphanFinder, 'isHere'>,
): void {
  const source = printableName(sourceTree.root)
  if (discovery.files.length === 0) {
    throw new MigrationError('PRUNE_REFUSED', `--prune found no source in ${source}, so it removes nothing`, {
      phase: 'plan',
      hint: 'check that it is mounted and that --in and the filters are right; to remove all targets, remove the target tree',
    })
  }
  const trees = [...ledger.proofTrees].map(({ tree }) => tree)
  if (trees.length === 0 || trees.some((tree) => finder.isHere(tree))) return
  const named = trees.flatMap((tree) => (tree.source === null ? [] : [tree.source.root]))
  const [other] = named
  const madeFrom = other === undefined ? 'another source tree' : printableName(other)
  throw new MigrationError(
    'PRUNE_REFUSED',
    `--prune removes nothing: the targets in ${printableName(targetRoot)} were made from ${madeFrom}, not from ${source}`,
    { phase: 'plan', hint: 'give --in the tree that they were made from, or leave out --prune' },
  )
}
