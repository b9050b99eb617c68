import { z } from 'zod'
import { NodeSchema } from '../model/commit-record.ts'
import { VERDICT_KINDS } from '../model/measurement.ts'
import { RecordCountsSchema } from '../model/task-result.ts'

/** What a node tells of itself, about once a second, in the register of its queue. Whoever can reach the queue can write there. */

const count = z.number().int().nonnegative()

const noRecords = { read: 0, written: 0, rejected: 0, filtered: 0 }

/** A shard that a node has in its hands. */
const ShardStatusSchema = z.object({
  /** The run that froze the plan. */
  generation: z.string(),
  shard: count,
  /** Where it is only a part of the shard: the number of its first file in it. */
  from: count.nullable(),
  /** `waiting`: for the threads of the node. */
  state: z.enum(['waiting', 'converting']),
  /** Of the shard, or of the part of it. */
  fileCount: count,
  bytes: count,
  /** Of these, what is committed, also by nodes before this one. */
  doneFiles: count,
  failedFiles: count,
  /** Bytes of sources read, those of done files included. */
  readBytes: count,
  /** Of the files that this node has done of it. */
  records: RecordCountsSchema.default(noRecords),
  rejectCodes: z.record(z.string(), count).default({}),
  failuresByCode: z.record(z.string(), count).default({}),
  /** Files in work. */
  current: z.array(z.object({ file: z.string(), readBytes: count, sizeBytes: count })),
})

export const NodeStatusSchema = z.object({
  node: NodeSchema,
  /** Of Drover. */
  version: z.string().max(100),
  /** The form of plans that it works for. */
  planVersion: count.default(0),
  /** `draining`: it ends what it has in work, and takes nothing more. */
  state: z.enum(['serving', 'draining']),
  /** Of the whole node, over the last seconds. */
  megabytesPerSecond: z.number().nonnegative(),
  /** What bound the last shard that it ended. */
  verdict: z.enum(VERDICT_KINDS).nullable(),
  shards: z.array(ShardStatusSchema),
  /** Jobs that it refused, with the last reason; null: none. */
  refused: z.object({ jobs: count, code: z.string(), message: z.string() }).nullable(),
  startedAtMs: z.number(),
  /** Its last sign of life; milliseconds since 1970 by its own clock, as all times here. */
  atMs: z.number(),
})

export type NodeStatus = z.infer<typeof NodeStatusSchema>
export type ShardStatus = NodeStatus['shards'][number]
