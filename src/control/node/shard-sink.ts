import type { CommitOutcome } from '../../commit/commit-group.ts'
import type { StagedPaths, StagingArea } from '../../commit/staging/staging-area.ts'
import type { UnitCommitter } from '../../commit/records/unit-committer.ts'
import type { WireError } from '../../errors/migration-error.ts'
import type { Sink } from '../../run/sink.ts'
import type { Converted } from '../../schedule/run-files.ts'

interface ShardSinkOptions {
  readonly staging: StagingArea
  readonly committer: UnitCommitter
  /** The place in the shard of each file of the work, by its index. */
  readonly places: readonly number[]
}

/**
 * Commits the files of a shard by records that must be won. The bookkeeping of the target tree (claims, journal, what is staged by others) is the
 * coordinator's.
 */
export class ShardSink implements Sink {
  readonly #options: ShardSinkOptions

  constructor(options: ShardSinkOptions) {
    this.#options = options
  }

  nextPaths(target: string): StagedPaths {
    return this.#options.staging.nextPaths(target)
  }

  commit(files: readonly Converted[], attempt: number): Promise<readonly CommitOutcome[]> {
    return this.#options.committer.commit(
      files.map(({ result, thread, task: { stagedTarget, stagedRejects } }) => ({
        at: this.#at(result.index),
        attempt,
        thread,
        stagedTarget,
        stagedRejects,
        result,
      })),
    )
  }

  fail(index: number, error: WireError): void {
    this.#options.committer.fail(this.#at(index), error)
  }

  whenReady(): Promise<void> {
    return this.#options.committer.whenReady()
  }

  close(): Promise<void> {
    return this.#options.committer.close()
  }

  #at(index: number): number {
    const place = this.#options.places[index]
    if (place === undefined) throw new RangeError(`file ${index} is not of this shard`)
    return place
  }
}
