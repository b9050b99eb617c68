import { spacePreflight } from '../plan/space-preflight.ts'
import type { Executor } from '../schedule/executor.ts'
import { openTargetStorage } from '../storage/storages.ts'
import type { Plan } from './plan/make-plan.ts'
import { samplePlan, type Sample } from './sample-plan.ts'

/** Hardly a target is this many times as large as its source: where that much is free, no sample is needed. */
const GENEROUS_EXPANSION = 10

/**
 * Whether the targets will probably not fit, by a sample.
 * @param indexes the files to convert. @param withPool called with the sampling where there is need for one.
 * @returns the text of a NO_SPACE_LIKELY warning; null: nothing to warn about.
 */
export async function findLackOfSpace(
  plan: Plan,
  indexes: Uint32Array,
  withPool: (sample: (pool: Executor) => Promise<Sample | null>) => Promise<Sample | null>,
): Promise<string | null> {
  const sourceBytes = plan.discovery.files.sumBytes(indexes)
  const target = openTargetStorage(plan.targetRoot)
  if ((await spacePreflight(target, sourceBytes, GENEROUS_EXPANSION)) === null) return null
  const sample = await withPool((pool) => samplePlan(plan, indexes, pool))
  return sample && spacePreflight(target, sourceBytes, sample.expansion)
}
