import { z } from 'zod'
import { PathInsideSchema, PlainNameSchema, TargetInsideSchema } from './paths/path-schemas.ts'

/** A shard of a tree: what one of several runs of the same plan converts. */

const count = z.number().int().nonnegative()

/** Which shard a run is, from 1. */
export interface ShardNumber {
  readonly index: number
  readonly count: number
}

/** What the report of a shard says beside that of a whole run. */
export const ShardReportSchema = z.object({
  index: z.number().int().positive(),
  count: z.number().int().positive(),
  host: z.string(),
  /** Sources of the shard, whether this run converted them or not, and of the whole tree. */
  files: count,
  bytes: count,
  treeFiles: count,
  treeBytes: count,
  /** The tree hash over the targets of this shard that are there. */
  targetsHash: z.string(),
  targetCount: count,
  /** The list of these targets, beside the report in `.migrate/reports`. */
  targetsFile: PlainNameSchema,
})

export type ShardReport = z.infer<typeof ShardReportSchema>

/** What the merged report of all shards says about each of them, and how even they were. */
export const MergedShardsSchema = z.object({
  shards: z.array(
    z.object({
      index: z.number().int().positive(),
      host: z.string(),
      files: count,
      bytes: count,
      realMs: z.number(),
      secondsPerGb: z.number().nullable(),
      verdict: z.string().nullable(),
    }),
  ),
  /** How much the largest exceeds the mean: 0.05 is 5 %. */
  bytesImbalance: z.number(),
  timeImbalance: z.number(),
})

/** One line of the list of targets. */
export const ShardTargetSchema = z.object({
  source: PathInsideSchema,
  path: TargetInsideSchema,
  sizeBytes: count,
  /** CRC-32 as eight hex digits. */
  hash: z.string(),
})

export type ShardTarget = z.infer<typeof ShardTargetSchema>
