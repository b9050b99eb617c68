import type { Verdict, VERDICT_KINDS } from '../model/measurement.ts'
import type { BusyTime, StageTimes } from '../model/times.ts'
import type { Throttle } from './throttle.ts'

/** What a verdict is judged by. */

export type VerdictKind = (typeof VERDICT_KINDS)[number]
export type Shares = Verdict['shares']

/** What a run or a file spent its time on. */
export interface Spending {
  readonly busy: BusyTime
  readonly stageNs: StageTimes
  /** Share of the wall time, from the first file to the last commit, in which threads stood still for commits; 0 to 1. */
  readonly syncWaitShare: number
  /** Share of the time of all threads that passed after the last file was begun, with nothing to do; 0 to 1. */
  readonly idleShare: number
}

/** What surrounds a run, for evidence and advice. */
export interface Surroundings {
  readonly threads: number
  readonly cores: number
  readonly fileCount: number
  readonly sourceBytes: number
  readonly stealShare: number | null
  /** CPUs that the process used beside its threads: by the main thread, which commits, and its helpers. */
  readonly cpusBesideThreads: number
  /** CPUs that this process did not use: other work, the host, or nobody. */
  readonly cpusOfOthers: number
  /** Limits that the user set on the run (`--bwlimit`, `--latency`), the costliest first. */
  readonly throttles: readonly Throttle[]
  /** Finished files are synced: not with `--no-fsync`. */
  readonly isDurable: boolean
  /** `--memory-limit` allows no more threads. */
  readonly isMemoryLimited: boolean
  /** The file that ended last: its bytes and its share of the run. */
  readonly longestFile: { readonly file: string; readonly share: number } | null
}
