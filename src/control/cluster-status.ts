import type { NodeStatus } from '../cluster/node-status.ts'
import { openQueue, type ShardQueue } from '../cluster/open-queue.ts'
import type { QueueAddress } from '../cluster/queue-address.ts'
import { readStatuses } from './watch-cluster.ts'

/** The state of a queue and of the nodes that serve it. */
export interface ClusterStatus {
  readonly server: string
  readonly queue: string
  /** Jobs by state: waiting, active, delayed, completed, failed. */
  readonly jobs: Readonly<Record<string, number>>
  /** Nodes that are connected, with or without work. */
  readonly nodes: readonly string[]
  readonly inWork: readonly NodeStatus[]
  /** The last jobs that failed, with the reason. */
  readonly failures: readonly { readonly jobId: string; readonly reason: string }[]
}

const SHOWN_FAILURES = 10

/** @throws MigrationError QUEUE_UNREACHABLE. */
export async function readClusterStatus(address: QueueAddress): Promise<ClusterStatus> {
  const queue = await openQueue(address)
  try {
    return await statusOf(queue, address)
  } finally {
    await queue.close()
  }
}

export async function statusOf(queue: ShardQueue, address: QueueAddress): Promise<ClusterStatus> {
  const [jobs, workers, inWork, failed] = await Promise.all([
    queue.getJobCounts('waiting', 'active', 'delayed', 'completed', 'failed'),
    queue.getWorkers().catch(() => []),
    readStatuses(queue, null),
    queue.getJobs(['failed'], 0, SHOWN_FAILURES - 1),
  ])
  return {
    server: address.server.shown,
    queue: address.queue,
    jobs,
    nodes: workers.map((worker) => nodeNameOf(worker)),
    inWork,
    failures: failed.map(({ id, failedReason }) => ({ jobId: id ?? '', reason: failedReason ?? '' })),
  }
}

/** BullMQ names the connection of a worker `<queue>:w:<name>`, and gives the last part back as its name. */
function nodeNameOf(worker: Readonly<Record<string, string>>): string {
  return worker['name'] ?? worker['rawname'] ?? ''
}
