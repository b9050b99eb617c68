import type { LockHandle } from '../commit/lock/lock.ts'
import { toWireError } from '../errors/migration-error.ts'
import type { MigrateHooks } from '../model/events.ts'
import type { Report } from '../model/report.ts'
import type { Clock } from '../report/clock.ts'
import { Engine } from '../run/engine.ts'
import { RunLog } from '../run/run-log.ts'
import { mostThreads, threadsToFeed, type PoolSize } from '../run/size-pool.ts'
import { findSplitFiles } from '../run/split-files.ts'
import { batchFiles, countTasks, orderFiles } from '../schedule/batch-files.ts'
import type { Executor } from '../schedule/executor.ts'
import { InlineExecutor } from '../schedule/inline-executor.ts'
import { StopSwitch, type StopReason } from '../schedule/stop-switch.ts'
import type { ThreadPoolOptions } from '../schedule/thread-pool.ts'
import { buildReport } from './build-report.ts'
import { checkContents, needsContents, threadsToHash } from './check-contents.ts'
import { findLackOfSpace } from './find-lack-of-space.ts'
import { filesToConvert, type Remainder } from './plan/find-remainder.ts'
import { describePlanned, type Plan } from './plan/make-plan.ts'
import { recordSums } from './record-sums.ts'
import { makeExecutor } from './make-executor.ts'
import type { Recording } from './recording.ts'
import { settleTree } from './settle-tree.ts'
import { saveShardReport } from './shards/shard-report.ts'
import { TreeSink } from './tree-sink.ts'

export interface RunParts {
  readonly plan: Plan
  readonly remainder: Remainder
  /** Of the target tree, held for as long as the run lasts. */
  readonly lock: LockHandle
  readonly hooks: MigrateHooks
  /** Started when the run began. */
  readonly clock: Clock
  readonly recording: Recording
}

/** One run over a plan on this machine, whole or a static shard of it: what is left of it, converted by an engine into the target tree. */
export class Run {
  readonly #plan: Plan
  readonly #remainder: Remainder
  readonly #lock: LockHandle
  readonly #hooks: MigrateHooks
  readonly #clock: Clock
  readonly #recording: Recording
  readonly #log: RunLog
  readonly #engine: Engine
  readonly #sink: TreeSink
  #pruned: readonly string[] | null = null
  /** Whether the own journal is under its name, with its end: only then its claims may go. */
  #areProofsWhole = true
  #splits: ReadonlySet<number> = new Set()

  constructor({ plan, remainder, lock, hooks, clock, recording }: RunParts) {
    this.#plan = plan
    this.#remainder = remainder
    this.#lock = lock
    this.#hooks = hooks
    this.#clock = clock
    this.#recording = recording
    this.#log = new RunLog(hooks)
    this.#engine = new Engine(plan, this.#log, hooks, clock)
    const onGroup = (startMs: number, endMs: number, fileCount: number): void =>
      recording.trace?.addGroup(startMs, endMs, fileCount)
    this.#sink = new TreeSink({ plan, existing: remainder.existing, lock, onGroup })
    for (const failure of plan.discovery.failed) this.#log.fail(failure)
    for (const { code, message } of remainder.bookkeeping.warnings) this.#log.warn(code, message)
    if (plan.threadWarning !== null) this.#log.warn('THREADS_LOWERED', plan.threadWarning)
    if ((plan.shard?.treeFiles ?? plan.discovery.files.length + plan.discovery.failed.length) === 0) {
      this.#log.warn('EMPTY_SOURCE', 'the source holds nothing to convert: check --in, the filters and the extensions')
    }
  }

  /** @returns why the run stopped before its end, or null. */
  async execute(): Promise<StopReason | null> {
    const plan = this.#plan
    const hooks = this.#hooks
    const remainder = this.#remainder
    const stop = new StopSwitch(hooks)
    try {
      if (needsContents(plan, remainder.decision) && stop.reason === null) {
        // Not timed: the time limit is for the conversion of a file.
        await this.#withPool({ threads: threadsToHash(plan) }, stop, (pool) => this.#checkContents(pool))
      }
      const indexes = filesToConvert(plan, remainder)
      this.#sink.ledger.addDone(remainder.decision, indexes)
      hooks.onEvent?.(describePlanned(plan, indexes, this.#lock.runId))
      if (indexes.length > 0 && stop.reason === null) {
        await this.#convertOnThreads(indexes, stop)
      }
    } catch (error) {
      if (!stop.explains(error)) throw error
    } finally {
      stop.disarm()
      this.#engine.finish()
      const unwritten = await this.#recording.finish((index) => plan.discovery.files.path(index))
      for (const { code, message } of unwritten) this.#log.warn(code, message)
      await this.#cleanUp(stop.reason)
    }
    return stop.reason
  }

  async #checkContents(pool: Executor): Promise<void> {
    const plan = this.#plan
    const remainder = this.#remainder
    const newSums = await checkContents(plan, remainder.decision, pool)
    const warning = await recordSums(plan, remainder.decision, newSums, this.#lock)
    if (warning !== null) this.#log.warn(warning.code, warning.message)
  }

  /** Converts on as many threads as there is work for; a tiny run stays on this one. */
  async #convertOnThreads(indexes: Uint32Array, stop: StopSwitch): Promise<void> {
    const plan = this.#plan
    const recording = this.#recording
    const { files } = plan.discovery
    const { taskTimeout, overlap, orderBy } = plan.options
    const ordered = orderFiles(files, indexes, orderBy)
    this.#splits = findSplitFiles(plan, ordered)
    const tasks = this.#splits.size > 0 ? Number.POSITIVE_INFINITY : countTasks(files, indexes, threadsToFeed(plan))
    const size = { threads: Math.min(plan.threads, tasks), maxThreads: Math.min(mostThreads(plan), tasks) }
    const convert = (executor: Executor): Promise<void> => this.#convert(ordered, executor, size, stop)
    // A time limit takes a thread that can be ended, and waiting on purpose one that may stand still.
    const needsThread = taskTimeout !== undefined || plan.data.pacing !== null || recording.isOn
    if (!needsThread && this.#splits.size === 0 && InlineExecutor.takes(files, indexes)) {
      await this.#with(new InlineExecutor(plan.data), stop, convert)
      return
    }
    const options = { ...size, taskTimeoutMs: taskTimeout, tasksPerThread: overlap, ...recording.poolOptions() }
    await this.#withPool(options, stop, async (pool) => {
      await convert(pool)
      await recording.saveThreadProfiles(pool)
    })
  }

  async #withPool(
    size: Omit<ThreadPoolOptions, 'plan'>,
    stop: StopSwitch,
    work: (pool: Executor) => Promise<void>,
  ): Promise<void> {
    await this.#with(await makeExecutor(this.#plan, size), stop, work)
  }

  async #with(executor: Executor, stop: StopSwitch, work: (executor: Executor) => Promise<void>): Promise<void> {
    stop.control(executor)
    try {
      await work(executor)
    } finally {
      const shortage = executor.describeShortage()
      if (shortage !== null) this.#log.warn('ENGINE_LOWERED', shortage)
      await executor.destroy()
    }
  }

  /** Converts and commits all files that are not done. */
  async #convert(ordered: Uint32Array, pool: Executor, size: PoolSize, stop: StopSwitch): Promise<void> {
    const plan = this.#plan
    const sink = this.#sink
    const splits = this.#splits
    // Claims are listed in the order of the plan.
    const indexes = ordered.toSorted()
    const lack = await findLackOfSpace(plan, indexes, (sample) => sample(pool))
    if (lack !== null) this.#log.warn('NO_SPACE_LIKELY', lack)
    await sink.open(indexes)
    const tasks = batchFiles(plan.discovery.files, ordered, threadsToFeed(plan), splits)
    await this.#engine.convert({ ordered, pool, size, sink, stop, tasks, splits, mayGoOn: () => true })
    if (stop.reason !== 'fatal') await this.#checkJournal(stop)
  }

  /** Where it is gone, the claims of this run must stay, and nobody may take the run for done. */
  async #checkJournal(stop: StopSwitch): Promise<void> {
    const { state, warning } = await this.#sink.checkJournal()
    if (warning !== null) this.#log.warn(warning.code, warning.message)
    if (state === 'lost') stop.stop('fatal')
    this.#areProofsWhole = state === 'whole'
  }

  /** What cannot be tidied up is left to the next run: it must not cost the user the report. */
  async #cleanUp(stopped: StopReason | null): Promise<void> {
    const sink = this.#sink
    const log = this.#log
    const areProofsWhole = this.#areProofsWhole
    try {
      await settleTree({
        plan: this.#plan,
        remainder: this.#remainder,
        lock: this.#lock,
        header: sink.header,
        ledger: sink.ledger,
        foreignTargets: sink.foreignTargets,
        isStagedInOneArea: sink.isStagedInOneArea,
        stopped,
        areProofsWhole,
        hasFailures: log.tally.failures.length > 0,
        onPruned: (targets) => (this.#pruned = targets),
        warn: (code, message) => log.warn(code, message),
      })
    } catch (error) {
      const { code, message } = toWireError(error, { phase: 'commit' })
      log.warn(code, `the target tree could not be tidied up; the next run does it: ${message}`)
    }
  }

  /** Leaves the report of a shard in the target tree; a whole run has none there. */
  async saveShardReport(report: Report): Promise<void> {
    const failure = await saveShardReport(this.#plan, report, this.#sink.ledger)
    if (failure !== null) this.#log.warn(failure.code, failure.message)
  }

  /** What the run came to, at any moment. */
  report(stopped: StopReason | null): Report {
    const plan = this.#plan
    const log = this.#log
    const pruned = this.#pruned
    return buildReport({
      plan,
      remainder: this.#remainder,
      runId: this.#lock.runId,
      tally: log.tally,
      ledger: this.#sink.ledger,
      splitFiles: this.#splits.size,
      warnings: log.warnings,
      pruned,
      clock: this.#clock,
      measured: this.#engine.meter.read(plan, log.tally.stageNs),
      stopped,
    })
  }
}
