import { setTimeout as sleep } from 'node:timers/promises'
import { bullmq } from '../../cluster/queue/bullmq.ts'
import { RegisterEntry, type Register } from '../../cluster/cluster-register.ts'
import type { NodeStatus } from '../../cluster/node-status.ts'
import { openQueue, openRegister, openWorker, watchErrors, type ShardQueue } from '../../cluster/queue/open-queue.ts'
import type { QueueAddress } from '../../cluster/queue/queue-address.ts'
import { TRIES } from '../../cluster/queue/queue-settings.ts'
import { isSuspect, noteLonelyTry, searchPoison } from '../../cluster/search-poison.ts'
import { SelfFence } from '../../cluster/self-fence.ts'
import { jobId, planVersionOf } from '../../cluster/shard-job.ts'
import { TurnGate } from '../../cluster/turn-gate.ts'
import { KeyedMutex } from '../../cluster/keyed-mutex.ts'
import { markDone } from '../../commit/records/settle-shard.ts'
import { fromWireError, MigrationError, toWireError } from '../../errors/migration-error.ts'
import type { NodeIdentity } from '../../model/commit-record.ts'
import { PLAN_VERSION } from '../../model/frozen-plan.ts'
import { resolveThreadCount } from '../../schedule/thread-count.ts'
import { isThere } from '../../storage/is-there.ts'
import type { NodeEvent, NodeSummary } from './node-events.ts'
import { identifyNode } from './identify-node.ts'
import { NodeIntake } from './node-intake.ts'
import { NodeMeter } from './node-meter.ts'
import { NodeStatusTeller } from './node-status-teller.ts'
import { NodeThreads } from './node-threads.ts'
import { NodeTrees } from './node-trees.ts'
import { TurnWait } from './turn-wait.ts'
import { placeOfOthers, runShard, type ShardRunResult } from './run-shard.ts'
import { findOpen, openShard, treeOf, type ShardInWork, type ShardJobOnQueue } from './shard-in-work.ts'
import { bytesOfUnits, countFiles } from './shard-progress.ts'

export interface NodeOptions {
  readonly address: QueueAddress
  /** Absolute. Paths that travel are relative to it. */
  readonly root: string
  /** As `--threads` takes it; `auto` is as many as there are cores. */
  readonly threads: string
  /** The form of plans that it works for; default: that of this Drover. */
  readonly planVersion?: number
}

export interface NodeHooks {
  /** Drains: files in work are finished, the rest goes back to the queue. */
  readonly signal: AbortSignal
  readonly onEvent: (event: NodeEvent) => void
}

/** Shards that a node has in work at the same time: the next one fills the threads when the last files of one are being converted. */
const SHARDS_AT_A_TIME = 2
/** Between two looks whether anybody still wants the shards in work. */
const WATCH_MS = 1000
const CLOSED = 'generation closed'
/** How long jobs of another version are left to nodes that know it, and how soon those may have them. */
const LEAVE_MS = 5000
const BACK_AFTER_MS = 500
/** How long a connection may take to close. */
const CLOSE_MS = 3000
const LOOK_MS = 20

const NOTHING_DONE: NodeSummary = { shards: 0, files: 0, bytes: 0, refusedJobs: 0 }

/** Serves as a node until the signal: takes shards, converts them on its threads, commits their files. */
export async function serveNode(options: NodeOptions, hooks: NodeHooks): Promise<NodeSummary> {
  const { address } = options
  const tell = (message: string): void => hooks.onEvent({ type: 'connection', message })
  // A node may be started before its server.
  const { signal } = hooks
  try {
    const queue = await openQueue(address, { waitsForServer: true, onWaiting: tell, signal })
    watchErrors(queue, address.server, tell)
    return await new ClusterNode(options, hooks, queue).serve()
  } catch (error) {
    if (signal.aborted && error instanceof MigrationError && error.code === 'STOPPED') return NOTHING_DONE
    throw error
  }
}

class ClusterNode {
  readonly #options: NodeOptions
  readonly #hooks: NodeHooks
  readonly #queue: ShardQueue
  readonly #register: Register
  readonly #identity: NodeIdentity
  readonly #threads: NodeThreads
  readonly #trees: NodeTrees
  readonly #gate = new TurnGate()
  /** Who has the threads: a shard that shares them ends later, and two that share them end together and leave them idle. */
  readonly #threadsMutex = new KeyedMutex()
  readonly #meter = new NodeMeter()
  readonly #teller: NodeStatusTeller
  readonly #fence: SelfFence
  readonly #planVersion: number
  readonly #intake = new NodeIntake()
  /** Why jobs were left to others, as far as it was told. */
  readonly #toldReasons = new Set<string>()
  readonly #inWork = new Map<string, AbortController>()
  readonly #summary = { ...NOTHING_DONE }

  constructor(options: NodeOptions, hooks: NodeHooks, queue: ShardQueue) {
    this.#options = options
    this.#hooks = hooks
    this.#queue = queue
    this.#planVersion = options.planVersion ?? PLAN_VERSION
    this.#identity = identifyNode(resolveThreadCount(options.threads))
    this.#threads = new NodeThreads(this.#identity.threads)
    this.#trees = new NodeTrees(this.#identity.name)
    this.#fence = new SelfFence({ onLost: (id) => this.#loseLease(id) })
    this.#register = openRegister(queue)
    const entry = new RegisterEntry<NodeStatus>(this.#register, 'node', this.#identity.name)
    this.#teller = new NodeStatusTeller(entry, this.#identity, this.#meter, this.#planVersion)
  }

  async serve(): Promise<NodeSummary> {
    const { address, root } = this.#options
    const { server } = address
    await this.#teller.start()
    const worker = await openWorker(
      address,
      // Three arguments: BullMQ only makes a signal for those who take one.
      async (job, token, signal) => this.#process(job, token, signal),
      { node: this.#identity.name, concurrency: SHARDS_AT_A_TIME },
    )
    worker.on('locksRenewed', ({ jobIds }) => this.#fence.renewed(jobIds))
    watchErrors(worker, server, (message) => this.#hooks.onEvent({ type: 'connection', message }))
    this.#hooks.onEvent({ type: 'joined', node: this.#identity, server: server.shown, queue: address.queue, root })
    this.#intake.start(worker)
    const running = worker.run()
    await untilAborted(this.#hooks.signal)
    this.#intake.end()
    this.#hooks.onEvent({ type: 'draining' })
    this.#teller.drain()
    const closing = worker.close().then(() => running)
    while (this.#inWork.size > 0) await sleep(LOOK_MS)
    // A server that is away must not hold up a node that has nothing left to do.
    await withoutWaitingLong(closing)
    this.#fence.stop()
    await this.#threads.end()
    await withoutWaitingLong(this.#teller.stop().then(() => this.#queue.close()))
    return this.#summary
  }

  #loseLease(id: string): void {
    this.#hooks.onEvent({ type: 'lease-lost', jobId: id })
    this.#inWork.get(id)?.abort('lease lost')
  }

  async #process(job: ShardJobOnQueue, token = '', signal?: AbortSignal): Promise<string> {
    const id = job.id ?? ''
    const version = planVersionOf(job.data)
    if (version !== null && version !== this.#planVersion)
      return this.#leaveToOthers(
        job,
        token,
        `its plan is of version ${version}, and this node knows version ${this.#planVersion}`,
      )
    // One that was on its way already.
    if (this.#intake.isFull) return this.#giveBack(job, token)
    const controller = new AbortController()
    signal?.addEventListener('abort', () => controller.abort('cancelled'))
    this.#fence.take(id)
    this.#inWork.set(id, controller)
    try {
      return await this.#processShard(job, token, controller)
    } catch (error) {
      if (error instanceof bullmq.WaitingError) throw error
      const wire = toWireError(error, { phase: 'worker' })
      if (wire.code === 'GENERATION_CLOSED') return wire.code
      if (wire.code === 'PLAN_REFUSED' && wire.isRetryable) return await this.#leaveToOthers(job, token, wire.message)
      if (wire.code === 'PLAN_REFUSED' || wire.code === 'BOOKKEEPING_UNSAFE') {
        this.#summary.refusedJobs++
        this.#teller.refuse(wire.code, wire.message)
        this.#hooks.onEvent({ type: 'job-refused', jobId: id, code: wire.code, message: wire.message })
        throw new bullmq.UnrecoverableError(`${wire.code}: ${wire.message}`)
      }
      throw new Error(`${wire.code}: ${wire.message}`, { cause: error })
    } finally {
      this.#teller.end(id)
      this.#fence.release(id)
      this.#inWork.delete(id)
      if (this.#inWork.size === 0) this.#intake.takeAgain()
      this.#meter.end(id)
    }
  }

  /** Nodes that can do the job are there, or will be: to fail it would take it from them. */
  async #leaveToOthers(job: ShardJobOnQueue, token: string, reason: string): Promise<never> {
    if (!this.#toldReasons.has(reason)) {
      this.#toldReasons.add(reason)
      this.#summary.refusedJobs++
      const message = `${reason}: such jobs are left to others`
      this.#teller.refuse('PLAN_REFUSED', message)
      this.#hooks.onEvent({ type: 'job-refused', jobId: job.id ?? '', code: 'PLAN_REFUSED', message })
    }
    this.#intake.leaveToOthers(LEAVE_MS)
    // Behind the others, since those may be for this node.
    await job.moveToDelayed(Date.now() + BACK_AFTER_MS, token)
    throw new bullmq.DelayedError()
  }

  async #processShard(job: ShardJobOnQueue, token: string, controller: AbortController): Promise<string> {
    const shard = await openShard(job, this.#options.root, controller)
    const { found, folder, open, progress } = shard
    if (open.length === 0) return this.#endShard(shard, false)
    this.#teller.begin(shard.id, progress)
    const action = isSuspect(found.job, job.stalledCounter) ? await this.#suspect(shard, job.stalledCounter) : 'run'
    if (action === 'divided') return action
    if (action === 'failed') return this.#endShard(shard, false)
    // Whoever closes the generation takes this folder away first.
    const tree = treeOf(found)
    const look = async (): Promise<void> => {
      if (!(await isThere(tree, folder))) controller.abort(CLOSED)
    }
    const watch = setInterval(() => void look(), WATCH_MS)
    try {
      return await this.#convertWhenFree(shard, job, token, action === 'alone')
    } finally {
      clearInterval(watch)
    }
  }

  async #convertWhenFree(shard: ShardInWork, job: ShardJobOnQueue, token: string, isAlone: boolean): Promise<string> {
    const { found, files, folder, open } = shard
    const { plan, generation } = found
    const waiting = new TurnWait({
      notWanted: [shard.controller.signal, this.#hooks.signal],
      queue: this.#queue,
      register: this.#register,
      planVersion: found.job.planVersion,
    })
    const leave = await this.#gate.enter(isAlone, waiting.signal)
    if (leave === null) return this.#giveUpWaiting(shard, job, token, waiting)
    try {
      if (isAlone) for (const unit of open) await noteLonelyTry({ tree: treeOf(found), folder }, unit)
      const areOthersPlaced = await placeOfOthers(files, open, folder, {
        targetRoot: generation.targetRoot,
        sourceRoot: found.sourceRoot,
        mayOverwrite: plan.mayOverwrite,
        isDurable: plan.isDurable,
      })
      const result = await this.#convertInTurn(shard, job, waiting)
      if (result === null) return await this.#giveUpWaiting(shard, job, token, waiting)
      const left = await findOpen(shard)
      if (left.length === 0) return await this.#endShard(shard, areOthersPlaced && !result.hasUnplaced)
      this.#fence.assertHeld(shard.id)
      if (this.#hooks.signal.aborted) return await this.#giveBack(job, token)
      const [failure] = result.tally.failures
      throw failure === undefined
        ? new MigrationError('STOPPED', 'the shard was given up', { phase: 'worker', isRetryable: true })
        : fromWireError(failure)
    } finally {
      waiting.end()
      leave()
    }
  }

  async #suspect({ found, files, folder, open }: ShardInWork, stalls: number): Promise<'divided' | 'failed' | 'alone'> {
    const { job, plan } = found
    const action = await searchPoison({
      job,
      files,
      folder,
      tree: treeOf(found),
      open,
      node: this.#identity,
      exclusiveBy: plan.exclusiveBy,
      isDurable: plan.isDurable,
      add: async (jobs) => {
        await this.#queue.addBulk(jobs.map((data) => ({ name: 'shard', data, opts: { jobId: jobId(data) } })))
      },
    })
    this.#hooks.onEvent({ type: 'shard-suspected', shard: job.shard, stalls, action })
    return action
  }

  async #giveUpWaiting(
    { controller }: ShardInWork,
    job: ShardJobOnQueue,
    token: string,
    waiting: TurnWait,
  ): Promise<string> {
    waiting.end()
    if (controller.signal.reason === CLOSED) return 'GENERATION_CLOSED'
    // Else it would have it again before the other one.
    if (waiting.isForOthers) this.#intake.keepToOne()
    return this.#giveBack(job, token)
  }

  /** Puts a shard back for others, with what is left of it. */
  async #giveBack(job: ShardJobOnQueue, token: string): Promise<never> {
    await job.moveToWait(token)
    throw new bullmq.WaitingError()
  }

  /** @param arePlaced where all targets of the shard are known to be in their places. */
  async #endShard({ found, folder }: ShardInWork, arePlaced: boolean): Promise<string> {
    if (arePlaced && found.job.range === undefined) await markDone(treeOf(found), folder)
    return 'done'
  }

  /** @returns null where the shard was not wanted any more before its turn came. */
  async #convertInTurn(shard: ShardInWork, job: ShardJobOnQueue, waiting: TurnWait): Promise<ShardRunResult | null> {
    const endTurn = await this.#threadsMutex.take(shard.found.job.planFileHash, waiting.signal)
    waiting.end()
    if (endTurn === null) return null
    try {
      return await this.#convert(shard, job, endTurn)
    } finally {
      endTurn()
    }
  }

  /** @param onLastTask told when the next shard may have the threads. */
  async #convert(shard: ShardInWork, job: ShardJobOnQueue, onLastTask: () => void): Promise<ShardRunResult> {
    const { id, found, files, folder, controller, open, progress } = shard
    const { plan, generation, sourceRoot } = found
    const number = found.job.shard
    const [fileCount, bytes] = [countFiles(open), bytesOfUnits(files, open)]
    this.#hooks.onEvent({ type: 'shard-started', shard: number, fileCount, bytes })
    progress.begin()
    const threads = this.#threads.take(found.job.planFileHash, plan)
    const tree = this.#trees.take(generation)
    const startMs = performance.now()
    try {
      const result = await runShard({
        plan,
        generation,
        sourceRoot,
        files,
        units: open,
        recordFolder: folder,
        node: this.#identity,
        shardAttempt: job.attemptsStarted,
        pool: threads.pool,
        tree,
        assertHeld: () => this.#fence.assertHeld(id),
        isRecorded: (error) => !error.isRetryable || job.attemptsMade + 1 >= TRIES,
        mayGoOn: () => !this.#hooks.signal.aborted,
        onLastTask,
        hooks: {
          signal: controller.signal,
          onEvent: (event) => {
            progress.take(event)
            if (event.type === 'progress') this.#meter.note(id, event.readBytes)
          },
        },
      })
      this.#meter.verdict = result.verdict ?? this.#meter.verdict
      this.#count(result, number, performance.now() - startMs)
      return result
    } finally {
      tree.giveBack()
      await threads.giveBack()
    }
  }

  #count(result: ShardRunResult, shard: number, durationMs: number): void {
    const { tally, committedFiles } = result
    this.#summary.shards++
    this.#summary.files += committedFiles
    this.#summary.bytes += tally.sourceBytes
    this.#hooks.onEvent({
      type: 'shard-ended',
      shard,
      files: committedFiles,
      failedFiles: tally.failures.length,
      bytes: tally.sourceBytes,
      durationMs,
      reason: reasonOf(result),
    })
  }
}

/** Why a shard did not come to its end; null: it did. */
function reasonOf({ stopped, tally, notStarted }: ShardRunResult): string | null {
  if (stopped !== null) return tally.failures[0]?.code ?? stopped
  return notStarted > 0 ? 'draining' : null
}

async function withoutWaitingLong(closing: Promise<unknown>): Promise<void> {
  await Promise.race([closing.catch(() => undefined), sleep(CLOSE_MS, undefined, { ref: false })])
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
