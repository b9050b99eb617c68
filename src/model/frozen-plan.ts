import { z } from 'zod'
import { columnOf, columnsOf, isCount, orNull } from './columns.ts'
import { DataPlanSchema } from './data-plan-schema.ts'
import { isFormatName } from './format-name.ts'
import type { SourceFormat } from './source-list.ts'
import { isFolderInside, isPathInside, isTargetInside } from './paths/path-inside.ts'
import { formatSeenFile, isSeenFile, parseSeenFile, type SeenFile } from './paths/seen-file.ts'

/** Shapes of a plan that is frozen in the target tree for all nodes of a cluster: one file for the plan, one for each shard. */

const count = z.number().int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** A tree below `--root`; `.` is the root itself. */
const treeInside = z.string().refine(isFolderInside, {
  error: 'the path does not stay inside --root',
})

/** The form of frozen plans, shards, jobs and commit records: nodes work for plans of this one alone. Raise it when one of them changes. */
export const PLAN_VERSION = 5

export const FrozenPlanSchema = z.strictObject({
  planVersion: z.literal(PLAN_VERSION),
  planHash: sha256,
  manifestHash: sha256,
  /** The run that froze the plan. Its number orders the generations of a target tree, and nobody else has its name. */
  generation: z.string().regex(/^\d{6,15}-[0-9a-f]{6}$/),
  /** True where everything is converted again, whatever was proved. */
  isForced: z.boolean(),
  /** True where targets may replace files that the plan did not see. */
  mayOverwrite: z.boolean(),
  /** Relative to `--root`. */
  sourceRoot: treeInside,
  targetRoot: treeInside,
  targetName: z.enum(['replace', 'append']),
  data: DataPlanSchema,
  /** By format, for the journal. */
  filePlanHashes: z.record(z.string(), sha256),
  isDurable: z.boolean(),
  retries: count,
  taskTimeoutMs: count.nullable(),
  /** How a commit record gets its name exclusively on this file system. */
  exclusiveBy: z.enum(['link', 'symlink']),
  shards: z.array(z.strictObject({ fileCount: count, bytes: count, sha256 })),
})

export type FrozenPlan = z.infer<typeof FrozenPlanSchema>

/** One file of a shard. */
export interface ShardFile {
  /** The file's number in the plan. */
  readonly index: number
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeNs: string
  readonly format: SourceFormat
  /** Relative to the target tree. */
  readonly target: string
  /** What was in the target's place when the plan was made; null: nothing. */
  readonly seen: SeenFile | null
}

/** The files of a shard as they are written. */
export const ShardFilesSchema = columnsOf({
  index: columnOf(isCount),
  path: columnOf(isPathInside),
  sizeBytes: columnOf(isCount),
  mtimeNs: columnOf((value): value is string => typeof value === 'string' && /^-?\d+$/.test(value)),
  format: columnOf((value): value is SourceFormat => isFormatName(value)),
  target: columnOf(isTargetInside),
  seen: columnOf(orNull(isSeenFile)),
})

export type ShardFiles = z.infer<typeof ShardFilesSchema>

export function toShardColumns(files: readonly ShardFile[]): ShardFiles {
  return {
    index: files.map(({ index }) => index),
    path: files.map(({ path }) => path),
    sizeBytes: files.map(({ sizeBytes }) => sizeBytes),
    mtimeNs: files.map(({ mtimeNs }) => mtimeNs),
    format: files.map(({ format }) => format),
    target: files.map(({ target }) => target),
    seen: files.map(({ seen }) => (seen === null ? null : formatSeenFile(seen))),
  }
}

export function fromShardColumns(columns: ShardFiles): ShardFile[] {
  return columns.index.map((index, at) => {
    const seen = columns.seen[at] ?? null
    return {
      index,
      path: columns.path[at]!,
      sizeBytes: columns.sizeBytes[at]!,
      mtimeNs: columns.mtimeNs[at]!,
      format: columns.format[at]!,
      target: columns.target[at]!,
      seen: seen === null ? null : parseSeenFile(seen),
    }
  })
}
