import type { Job } from 'bullmq'
import { findPlan, type FoundPlan } from '../../cluster/find-plan.ts'
import type { ShardJob } from '../../cluster/shard-job.ts'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { makeRecordFolder, recordFolder } from '../../commit/records/commit-record.ts'
import type { CommitUnit } from '../../commit/records/commit-units.ts'
import { readShard } from '../../commit/records/frozen-plan.ts'
import { findOpenUnits } from '../../commit/records/settle-shard.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import type { TreeFiles } from '../../storage/tree-files.ts'
import { ShardProgress } from './shard-progress.ts'

export type ShardJobOnQueue = Pick<
  Job<ShardJob>,
  'id' | 'data' | 'stalledCounter' | 'attemptsMade' | 'attemptsStarted' | 'moveToDelayed' | 'moveToWait'
>

/** A shard that a node has in its hands. */
export interface ShardInWork {
  readonly id: string
  readonly found: FoundPlan
  readonly files: readonly ShardFile[]
  /** Where its commit records lie. */
  readonly folder: string
  readonly controller: AbortController
  /** What it has to convert. */
  readonly open: readonly CommitUnit[]
  readonly progress: ShardProgress
}

/**
 * Finds what a job asks for.
 * @param root of the node. @param controller gives the shard up.
 * @throws MigrationError PLAN_REFUSED, GENERATION_CLOSED, BOOKKEEPING_UNSAFE.
 */
export async function openShard(job: ShardJobOnQueue, root: string, controller: AbortController): Promise<ShardInWork> {
  const found = await findPlan(job.data, root)
  const { generation, plan } = found
  const { generation: id, shard, range } = found.job
  const files = await readShard(generation, plan, shard)
  const folder = recordFolder(generation, shard)
  await makeRecordFolder(treeOf(found), folder)
  const open = await findOpen({ found, files, folder })
  const progress = new ShardProgress({ generation: id, shard, range, files, units: open })
  return { id: job.id ?? '', found, files, folder, controller, open, progress }
}

/** What nobody has committed of a shard, or of the part of it that is asked for. */
export async function findOpen({
  found,
  files,
  folder,
}: Pick<ShardInWork, 'found' | 'files' | 'folder'>): Promise<CommitUnit[]> {
  const { range } = found.job
  const open = await findOpenUnits(treeOf(found), files, folder)
  return range === undefined ? open : open.filter(({ from, to }) => from >= range.from && to <= range.to)
}

/** The tree that the shard's bookkeeping lies in. */
export function treeOf({ generation }: FoundPlan): TreeFiles {
  return bookkeepingPaths(generation.targetRoot).tree
}
