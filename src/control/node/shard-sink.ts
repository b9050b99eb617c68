import type { CommitOutcome } from '../../commit/publish/commit-outcome.ts'
import type { StagedPaths, StagingArea } from '../../commit/staging/staging-area.ts'
import { toStagedTarget } from '../../commit/records/to-staged-target.ts'
import type { UnitCommitter } from '../../commit/records/unit-committer.ts'
import type { WireError } from '../../errors/migration-error.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import type { Sink } from '../../run/sink.ts'
import type { Converted } from '../../schedule/run-files.ts'
import { makeRecordedTarget } from './make-recorded-target.ts'

interface ShardSinkOptions {
  readonly staging: StagingArea
  readonly committer: UnitCommitter
  /** The place in the shard of each file of the work, by its index. */
  readonly places: readonly number[]
  /** All files of the shard. */
  readonly files: readonly ShardFile[]
  readonly targetRoot: string
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
    const { committer, targetRoot } = this.#options
    const zeroMs = Date.now() - Number(process.hrtime.bigint()) / 1e6
    return committer.commit(
      files.map((converted) => {
        const at = this.#at(converted.result.index)
        const recorded = makeRecordedTarget(converted, { at, attempt }, targetRoot, zeroMs)
        return toStagedTarget(targetRoot, this.#fileAt(at), recorded)
      }),
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

  #fileAt(at: number): ShardFile {
    const file = this.#options.files[at]
    if (file === undefined) throw new RangeError(`the shard has no file ${at}`)
    return file
  }
}
