import type { Pacing } from '../model/pacing.ts'
import type { PlannedFile, PlanReport } from '../model/report.ts'
import type { WorkOptions } from './run-work.ts'

export interface BenchRequest {
  /** Of the runs; `threads`, `out` and pacing stand below. Paths are absolute. */
  readonly options: Omit<WorkOptions, 'threads' | 'bwlimit' | 'latency'>
  /** Where the targets of I/O-bound runs go; null: the system's folder for such things. */
  readonly out: string | null
  /** Numbers of threads as `--threads` takes them, each once. */
  readonly threads: readonly string[]
  readonly runs: number
  readonly warmup: number
  readonly isCold: boolean
  readonly pacing: Pacing | null
  readonly hasLadder: boolean
  /** The built command line that is measured. */
  readonly program: string
}

export interface BenchHooks {
  /** Stops the benchmark; nothing is left. */
  readonly signal: AbortSignal
  /** Told after each run. */
  readonly onRun: (done: number, total: number, text: string) => void
}

/** What all steps of a benchmark share. */
export interface Bench {
  readonly request: BenchRequest
  readonly hooks: BenchHooks
  readonly planned: PlanReport
  readonly files: readonly PlannedFile[]
  /** Counts a run. */
  readonly tick: (text: string) => void
}
