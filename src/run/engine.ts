import { endsAllCommits, type CommitOutcome } from '../commit/publish/commit-outcome.ts'
import type { WireError } from '../errors/migration-error.ts'
import type { MigrateHooks } from '../model/events.ts'
import type { ThreadTuning } from '../model/measurement.ts'
import type { FileTask } from '../model/task.ts'
import type { Clock } from '../report/clock.ts'
import type { Executor } from '../schedule/executor.ts'
import { defaultMemoryLimit } from '../schedule/memory-limit.ts'
import { runFiles, type Converted } from '../schedule/run-files.ts'
import type { StopSwitch } from '../schedule/stop-switch.ts'
import { countUsableCores } from '../schedule/thread-count.ts'
import { ThreadLimit } from '../schedule/thread-limit.ts'
import { watchProgress } from '../schedule/watch-progress.ts'
import { ExpansionWatch } from './expansion-watch.ts'
import type { RunLog } from './run-log.ts'
import { RunMeter } from './run-meter.ts'
import type { Sink } from './sink.ts'
import { mayQueueTasks, type PoolSize } from './size-pool.ts'
import { tuneThreads } from './tune-threads.ts'
import { describeSource, type TaskSource, type Work } from './work.ts'

/** What one pass over some files of a work needs. */
interface Pass extends TaskSource {
  /** The indexes of all files of the tasks, in the order in which they are handed out. */
  readonly ordered: Uint32Array
  readonly pool: Executor
  readonly size: PoolSize
  readonly sink: Sink
  readonly stop: StopSwitch
}

/**
 * Converts the files of a work on threads and hands them to a sink: the one way in which files are run, whether of a whole tree, of a shard
 * beside others, or of a shard on a node. Counts, measures and tells what becomes of each file, and stops where too many fail.
 */
export class Engine {
  readonly meter: RunMeter
  readonly #log: RunLog
  readonly #work: Work
  readonly #hooks: MigrateHooks
  /** Targets that are many times as large as their sources, and the largest factor. */
  readonly #expansion: ExpansionWatch
  /** Bytes of the files that are done or failed, for the progress. */
  #endedBytes = 0

  /** @param log takes what becomes of the files. */
  constructor(work: Work, log: RunLog, hooks: MigrateHooks, clock: Clock) {
    this.#work = work
    this.#log = log
    this.#hooks = hooks
    this.meter = new RunMeter(clock)
    this.#expansion = new ExpansionWatch({
      plan: work.data,
      describeFile: (index) => this.#describeFile(index),
      warn: (code, message) => log.warn(code, message),
    })
  }

  /**
   * Converts and commits. The sink is closed when the promise settles.
   * @throws MigrationError THREADS_UNAVAILABLE where no thread can be started.
   */
  async convert({ ordered, pool, size, sink, stop, ...source }: Pass): Promise<void> {
    const { data, options } = this.#work
    const { meter } = this
    const stopWatching = this.#hooks.onEvent ? this.#watch(pool, this.#hooks.onEvent) : () => {}
    const commits = new Set<Promise<void>>()
    meter.start(pool)
    const limit = new ThreadLimit(size.threads)
    const stopTuning = this.#tune(pool, limit, size, ordered)
    try {
      await runFiles(source.tasks, {
        pool,
        limit,
        splits: source.splits,
        blockBytes: Math.min(data.splitBytes, data.chunkBytes),
        retries: options.retries,
        mayQueue: mayQueueTasks(this.#work, ordered),
        mayStart: () => stop.reason === null && source.mayGoOn(),
        makeFileTask: (index, attempt) => this.#makeFileTask(index, attempt, sink),
        onConverted: (files, attempt) => {
          const outcomes = sink.commit(files, attempt)
          const commit = this.#takeOutcomes(outcomes, files, attempt, stop).finally(() => commits.delete(commit))
          commits.add(commit)
          return meter.hold(sink.whenReady())
        },
        onFailed: (index, error) => {
          sink.fail(index, error)
          this.#failFile(index, error)
          this.#haltIfAsked(stop)
        },
        onTried: (result, thread) => meter.figures.addTry(result, thread),
        onHelped: (help) => meter.figures.addHelp(help),
      })
    } finally {
      meter.tuning = stopTuning()
      await sink.close()
      meter.stop()
      await Promise.all(commits).finally(stopWatching)
    }
  }

  /** Tells what is left to tell: no more files will come. */
  finish(): void {
    this.#expansion.finish()
  }

  #makeFileTask(index: number, attempt: number, sink: Sink): FileTask {
    const source = describeSource(this.#work, index)
    const { target, rejects } = sink.nextPaths(this.#work.targets.path(index))
    if (attempt === 1) {
      this.#hooks.onEvent?.({ type: 'file-started', file: source.relativePath, sizeBytes: source.sizeBytes })
    }
    return { ...source, stagedTarget: target, stagedRejects: rejects }
  }

  /** Counts what became of the files of a task. */
  async #takeOutcomes(
    committing: Promise<readonly CommitOutcome[]>,
    files: readonly Converted[],
    attempt: number,
    stop: StopSwitch,
  ): Promise<void> {
    for (const [at, outcome] of (await committing).entries()) {
      const file = files[at]
      if (file === undefined) continue
      if (outcome.isCommitted) this.#countCommitted(file, outcome.syncNs, attempt)
      else {
        this.#failFile(file.result.index, outcome.error)
        if (endsAllCommits(outcome.error)) stop.stop('fatal')
        else this.#haltIfAsked(stop)
      }
    }
  }

  #countCommitted({ result, task }: Converted, syncNs: number, attempt: number): void {
    // The result is this run's own, and nobody else looks at these times.
    result.stageNs.sync = syncNs
    this.#log.tally.addConverted(result)
    this.meter.figures.addCommitted(result, attempt)
    this.#endedBytes += result.sourceBytes
    this.#expansion.converted(result.index, result.targetBytes)
    this.#hooks.onEvent?.({
      type: 'file-done',
      file: task.relativePath,
      sizeBytes: task.sizeBytes,
      targetBytes: result.targetBytes,
      records: result.records,
      rejectCodes: result.rejectCodes,
      durationMs: result.durationNs / 1e6,
    })
  }

  #failFile(index: number, error: WireError): void {
    const { files } = this.#work.discovery
    if (error.code !== 'STOPPED') this.#endedBytes += files.sizeBytes(index)
    const position = { ...error.position, file: files.path(index) }
    this.#log.fail({ ...error, position })
  }

  #haltIfAsked(stop: StopSwitch): void {
    const { discovery, options } = this.#work
    const { halt } = options
    if (!halt) return
    const limit = 'count' in halt.failures ? halt.failures.count : halt.failures.share * discovery.files.length
    if (this.#log.tally.failures.length >= limit) stop.halt(halt.when)
  }

  #tune(pool: Executor, limit: ThreadLimit, size: PoolSize, indexes: Uint32Array): () => ThreadTuning | null {
    const { options, data, discovery } = this.#work
    if (options.threads !== 'auto') return () => null
    const totalBytes = discovery.files.sumBytes(indexes)
    return tuneThreads({
      pool,
      limit,
      start: size.threads,
      most: size.maxThreads,
      totalBytes,
      pieceBytes: Math.min(data.chunkBytes, totalBytes / indexes.length),
      cores: countUsableCores(),
      memoryLimit: options.memoryLimit ?? defaultMemoryLimit(),
      look: () => this.meter.look(pool),
    })
  }

  #watch(pool: Executor, onEvent: NonNullable<MigrateHooks['onEvent']>): () => void {
    return watchProgress({
      pool,
      onEvent,
      onLargeTarget: (index, predictedBytes) => this.#expansion.predicted(index, predictedBytes),
      describeFile: (index) => this.#describeFile(index),
      readTotals: () => ({
        doneFiles: this.#log.tally.converted,
        failedFiles: this.#log.tally.failures.length,
        endedBytes: this.#endedBytes,
      }),
    })
  }

  #describeFile(index: number): { readonly file: string; readonly sizeBytes: number } {
    const { files } = this.#work.discovery
    return { file: files.path(index), sizeBytes: files.sizeBytes(index) }
  }
}
