import type { CommitOutcome } from '../commit/commit-group.ts'
import { Committer } from '../commit/committer.ts'
import type { LockHandle } from '../commit/lock.ts'
import { writeManifest, type ManifestClaim, type ManifestHeader } from '../commit/manifest.ts'
import { StagingArea } from '../commit/staging-area.ts'
import { MigrationError, toWireError, type WireError } from '../errors/migration-error.ts'
import type { MigrateHooks } from '../model/events.ts'
import type { ThreadTuning } from '../model/measurement.ts'
import type { Report } from '../model/report.ts'
import type { FileTask } from '../model/task.ts'
import type { Clock } from '../report/clock.ts'
import { RunTally } from '../report/run-tally.ts'
import { batchFiles, countTasks, orderFiles } from '../schedule/batch-files.ts'
import type { Executor } from '../schedule/executor.ts'
import { InlineExecutor } from '../schedule/inline-executor.ts'
import { runFiles, type Converted } from '../schedule/run-files.ts'
import { StopSwitch, type StopReason } from '../schedule/stop-switch.ts'
import { defaultMemoryLimit } from '../schedule/memory-limit.ts'
import { countUsableCores } from '../schedule/thread-count.ts'
import { ThreadLimit } from '../schedule/thread-limit.ts'
import type { ThreadPool } from '../schedule/thread-pool.ts'
import { watchProgress } from '../schedule/watch-progress.ts'
import { buildReport } from './build-report.ts'
import { checkContents, needsContents } from './check-contents.ts'
import { checkJournal } from './check-journal.ts'
import { findLackOfSpace } from './find-lack-of-space.ts'
import { filesToConvert, type Remainder } from './find-remainder.ts'
import type { Plan } from './make-plan.ts'
import { recordSums } from './record-sums.ts'
import { committing, tasksOfShard, type ShardPlace } from './commit-files.ts'
import { RunMeter } from './run-meter.ts'
import type { Recording } from './recording.ts'
import { ExpansionWatch } from './expansion-watch.ts'
import { describeSource } from './sample-plan.ts'
import { isStrangersCode, settleTree } from './settle-tree.ts'
import { saveShardReport } from './shard-report.ts'
import { mayQueueTasks, mostThreads, threadsToFeed, threadsToHash, type PoolSize } from './size-pool.ts'
import { findSplitFiles } from './split-files.ts'
import { TargetLedger } from './target-ledger.ts'
import { tuneThreads } from './tune-threads.ts'

/** Errors of a commit after which no further one can be right. */
const ENDS_RUN: ReadonlySet<string> = new Set(['JOURNAL_FAILED', 'LOCK_LOST', 'LEASE_LOST', 'GENERATION_CLOSED'])

/** One run over a plan: what the steps share. */
export class Run {
  private readonly plan: Plan
  private readonly remainder: Remainder
  private readonly lock: LockHandle
  private readonly hooks: MigrateHooks
  private readonly clock: Clock
  private readonly meter: RunMeter
  private readonly recording: Recording
  private readonly place: ShardPlace | null
  /** Of a shard: the thread that converted a file which is not committed yet. */
  private readonly threadOf = new Map<number, number>()
  private readonly tally = new RunTally()
  private readonly ledger: TargetLedger
  /** Targets in whose places something else came meanwhile. */
  private readonly strangers = new Set<string>()
  private readonly warnings: { code: string; message: string }[] = []
  private pruned: readonly string[] | null = null
  /** Whether the own journal is under its name, with its end: only then its claims may go. */
  private areProofsWhole = true
  private isStagedInOneArea = true
  /** Files that several threads convert together. */
  private splits: ReadonlySet<number> = new Set()
  /** Targets that are many times as large as their sources, and the largest factor. */
  private readonly expansion: ExpansionWatch
  /** Bytes of the files that are done or failed, for the progress. */
  private endedBytes = 0

  constructor(
    plan: Plan,
    remainder: Remainder,
    lock: LockHandle,
    hooks: MigrateHooks,
    clock: Clock,
    recording: Recording,
    place: ShardPlace | null = null,
  ) {
    this.place = place
    this.recording = recording
    this.plan = plan
    this.expansion = new ExpansionWatch({
      plan: plan.data,
      describeFile: (index) => this.describeFile(index),
      warn: (code, message) => this.warn(code, message),
    })
    this.remainder = remainder
    this.lock = lock
    this.hooks = hooks
    this.clock = clock
    this.meter = new RunMeter(clock)
    this.ledger = new TargetLedger(plan.targets)
    for (const failure of plan.discovery.failed) this.fail(failure)
    for (const { code, message } of remainder.books.warnings) this.warn(code, message)
    if (plan.threadWarning !== null) this.warn('THREADS_LOWERED', plan.threadWarning)
    if ((plan.shard?.treeFiles ?? plan.discovery.files.length + plan.discovery.failed.length) === 0) {
      this.warn('EMPTY_SOURCE', 'the source holds nothing to convert: check --in, the filters and the extensions')
    }
  }

  /** @returns why the run stopped before its end, or null. */
  async execute(): Promise<StopReason | null> {
    const { plan, hooks, remainder } = this
    const stop = new StopSwitch(hooks)
    try {
      if (needsContents(plan, remainder.decision) && stop.reason === null) {
        // Not timed: the time limit is for the conversion of a file.
        await this.withPool({ threads: threadsToHash(plan) }, stop, (pool) => this.checkContents(pool))
      }
      const indexes = filesToConvert(plan, remainder)
      this.takeDone(indexes)
      this.announce(indexes)
      if (indexes.length > 0 && stop.reason === null) {
        await this.convertOnThreads(indexes, stop)
      }
    } catch (error) {
      const wasStopped = stop.reason !== null && error instanceof MigrationError && error.code === 'STOPPED'
      if (!wasStopped) throw error
    } finally {
      stop.disarm()
      this.expansion.finish()
      const unwritten = await this.recording.finish((index) => plan.discovery.files.path(index))
      for (const { code, message } of unwritten) this.warn(code, message)
      if (this.place === null) await this.cleanUp(stop.reason)
    }
    return stop.reason
  }

  private async checkContents(pool: Executor): Promise<void> {
    const { plan, remainder, lock } = this
    const newSums = await checkContents(plan, remainder.decision, pool)
    const warning = await recordSums(plan, remainder.decision, newSums, lock)
    if (warning !== null) this.warn(warning.code, warning.message)
  }

  /** Converts on as many threads as there is work for; a tiny run stays on this one. */
  private async convertOnThreads(indexes: Uint32Array, stop: StopSwitch): Promise<void> {
    const { plan, recording } = this
    const { files } = plan.discovery
    const { taskTimeout, overlap, orderBy } = plan.options
    const ordered = orderFiles(files, indexes, orderBy)
    this.splits = this.findSplits(ordered)
    const tasks = this.splits.size > 0 ? Number.POSITIVE_INFINITY : countTasks(files, indexes, threadsToFeed(plan))
    const size = { threads: Math.min(plan.threads, tasks), maxThreads: Math.min(mostThreads(plan), tasks) }
    const convert = (executor: Executor): Promise<void> => this.convert(ordered, executor, size, stop)
    if (this.place !== null) {
      // Its threads go on when this shard is done.
      stop.control(this.place.pool)
      await convert(this.place.pool)
      return
    }
    // A time limit takes a thread that can be ended, and waiting on purpose one that may stand still.
    const needsThread = taskTimeout !== undefined || plan.data.pacing !== null || recording.isOn
    if (!needsThread && this.splits.size === 0 && InlineExecutor.takes(files, indexes)) {
      await this.with(new InlineExecutor(plan.data), stop, convert)
      return
    }
    const options = { ...size, taskTimeoutMs: taskTimeout, tasksPerThread: overlap, ...recording.poolOptions() }
    await this.withPool(options, stop, async (pool) => {
      await convert(pool)
      await recording.saveThreadProfiles(pool)
    })
  }

  /** In a shard, a file that shares its task with others cannot be split. */
  private findSplits(ordered: Uint32Array): ReadonlySet<number> {
    const splits = findSplitFiles(this.plan, ordered)
    if (this.place === null || splits.size === 0) return splits
    const alone = new Set(this.place.batches.flatMap((batch) => (batch.length === 1 ? batch : [])))
    return new Set([...splits].filter((index) => alone.has(index)))
  }

  private readonly onGroup = (startMs: number, endMs: number, fileCount: number): void =>
    this.recording.trace?.addGroup(startMs, endMs, fileCount)

  private async withPool(
    size: Omit<ConstructorParameters<typeof ThreadPool>[0], 'plan'>,
    stop: StopSwitch,
    work: (pool: ThreadPool) => Promise<void>,
  ): Promise<void> {
    // Loaded when it is needed: a tiny run does without.
    const { ThreadPool } = await import('../schedule/thread-pool.ts')
    await this.with(new ThreadPool({ plan: this.plan.data, ...size }), stop, work)
  }

  private async with<Kind extends Executor>(
    executor: Kind,
    stop: StopSwitch,
    work: (executor: Kind) => Promise<void>,
  ): Promise<void> {
    stop.control(executor)
    try {
      await work(executor)
    } finally {
      const shortage = executor.describeShortage()
      if (shortage !== null) this.warn('ENGINE_LOWERED', shortage)
      await executor.destroy()
    }
  }

  /** Converts and commits all files that are not done. */
  private async convert(ordered: Uint32Array, pool: Executor, size: PoolSize, stop: StopSwitch): Promise<void> {
    const { plan, lock } = this
    const { targetRoot, options, data } = plan
    // Claims are listed in the order of the plan.
    const indexes = ordered.toSorted()
    const { place } = this
    if (place === null) {
      const lack = await findLackOfSpace(plan, indexes, (sample) => sample(pool))
      if (lack !== null) this.warn('NO_SPACE_LIKELY', lack)
    }
    const staging = place?.staging ?? (await StagingArea.open({ targetRoot, runId: lock.runId }))
    const isDurable = options.fsync
    if (place === null)
      await writeManifest({ targetRoot, isDurable }, this.manifestHeader(), this.claims(indexes, staging))
    const committer = place?.committer ?? (await this.openCommitter())
    const commitFiles = committing(plan, this.remainder.existing, committer, (index) => this.threadOf.get(index) ?? 0)

    const stopWatching = this.hooks.onEvent ? this.watch(pool, this.hooks.onEvent) : () => {}
    const commits = new Set<Promise<void>>()
    this.meter.start(pool)
    const limit = new ThreadLimit(size.threads)
    const stopTuning = this.tune(pool, limit, size, ordered)
    const { files } = plan.discovery
    const tasks = place ? tasksOfShard(place) : batchFiles(files, ordered, threadsToFeed(plan), this.splits)
    try {
      await runFiles(tasks, {
        pool,
        limit,
        splits: this.splits,
        blockBytes: Math.min(data.splitBytes, data.chunkBytes),
        retries: options.retries,
        mayQueue: mayQueueTasks(plan, ordered),
        mayStart: () => stop.reason === null && (place?.mayGoOn() ?? true),
        makeFileTask: (index, attempt) => this.makeFileTask(index, attempt, staging),
        onConverted: (files, attempt) => {
          const outcomes = commitFiles(files, attempt)
          const commit = this.takeOutcomes(outcomes, files, attempt, stop).finally(() => commits.delete(commit))
          commits.add(commit)
          return this.meter.hold(committer.whenReady())
        },
        onFailed: (index, error) => {
          place?.committer.fail(index, error)
          this.failFile(index, error)
          this.haltIfAsked(stop)
        },
        onTried: (result, thread) => {
          if (place !== null) this.threadOf.set(result.index, thread)
          this.meter.figures.addTry(result, thread)
        },
        onHelped: (help) => this.meter.figures.addHelp(help),
      })
    } finally {
      this.meter.tuning = stopTuning()
      await committer.close()
      this.meter.stop()
      await Promise.all(commits).finally(stopWatching)
    }
    if (place === null && stop.reason !== 'fatal') await this.checkJournal(stop)
  }

  /** Where it is gone, the claims of this run must stay, and nobody may take the run for done. */
  private async checkJournal(stop: StopSwitch): Promise<void> {
    const made = this.ledger.targetCount - this.ledger.foundCount
    const { state, warning } = await checkJournal(this.plan.targetRoot, this.lock.runId, made)
    if (warning !== null) this.warn(warning.code, warning.message)
    if (state === 'lost') stop.stop('fatal')
    this.areProofsWhole = state === 'whole'
  }

  private openCommitter(): Promise<Committer> {
    const { plan, lock } = this
    return Committer.open({
      targetRoot: plan.targetRoot,
      sourceRoot: plan.discovery.root,
      sourceTree: plan.sourceTree,
      mayOverwrite: plan.options.overwrite,
      lock,
      isDurable: plan.options.fsync,
      onGroup: this.onGroup,
    })
  }

  private tune(pool: Executor, limit: ThreadLimit, size: PoolSize, indexes: Uint32Array): () => ThreadTuning | null {
    const { options, data, discovery } = this.plan
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

  /** Counts what became of the files of a task. */
  private async takeOutcomes(
    committing: Promise<readonly CommitOutcome[]>,
    files: readonly Converted[],
    attempt: number,
    stop: StopSwitch,
  ): Promise<void> {
    for (const [at, outcome] of (await committing).entries()) {
      const file = files[at]
      if (file === undefined) continue
      if (outcome.isCommitted) this.countCommitted(file, outcome.syncNs, attempt)
      else {
        this.noteStranger(file.result.index, outcome.error)
        this.failFile(file.result.index, outcome.error)
        if (ENDS_RUN.has(outcome.error.code)) stop.stop('fatal')
        else this.haltIfAsked(stop)
      }
    }
  }

  private countCommitted({ result, task }: Converted, syncNs: number, attempt: number): void {
    // The result is this run's own, and nobody else looks at these times.
    result.stageNs.sync = syncNs
    this.tally.addConverted(result)
    this.meter.figures.addCommitted(result, attempt)
    this.ledger.add(result.index, result.targetBytes, result.targetHash)
    this.endedBytes += result.sourceBytes
    this.expansion.converted(result.index, result.targetBytes)
    this.hooks.onEvent?.({
      type: 'file-done',
      file: task.relativePath,
      sizeBytes: task.sizeBytes,
      targetBytes: result.targetBytes,
      records: result.records,
      rejectCodes: result.rejectCodes,
      durationMs: result.durationNs / 1e6,
    })
  }

  /** Files that earlier runs made count for the tree hash and for the rejects that stand. */
  private takeDone(toConvert: Uint32Array): void {
    const { decision } = this.remainder
    let next = 0
    for (let index = 0; index < this.plan.discovery.files.length; index++) {
      if (toConvert[next] === index) {
        next++
        continue
      }
      const done = decision.done(index)
      this.ledger.addFound(index, done.targetBytes, done.targetHash)
    }
  }

  private announce(indexes: Uint32Array): void {
    const { plan, hooks } = this
    const { files } = plan.discovery
    hooks.onEvent?.({
      type: 'planned',
      runId: this.lock.runId,
      targetFormat: plan.targetFormat,
      isTargetFormatDefault: plan.isTargetFormatDefault,
      threads: plan.threads,
      fileCount: indexes.length,
      totalBytes: files.sumBytes(indexes),
      alreadyDone: files.length - indexes.length,
    })
  }

  private watch(pool: Executor, onEvent: NonNullable<MigrateHooks['onEvent']>): () => void {
    return watchProgress({
      pool,
      onEvent,
      onLargeTarget: (index, predictedBytes) => this.expansion.predicted(index, predictedBytes),
      describeFile: (index) => this.describeFile(index),
      readTotals: () => ({
        doneFiles: this.tally.converted,
        failedFiles: this.tally.failures.length,
        endedBytes: this.endedBytes,
      }),
    })
  }

  private describeFile(index: number): { readonly file: string; readonly sizeBytes: number } {
    const { files } = this.plan.discovery
    return { file: files.path(index), sizeBytes: files.sizeBytes(index) }
  }

  private warn(code: string, message: string): void {
    this.warnings.push({ code, message })
    this.hooks.onEvent?.({ type: 'warning', code, message })
  }

  private makeFileTask(index: number, attempt: number, staging: StagingArea): FileTask {
    const source = describeSource(this.plan, index)
    const { target, rejects } = staging.nextPaths(this.plan.targets.path(index))
    if (attempt === 1) {
      this.hooks.onEvent?.({ type: 'file-started', file: source.relativePath, sizeBytes: source.sizeBytes })
    }
    return { ...source, stagedTarget: target, stagedRejects: rejects }
  }

  /** Where the plan saw a file, that was an own one, or one that may be replaced. */
  private noteStranger(index: number, { code }: WireError): void {
    const { plan, remainder } = this
    if (isStrangersCode(code) && !remainder.existing.has(index)) this.strangers.add(plan.targets.path(index))
  }

  private failFile(index: number, error: WireError): void {
    const { files } = this.plan.discovery
    if (error.code !== 'STOPPED') this.endedBytes += files.sizeBytes(index)
    const position = { ...error.position, file: files.path(index) }
    this.fail({ ...error, position })
  }

  private fail(error: WireError): void {
    this.tally.addFailed(error)
    if (error.code !== 'STOPPED') this.hooks.onEvent?.({ type: 'file-failed', file: error.position.file ?? '', error })
  }

  private haltIfAsked(stop: StopSwitch): void {
    const { halt } = this.plan.options
    if (!halt) return
    const limit =
      'count' in halt.failures ? halt.failures.count : halt.failures.share * this.plan.discovery.files.length
    if (this.tally.failures.length >= limit) stop.halt(halt.when)
  }

  private manifestHeader(): ManifestHeader {
    return { runId: this.lock.runId, manifestHash: this.plan.manifestHash, planHash: this.plan.planHash }
  }

  private *claims(indexes: Uint32Array, staging: StagingArea): Generator<ManifestClaim> {
    for (const index of indexes) {
      const target = this.plan.targets.path(index)
      const stagedFolder = staging.stagedFolderOf(target)
      if (stagedFolder !== null) this.isStagedInOneArea = false
      yield stagedFolder === null ? { target } : { target, stagedFolder }
    }
  }

  /** What cannot be tidied up is left to the next run: it must not cost the user the report. */
  private async cleanUp(stopped: StopReason | null): Promise<void> {
    const { plan, remainder, lock, ledger } = this
    try {
      await settleTree({
        plan,
        remainder,
        lock,
        header: this.manifestHeader(),
        ledger,
        strangers: this.strangers,
        isStagedInOneArea: this.isStagedInOneArea,
        stopped,
        areProofsWhole: this.areProofsWhole,
        hasFailures: this.tally.failures.length > 0,
        onPruned: (targets) => (this.pruned = targets),
        warn: (code, message) => this.warn(code, message),
      })
    } catch (error) {
      const { code, message } = toWireError(error, { phase: 'commit' })
      this.warn(code, `the target tree could not be tidied up; the next run does it: ${message}`)
    }
  }

  /** Leaves the report of a shard in the target tree; a whole run has none there. */
  async saveShardReport(report: Report): Promise<void> {
    const failure = await saveShardReport(this.plan, report, this.ledger)
    if (failure !== null) this.warn(failure.code, failure.message)
  }

  /** What the run came to, at any moment. */
  report(stopped: StopReason | null): Report {
    const { plan, remainder, lock, tally, ledger, warnings, pruned, clock } = this
    const measured = this.meter.read(plan, tally.stageNs)
    return buildReport({
      plan,
      remainder,
      runId: lock.runId,
      tally,
      ledger,
      splitFiles: this.splits.size,
      warnings,
      pruned,
      clock,
      measured,
      stopped,
      isPart: this.place !== null,
    })
  }
}
