import { z } from 'zod'
import { NodeSchema } from '../model/commit-record.ts'
import { VERDICT_KINDS } from '../model/measurement.ts'

/** What a node tells of a shard in work, once a second, as the progress of its job. */

const count = z.number().int().nonnegative()

export const NodeStatusSchema = z.object({
  node: NodeSchema,
  shard: count,
  /** Of this try at the shard. */
  doneFiles: count,
  failedFiles: count,
  readBytes: count,
  /** Of the whole node, over the last seconds. */
  megabytesPerSecond: z.number().nonnegative(),
  verdict: z.enum(VERDICT_KINDS).nullable(),
  current: z.array(z.object({ file: z.string(), readBytes: count, sizeBytes: count })),
  atMs: z.number(),
})

export type NodeStatus = z.infer<typeof NodeStatusSchema>

/** The status in the progress of a job; null for anything else, since whoever can reach the queue can write there. */
export function readNodeStatus(progress: unknown): NodeStatus | null {
  const parsed = NodeStatusSchema.safeParse(progress)
  return parsed.success ? parsed.data : null
}
