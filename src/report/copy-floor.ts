import type { Measurements } from '../model/measurement.ts'
import type { StageTimes } from '../model/times.ts'

/** Shorter runs are mostly start-up: nothing of theirs can be compared. */
const FEWEST_BUSY_NS = 50e6

interface RunParts {
  /** From the first file to the last one, without the commits after it. */
  readonly workNs: number
  /** Busy time of all threads. */
  readonly busyNs: number
  /** Of all converted files. */
  readonly stageNs: StageTimes
  /** Time in which threads stood still for commits. */
  readonly syncWaitNs: number
  readonly runNs: number
}

/**
 * The time of merely reading these bytes and writing those, by the same threads, chunks and commits: what the stages read and write
 * took of this very run. A copy made for comparison would cost time, and meet another disk: one whose cache this run has filled.
 * Null where the engine does not time its stages, or where there was hardly any work.
 */
export function computeCopyFloor(run: RunParts): Measurements['copyFloor'] {
  const { workNs, busyNs, stageNs, syncWaitNs, runNs } = run
  const copyNs = stageNs.read + stageNs.write
  if (busyNs < FEWEST_BUSY_NS || copyNs === 0) return null
  // The threads divided the copying as they divided the rest.
  const floorNs = workNs * Math.min(1, copyNs / busyNs) + syncWaitNs
  return { seconds: floorNs / 1e9, ratio: runNs / floorNs }
}
