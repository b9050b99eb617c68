import { z } from 'zod'
import { DataPlanSchema } from './data-plan-schema.ts'
import { FORMAT_NAMES } from './format-name.ts'

/** Shapes of a plan that is frozen in the target tree for all nodes of a cluster: one file for the plan, one for each shard. */

const count = z.number().int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** A path below a tree: relative, `/` between parts, no way out of it. */
const pathInside = z.string().refine(isPathInside, { error: 'the path does not stay inside its tree' })

/** Whether a path names something below the tree that it is relative to. */
export function isPathInside(path: string): boolean {
  if (path === '' || path.includes('\0')) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/** A tree below `--root`; `.` is the root itself. */
const treeInside = z.string().refine((path) => path === '.' || isPathInside(path), {
  error: 'the path does not stay inside --root',
})

const sourceFormat = z.enum([...FORMAT_NAMES, 'bytes'])

export const FrozenPlanSchema = z.strictObject({
  planVersion: z.literal(1),
  planHash: sha256,
  manifestHash: sha256,
  /** The run that froze the plan. Its number orders the generations of a target tree, and nobody else has its name. */
  generation: z.string().regex(/^\d{6,15}-[0-9a-f]{6}$/),
  /** True where everything is converted again, whatever was proved. */
  isForced: z.boolean(),
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

/** One line of a shard's file. */
export const ShardFileSchema = z.strictObject({
  /** The file's number in the plan. */
  index: count,
  path: pathInside,
  sizeBytes: count,
  mtimeNs: z.string().regex(/^-?\d+$/),
  format: sourceFormat,
  target: pathInside.refine((path) => !path.startsWith('.migrate/'), { error: 'the target lies in the bookkeeping' }),
})

export type ShardFile = z.infer<typeof ShardFileSchema>
