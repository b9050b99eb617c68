import { z } from 'zod'
import { PLAN_VERSION } from '../model/frozen-plan.ts'
import { isFolderInside } from '../model/paths/path-inside.ts'

/** A job on the queue: it names a plan by hash and a shard by number. It carries no paths of files, no options and no code. */

const count = z.number().int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

export const ShardJobSchema = z.strictObject({
  /** The form of the plan. */
  planVersion: z.literal(PLAN_VERSION),
  planHash: sha256,
  manifestHash: sha256,
  generation: z.string().regex(/^\d{6,15}-[0-9a-f]{6}$/),
  /** Where the target tree lies, relative to `--root`: the plan is found in its bookkeeping. */
  targetRoot: z.string().refine(isFolderInside, {
    error: 'the target tree lies outside --root',
  }),
  /** Of the plan's file. */
  planFileHash: sha256,
  shard: count,
  /** Only these files of the shard, from its first one counted: it brought nodes down, and is searched for the file that did. */
  range: z.strictObject({ from: count, to: count }).exactOptional(),
})

export type ShardJob = z.infer<typeof ShardJobSchema>

const VersionSchema = z.looseObject({ planVersion: count })

/** The form of the plan that a job is of, whatever else it may say; null: it names none. */
export function planVersionOf(data: unknown): number | null {
  const parsed = VersionSchema.safeParse(data)
  return parsed.success ? parsed.data.planVersion : null
}

/**
 * The same job always has the same id, so adding it twice adds it once. The generation is part of it: other target trees may be made from the
 * same manifest, and the same tree once more.
 */
export function jobId({ manifestHash, generation, shard, range }: ShardJob, round = 0): string {
  const base = `${manifestHash}-${generation}-${shard}`
  const part = range === undefined ? '' : `-${range.from}-${range.to}`
  return `${base}${part}${round === 0 ? '' : `-again${round}`}`
}
