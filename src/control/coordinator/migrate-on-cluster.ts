import { openQueue, openRegister, watchErrors, type ShardQueue } from '../../cluster/queue/open-queue.ts'
import type { QueueAddress } from '../../cluster/queue/queue-address.ts'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { closeLeftGenerations, GenerationCloser } from '../../commit/records/close-generation.ts'
import { collectStaged } from '../../commit/staging/collect-staged.ts'
import { readFrozenPlan, readShard, type FrozenPlanFile } from '../../commit/records/frozen-plan.ts'
import { generationPaths, listGenerations, type Generation } from '../../commit/records/generation-paths.ts'
import type { LockHandle } from '../../commit/lock/lock.ts'
import { makeRunId, nextRunNumber, runNumberOf } from '../../commit/run-id.ts'
import type { FileOutcome } from '../../commit/records/settle-shard.ts'
import type { WireError } from '../../errors/migration-error.ts'
import type { MigrateHooks } from '../../model/events.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import type { MigrateOptions } from '../../options/options.ts'
import type { Report } from '../../model/report.ts'
import { startClock, type Clock } from '../../report/clock.ts'
import { RunLog } from '../../run/run-log.ts'
import { stopReasonOf, type StopReason } from '../../schedule/stop-switch.ts'
import { ThreadPool } from '../../schedule/thread-pool.ts'
import { isThere } from '../../storage/is-there.ts'
import { buildReport } from '../build-report.ts'
import { checkContents, needsContents } from '../check-contents.ts'
import { refuseUnfit, resolveRoot } from './check-cluster-options.ts'
import { ClusterTally } from './cluster-tally.ts'
import { followGeneration } from './follow-generation.ts'
import { filesToConvert, findRemainder, type Remainder } from '../plan/find-remainder.ts'
import { findLackOfSpace } from '../find-lack-of-space.ts'
import { freezeGeneration, pathBelow } from './freeze-generation.ts'
import { lockOrFollow } from './lock-or-follow.ts'
import { loadFormatsOf } from '../load-formats-of.ts'
import { describePlanned, makePlan, resolveOptions, type Plan } from '../plan/make-plan.ts'
import { recordSums } from '../record-sums.ts'
import { RunStatusTeller } from './run-status-teller.ts'
import { isForeignTargetCode, settleBookkeeping } from '../settle-tree.ts'
import { TargetLedger } from '../target-ledger.ts'

export interface ClusterOptions {
  readonly address: QueueAddress
  /** What paths that travel are relative to; default: the folder that both trees lie in. */
  readonly root?: string | undefined
  /** The most files of a shard. */
  readonly shardFiles?: number
}

/** How often a generation is followed by another one for commits that turned out to be void. */
const MOST_GENERATIONS = 3

/**
 * Coordinates a run on a cluster: plans, freezes the plan in the target tree, puts its shards on the queue, follows the nodes, and adds
 * the run up from the commit records. Run again after a crash it goes on with the same plan. Converts nothing itself.
 * @returns the report, also when files failed or the signal stopped the run: nodes then stop too.
 * @throws MigrationError as `migrate` does; QUEUE_UNREACHABLE where the server of the queue does not answer.
 */
export async function migrateOnCluster(
  options: MigrateOptions,
  cluster: ClusterOptions,
  hooks: MigrateHooks = {},
): Promise<Report> {
  const clock = startClock()
  const startMs = Date.now()
  await loadFormatsOf(options)
  const settings = resolveOptions(options)
  refuseUnfit(settings)
  const warn = (message: string): void => hooks.onEvent?.({ type: 'warning', code: 'QUEUE_UNREACHABLE', message })
  // Before the plan, which may take minutes: a wrong password is told at once.
  const queue = await openQueue(cluster.address, { onWaiting: warn, signal: hooks.signal })
  watchErrors(queue, cluster.address.server, warn)
  try {
    const plan = await makePlan(settings, hooks)
    const root = resolveRoot(cluster.root, plan)
    const lock = await lockOrFollow(plan, hooks)
    try {
      const run = new ClusterRun({ plan, root, queue, lock, hooks, clock, startMs, cluster })
      return await run.execute()
    } finally {
      await lock.release()
    }
  } finally {
    await queue.close()
  }
}

interface ClusterRunParts {
  readonly plan: Plan
  readonly root: string
  readonly queue: ShardQueue
  readonly lock: LockHandle
  readonly hooks: MigrateHooks
  readonly clock: Clock
  readonly startMs: number
  readonly cluster: ClusterOptions
}

class ClusterRun {
  readonly #parts: ClusterRunParts
  readonly #log: RunLog
  readonly #ledger: TargetLedger
  readonly #clusterTally: ClusterTally
  readonly #foreignTargets = new Set<string>()
  #generations = 0
  #shardCount = 0
  #runId = ''
  #pruned: readonly string[] | null = null
  readonly #teller: RunStatusTeller

  constructor(parts: ClusterRunParts) {
    this.#parts = parts
    this.#runId = parts.lock.runId
    this.#log = new RunLog(parts.hooks)
    this.#ledger = new TargetLedger(parts.plan.targets)
    this.#clusterTally = new ClusterTally(parts.plan, this.#log.tally, this.#ledger)
    const { plan, root, queue, hooks, startMs } = parts
    this.#teller = new RunStatusTeller({
      register: openRegister(queue),
      runId: this.#runId,
      sourceRoot: pathBelow(root, plan.discovery.root, '--in'),
      targetRoot: pathBelow(root, plan.targetRoot, '--out'),
      startedAtMs: startMs,
      tally: this.#log.tally,
      readFindings: () => this.#clusterTally.findings(startMs),
      hooks,
      warn: (code, message) => this.#log.warn(code, message),
    })
    for (const failure of plan.discovery.failed) this.#log.fail(failure)
  }

  async execute(): Promise<Report> {
    try {
      const report = await this.#convert()
      await this.#teller.end(report.stopped)
      return report
    } catch (error) {
      await this.#teller.end('fatal')
      throw error
    }
  }

  async #convert(): Promise<Report> {
    const { plan, lock } = this.#parts
    const { targetRoot, options } = plan
    const joined = await this.#findOpenGeneration()
    const assertOwned = (): Promise<void> => lock.assertOwned()
    await closeLeftGenerations(targetRoot, {
      isDurable: options.fsync,
      assertOwned,
      keep: ({ id }) => id === joined?.generation.id,
    })
    await collectStaged({ targetRoot, liveRunId: joined?.generation.id ?? lock.runId, assertOwned })
    const remainder = await findRemainder(plan)
    for (const { code, message } of remainder.bookkeeping.warnings) this.#log.warn(code, message)
    if (needsContents(plan, remainder.decision)) await this.#checkContents(remainder)
    const ofJoined = joined === null ? null : await this.#filesOf(joined)
    // Shards that the dead coordinator has settled are proved already, and count for this run all the same.
    for (const index of ofJoined ?? []) remainder.decision.rerun(index, 'an earlier run did not finish it')
    const toConvert = filesToConvert(plan, remainder)
    const isOfJoined = new Set(ofJoined)
    const afterJoined = toConvert.filter((index) => ofJoined !== null && !isOfJoined.has(index))
    let open = ofJoined ?? toConvert
    this.#ledger.addDone(remainder.decision, toConvert)
    this.#announce(toConvert)
    const lack = await findLackOfSpace(plan, toConvert, (sample) => this.#withPool(sample))
    if (lack !== null) this.#log.warn('NO_SPACE_LIKELY', lack)
    for (let next = joined; open.length > 0 && !this.#isStopped; next = null) {
      const current = next ?? (await this.#freeze(open, remainder))
      const voided = await this.#runGeneration(current)
      open = Uint32Array.from([...voided.keys(), ...(next === null ? [] : afterJoined)]).sort()
      if (voided.size === 0) continue
      if (this.#generations < MOST_GENERATIONS && !this.#isStopped) {
        this.#log.warn(
          'COMMIT_VOID',
          `committed and then removed by something else, so made again: ${voided.size} of the files`,
        )
      } else {
        for (const error of voided.values()) this.#log.fail(error)
        break
      }
    }
    this.#teller.beginSettling()
    await this.#settle(remainder)
    return this.#report(remainder)
  }

  get #isStopped(): boolean {
    return this.#parts.hooks.signal?.aborted === true
  }

  /** The newest attempt at this very plan that a dead coordinator left. */
  async #findOpenGeneration(): Promise<OpenGeneration | null> {
    const { plan } = this.#parts
    const { tree } = bookkeepingPaths(plan.targetRoot)
    for (const generation of (await listGenerations(plan.targetRoot)).toReversed()) {
      if (generation.manifestHash !== plan.manifestHash) continue
      if (!(await isThere(tree, generationPaths(generation).records))) continue
      const frozen = await readFrozenPlan(generation)
      if (frozen === null || frozen.plan.isForced !== plan.options.force) continue
      if (frozen.plan.mayOverwrite !== plan.options.overwrite) continue
      this.#log.warn('JOINED', `going on with the plan of run ${generation.id}, which a coordinator left`)
      return { generation, frozen }
    }
    return null
  }

  async #filesOf({ generation, frozen }: OpenGeneration): Promise<Uint32Array> {
    const indexes: number[] = []
    for (let shard = 0; shard < frozen.plan.shards.length; shard++) {
      for (const { index } of await readShard(generation, frozen.plan, shard)) indexes.push(index)
    }
    return Uint32Array.from(indexes).sort()
  }

  async #checkContents(remainder: Remainder): Promise<void> {
    const { plan, lock } = this.#parts
    const newSums = await this.#withPool((pool) => checkContents(plan, remainder.decision, pool))
    const warning = await recordSums(plan, remainder.decision, newSums, lock)
    if (warning !== null) this.#log.warn(warning.code, warning.message)
  }

  /** Threads of its own, for what is not left to nodes. */
  async #withPool<Result>(work: (pool: ThreadPool) => Promise<Result>): Promise<Result> {
    const { data, threads } = this.#parts.plan
    const pool = new ThreadPool({ plan: data, threads })
    try {
      return await work(pool)
    } finally {
      await pool.destroy()
    }
  }

  async #freeze(indexes: Uint32Array, { existing }: Remainder): Promise<OpenGeneration> {
    const { plan, root, queue, lock, cluster } = this.#parts
    const { targetRoot, manifestHash } = plan
    const paths = bookkeepingPaths(targetRoot)
    const runNumber = await nextRunNumber(paths)
    // Each generation is a run of its own in the order of runs.
    const id = runNumberOf(lock.runId) >= runNumber ? lock.runId : makeRunId(runNumber)
    const generation = { targetRoot, manifestHash, id }
    const nodeCount = await queue.getWorkers().then(
      (workers) => workers.length,
      () => 0,
    )
    const frozen = await freezeGeneration({
      plan,
      existing,
      generation,
      indexes,
      root,
      nodeCount,
      mostFiles: cluster.shardFiles,
    })
    return { generation, frozen }
  }

  /** @returns files that were committed in vain, with the reason. */
  async #runGeneration({ generation, frozen }: OpenGeneration): Promise<ReadonlyMap<number, WireError>> {
    const { queue, lock, hooks, plan } = this.#parts
    this.#generations++
    this.#shardCount += frozen.plan.shards.length
    this.#runId = generation.id
    this.#teller.beginGeneration(generation.id, frozen.plan.shards.length)
    const voided = new Map<number, WireError>()
    const open: ShardFile[] = []
    const closer = await GenerationCloser.open(generation, frozen.plan, {
      isDurable: plan.options.fsync,
      sourceRoot: plan.discovery.root,
      sourceTree: plan.sourceTree,
      onFile: (file, outcome) => this.#takeOutcome(file, outcome, voided, open),
    })
    const broken = await followGeneration({
      generation,
      frozen,
      queue,
      closer,
      signal: hooks.signal,
      assertOwned: () => lock.assertOwned(),
      onLook: (openShards) => void this.#teller.look(openShards),
    })
    await lock.assertOwned()
    await closer.close()
    if (!this.#isStopped) for (const file of open) this.#log.fail(shardFailed(file, [...broken.values()][0]))
    return voided
  }

  #takeOutcome(file: ShardFile, outcome: FileOutcome, voided: Map<number, WireError>, open: ShardFile[]): void {
    if (outcome.kind === 'converted') this.#clusterTally.add(file, outcome)
    else if (outcome.kind === 'failed') {
      if (isForeignTargetCode(outcome.error.code) && file.seen === null) this.#foreignTargets.add(file.target)
      this.#log.fail({ ...outcome.error, position: { ...outcome.error.position, file: file.path } })
    } else if (outcome.error !== null) voided.set(file.index, { ...outcome.error, position: { file: file.path } })
    else open.push(file)
    if (outcome.kind === 'open') return
    this.#teller.settle(file.sizeBytes)
  }

  #announce(indexes: Uint32Array): void {
    const { plan, hooks, lock } = this.#parts
    const planned = describePlanned(plan, indexes, lock.runId)
    this.#teller.plan({ files: planned.fileCount, bytes: planned.totalBytes, alreadyDone: planned.alreadyDone })
    hooks.onEvent?.({ ...planned, threads: 0 })
  }

  /** Orphans and claims, as a run on one machine leaves them. */
  async #settle(remainder: Remainder): Promise<void> {
    const { plan, lock } = this.#parts
    const { targetRoot, manifestHash, planHash } = plan
    const assertOwned = (): Promise<void> => lock.assertOwned()
    await collectStaged({ targetRoot, liveRunId: null, assertOwned })
    await settleBookkeeping({
      plan,
      remainder,
      header: { runId: this.#runId, manifestHash, planHash },
      ledger: this.#ledger,
      foreignTargets: this.#foreignTargets,
      mayPrune: !this.#isStopped && this.#log.tally.failures.length === 0,
      assertOwned,
      onPruned: (targets) => (this.#pruned = targets),
      warn: (code, message) => this.#log.warn(code, message),
    })
  }

  #report(remainder: Remainder): Report {
    const { plan, clock, hooks, startMs, cluster } = this.#parts
    const measured = this.#clusterTally.measurements(startMs)
    const stopped: StopReason | null = this.#isStopped ? stopReasonOf(hooks.signal?.reason) : null
    return {
      ...buildReport({
        plan,
        remainder,
        runId: this.#runId,
        tally: this.#log.tally,
        ledger: this.#ledger,
        splitFiles: 0,
        warnings: this.#log.warnings,
        pruned: this.#pruned,
        clock,
        measured,
        stopped,
        cluster: this.#clusterTally.clusterFigures(measured, {
          backEnd: cluster.address.server.kind,
          shards: this.#shardCount,
          generations: this.#generations,
        }),
      }),
      threads: this.#clusterTally.threads,
      cpu: this.#clusterTally.cpu,
    }
  }
}

interface OpenGeneration {
  readonly generation: Generation
  readonly frozen: FrozenPlanFile
}

function shardFailed(file: ShardFile, reason: string | undefined): WireError {
  return {
    code: 'SHARD_FAILED',
    phase: 'worker',
    message: `no node could finish the shard of this file: ${reason ?? 'no reason is known'}`,
    hint: 'look at what the nodes say, and run the same command again',
    position: { file: file.path },
    isRetryable: true,
  }
}
