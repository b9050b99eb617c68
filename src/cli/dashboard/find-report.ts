import { readdirSync, realpathSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { ShardJobSchema } from '../../cluster/shard-job.ts'
import type { ShardQueue } from '../../cluster/open-queue.ts'
import { isPathInside } from '../../model/path-inside.ts'
import type { Report } from '../../model/report.ts'
import { GuardedTree } from '../../storage/guarded-tree.ts'
import { readReport } from '../report/read-report.ts'

/** Reports of runs, as coordinators leave them. */
const REPORT_NAME = /^\d{6,15}-[0-9a-f]{6}\.json$/

/**
 * The newest report in the target tree of the job that came last; null where there is none below the root. The job says where to look, and
 * whoever can reach the queue can write jobs: it leads nowhere but to reports below the root.
 */
export async function findNewestReport(queue: ShardQueue, root: string): Promise<Report | null> {
  const jobs = await queue.getJobs(['active', 'waiting', 'completed', 'failed'], 0, 0)
  const newest = jobs.flatMap((job) => job ?? []).toSorted((a, b) => b.timestamp - a.timestamp)[0]
  const parsed = ShardJobSchema.safeParse(newest?.data)
  if (!parsed.success) return null
  try {
    const realRoot = realpathSync(root)
    const folder = realpathSync(join(realRoot, parsed.data.targetRoot, '.migrate', 'reports'))
    if (!isPathInside(relative(realRoot, folder).split(sep).join('/'))) return null
    const name = readdirSync(folder)
      .filter((candidate) => REPORT_NAME.test(candidate))
      .toSorted()
      .at(-1)
    if (name === undefined || !new GuardedTree(folder).isPlainFile(join(folder, name))) return null
    return readReport(join(folder, name), name)
  } catch {
    return null
  }
}
