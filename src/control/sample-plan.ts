import type { TaskResult } from '../model/task-result.ts'
import type { Task } from '../model/task.ts'
import { describeSource } from '../run/work.ts'
import type { Executor } from '../schedule/executor.ts'
import type { Plan } from './plan/make-plan.ts'

/** Files and bytes of each that a sample converts: enough to see how much targets grow, little enough not to be noticed. */
const SAMPLED_FILES = 3
const SAMPLED_BYTES = 2 * 1024 * 1024

/** What a sample of the files showed. */
export interface Sample {
  /** Bytes of targets per byte of sources. */
  readonly expansion: number
  /** Bytes of sources that one thread converts in a second, without writing. */
  readonly bytesPerSecond: number
}

/** Converts the first bytes of the largest files and writes nothing. Null where nothing could be converted. */
export async function samplePlan(plan: Plan, indexes: Uint32Array, pool: Executor): Promise<Sample | null> {
  if (plan.data.engine === 'stream') return null
  const { files: sources } = plan.discovery
  const largest: number[] = []
  for (const index of indexes) {
    if (sources.format(index) === 'bytes' || sources.sizeBytes(index) === 0) continue
    largest.push(index)
    largest.sort((a, b) => sources.sizeBytes(b) - sources.sizeBytes(a))
    if (largest.length > SAMPLED_FILES) largest.pop()
  }
  if (largest.length === 0) return null
  const files = largest.map((index) => describeSource(plan, index))
  const result = await runSample({ kind: 'sample', files, maxBytes: SAMPLED_BYTES }, pool)
  if (result?.kind !== 'sample' || result.sourceBytes === 0 || result.durationNs === 0) return null
  return {
    expansion: result.targetBytes / result.sourceBytes,
    bytesPerSecond: result.sourceBytes / (result.durationNs / 1e9),
  }
}

/** A file that brings its thread down must not end the run here: it fails for itself when its turn comes. */
async function runSample(task: Task, pool: Executor): Promise<TaskResult | null> {
  try {
    // The first round warms the thread up; the second one counts.
    await pool.run(task)
    return await pool.run(task)
  } catch {
    return null
  }
}
