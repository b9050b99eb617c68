import type { CommitOutcome } from '../commit/commit-group.ts'
import { Committer } from '../commit/committer.ts'
import type { StagingArea } from '../commit/staging-area.ts'
import type { WireError } from '../errors/migration-error.ts'
import type { Executor } from '../schedule/executor.ts'
import type { Converted } from '../schedule/run-files.ts'
import { makeJournalEntry } from './make-journal-entry.ts'
import type { ExistingTargets } from '../plan/find-existing-targets.ts'
import type { Plan } from './make-plan.ts'

/** A file of a shard that was converted, and how. */
interface ConvertedInShard {
  readonly attempt: number
  readonly thread: number
  readonly stagedTarget: string
  readonly stagedRejects: string
  readonly result: Converted['result']
}

/**
 * What is another's where a run converts a shard for a cluster: threads that serve several shards, and commits that must be won. The
 * books of the target tree (claims, journal, what is staged by others) are the coordinator's then.
 */
export interface ShardPlace {
  readonly pool: Executor
  readonly staging: StagingArea
  readonly committer: {
    commit(files: readonly ConvertedInShard[]): Promise<readonly CommitOutcome[]>
    fail(at: number, error: WireError): void
    whenReady(): Promise<void>
    close(): Promise<void>
  }
  /** The files of each task. */
  readonly batches: readonly (readonly number[])[]
  /** Told when the last task is handed out: threads will soon be free. */
  readonly onLastTask: () => void
  /** False: files in work are finished, no further one is begun. */
  readonly mayGoOn: () => boolean
}

/** The tasks of a shard, as they are handed out. */
export function* tasksOfShard({ batches, onLastTask }: ShardPlace): Generator<readonly number[]> {
  for (const [number, batch] of batches.entries()) {
    if (number === batches.length - 1) onLastTask()
    yield batch
  }
}

/** Commits the files of a task. @returns an outcome for each, in their order; never rejects. */
export type CommitFiles = (files: readonly Converted[], attempt: number) => Promise<readonly CommitOutcome[]>

/**
 * How a run commits: into its own journal, or in a shard by the records of the cluster.
 * @param existing what the plan saw in the places of its targets.
 * @param threadOf the thread that converted a file.
 */
export function committing(
  plan: Plan,
  existing: Pick<ExistingTargets, 'seen'>,
  committer: Committer | ShardPlace['committer'],
  threadOf: (index: number) => number,
): CommitFiles {
  if (committer instanceof Committer) {
    return (files, attempt) =>
      committer.commit(
        files.map(({ result, task: { stagedTarget, stagedRejects } }) => ({
          stagedTarget,
          stagedRejects,
          seen: existing.seen(result.index),
          entry: makeJournalEntry(plan, result, attempt),
        })),
      )
  }
  return (files, attempt) =>
    committer.commit(
      files.map(({ result, task: { stagedTarget, stagedRejects } }) => ({
        attempt,
        thread: threadOf(result.index),
        stagedTarget,
        stagedRejects,
        result,
      })),
    )
}
