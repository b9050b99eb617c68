import { readNodeStatus, type NodeStatus } from '../cluster/node-status.ts'
import type { ShardQueue } from '../cluster/open-queue.ts'

/** Jobs in work that are looked at: more than any terminal shows. */
const MOST_JOBS = 2000
/** A node that has told nothing for this long is not shown. */
const SILENT_MS = 20_000

/** What all nodes are at: the statuses of the jobs in work. @param generation null: of any run. */
export async function readStatuses(queue: ShardQueue, generation: string | null): Promise<NodeStatus[]> {
  const jobs = await queue.getActive(0, MOST_JOBS - 1)
  return jobs.flatMap((job) => {
    if (generation !== null && (job.data as { generation?: unknown } | null)?.generation !== generation) return []
    const status = readNodeStatus(job.progress)
    return status === null || status.atMs < Date.now() - SILENT_MS ? [] : [status]
  })
}

/** Statuses by node: a node may have several shards in work. */
export function groupByNode(statuses: readonly NodeStatus[]): NodeStatus[][] {
  const byName = new Map<string, NodeStatus[]>()
  for (const status of statuses) byName.set(status.node.name, [...(byName.get(status.node.name) ?? []), status])
  return [...byName.values()]
}
