import type { CommitOutcome } from '../commit/publish/commit-outcome.ts'
import type { StagedPaths } from '../commit/staging/staging-area.ts'
import type { WireError } from '../errors/migration-error.ts'
import type { Converted } from '../schedule/run-files.ts'

/**
 * What becomes of converted files. A run on one machine commits them into its journal (control/tree-sink.ts), a node by the records of its
 * cluster (control/node/shard-sink.ts).
 */
export interface Sink {
  /** Where one try at a target, named as in Work, is staged. */
  nextPaths(target: string): StagedPaths
  /**
   * Takes the converted files of a task; they belong to the sink from here on.
   * @param attempt of the task, from 1.
   * @returns one outcome for each, in their order, once it is final; never rejects.
   */
  commit(files: readonly Converted[], attempt: number): Promise<readonly CommitOutcome[]>
  /** Told of a file that could not be converted. */
  fail(index: number, error: WireError): void
  /** Resolves when there is room for more; whoever converts waits for it before more is begun. */
  whenReady(): Promise<void>
  /** Ends all commits under way. Nothing is committed after it. */
  close(): Promise<void>
}
