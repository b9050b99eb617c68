import { z } from 'zod'
import { isPathInside } from './frozen-plan.ts'
import { NoticeCountsSchema, RecordCountsSchema, WireErrorSchema } from './task-result.ts'
import { BusyTimeSchema, StageTimesSchema } from './times.ts'

/** Shapes of commit records: what a node of a cluster writes to win a unit of files, once for all nodes. */

const count = z.number().int().nonnegative()
const pathInside = z.string().refine(isPathInside)

const RecordedTargetSchema = z.object({
  isConverted: z.literal(true),
  /** The file's place in its shard, from 0. */
  at: count,
  attempt: count,
  /** Relative to the target tree. */
  stagedTarget: pathInside,
  /** Where its rejects are staged; null: it has none. */
  stagedRejects: pathInside.nullable(),
  targetBytes: count,
  targetHash: count,
  sourceHash: count.nullable(),
  records: RecordCountsSchema,
  rejectCodes: z.record(z.string(), count).exactOptional(),
  /** Left out where all are 0. */
  notices: NoticeCountsSchema.exactOptional(),
  stageNs: StageTimesSchema,
  /** Milliseconds since 1970: nodes share no other clock. */
  startMs: z.number(),
  durationNs: z.number().nonnegative(),
  thread: count,
  slice: BusyTimeSchema.exactOptional(),
})

export type RecordedTarget = z.infer<typeof RecordedTargetSchema>

const RecordedFailureSchema = z.object({ isConverted: z.literal(false), at: count, error: WireErrorSchema })

export type RecordedFailure = z.infer<typeof RecordedFailureSchema>

/** A node as records and progress name it. */
export const NodeSchema = z.object({
  /** Unique among all nodes that ever were. */
  name: z.string().regex(/^[\w.-]{1,100}$/),
  host: z.string(),
  pid: count,
  threads: count,
  cores: count,
})

export type NodeIdentity = z.infer<typeof NodeSchema>

export const CommitRecordSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    node: NodeSchema,
    /** Which try at the shard this was, from 1. */
    attempt: count,
    /** Every file of the unit once. */
    files: z.array(z.discriminatedUnion('isConverted', [RecordedTargetSchema, RecordedFailureSchema])),
  }),
  /** The files of this unit have records of their own. */
  z.object({ kind: z.literal('split'), node: NodeSchema }),
])

export type CommitRecord = z.infer<typeof CommitRecordSchema>
