import { join } from 'node:path'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import type { RunState } from '../../control/coordinator/cluster-state.ts'
import { GuardedTree } from '../../storage/local/guarded-tree.ts'
import { placeInside, realRoot } from '../../storage/local/place-inside.ts'
import type { Report } from '../../model/report.ts'
import { readReport } from './read-report.ts'

/** Names of runs, as they name their reports. */
const RUN_ID = /^\d{6,15}-[0-9a-f]{6}$/

/**
 * The report that a run left in its target tree; null where there is none below the root. The queue says where the tree is, and whoever can
 * reach the queue can write there: it leads nowhere but to reports below the root.
 */
export function findReportOf(
  { generation, runId, targetRoot }: Pick<RunState, 'generation' | 'runId' | 'targetRoot'>,
  root: string,
): Report | null {
  const name = generation ?? runId
  if (!RUN_ID.test(name)) return null
  try {
    const tree = placeInside(realRoot(root), targetRoot)
    if (tree === null) return null
    const paths = bookkeepingPaths(tree)
    const path = join(paths.reports, `${name}.json`)
    return new GuardedTree(tree).headOf(path) === null ? null : readReport(path, name)
  } catch {
    return null
  }
}
