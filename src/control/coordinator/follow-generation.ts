import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShardQueue } from '../../cluster/queue/open-queue.ts'
import { jobId, type ShardJob } from '../../cluster/shard-job.ts'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { readShard, type FrozenPlanFile } from '../../commit/records/frozen-plan.ts'
import { recordFolder } from '../../commit/records/commit-record.ts'
import type { GenerationCloser } from '../../commit/records/close-generation.ts'
import { fanOut, generationPaths, type Generation } from '../../commit/records/generation-paths.ts'
import { findOpenUnits } from '../../commit/records/settle-shard.ts'
import { MigrationError } from '../../errors/migration-error.ts'

/*
 * Follows the nodes until all shards are settled. What is done is told by the target tree, where it counts, and not by the queue: the
 * queue only says who works on what. So a queue that was down, or lost jobs in a power cut, costs time and nothing else: when no
 * job of the run is left and shards still are, they are put on the queue again.
 */

const LOOK_MS = 25
/** Where the marks of open shards lie in several folders. */
const SLOW_LOOK_MS = 100
const ADD_AGAIN_MS = 500
/** Between two looks at the jobs on the queue. */
const QUEUE_LOOK_MS = 2000
const MOST_ROUNDS = 3
/** More jobs than this are not looked through one by one: while there are so many, none is missing. */
const MOST_JOBS = 5000
const JOBS_AT_ONCE = 500

export interface FollowOptions {
  readonly generation: Generation
  readonly frozen: FrozenPlanFile
  readonly queue: ShardQueue
  readonly closer: GenerationCloser
  readonly signal: AbortSignal | undefined
  /** Throws where this coordinator has lost the target tree. */
  readonly assertOwned: () => Promise<void>
  /** Called up to 40 times a second, with the shards that are not settled. */
  readonly onLook: (openShards: ReadonlySet<number>) => void
}

/** @returns shards that no node could finish, with the reason. */
export async function followGeneration(options: FollowOptions): Promise<ReadonlyMap<number, string>> {
  const follower = new Follower(options)
  await follower.enqueue(0)
  return follower.follow()
}

class Follower {
  readonly #options: FollowOptions
  readonly #open: Set<number>
  readonly #broken = new Map<number, string>()
  #round = 0

  constructor(options: FollowOptions) {
    this.#options = options
    this.#open = new Set(options.frozen.plan.shards.keys())
  }

  async enqueue(round: number): Promise<void> {
    const jobs = [...this.#open].map((shard) => {
      const data = this.#describeJob(shard)
      return { name: 'shard', data, opts: { jobId: jobId(data, round) } }
    })
    for (let start = 0; start < jobs.length; start += JOBS_AT_ONCE) {
      await this.#addUntilTaken(jobs.slice(start, start + JOBS_AT_ONCE))
    }
  }

  /** A server that is down in this very moment costs time, not the run: adding a job twice adds it once. */
  async #addUntilTaken(jobs: Parameters<ShardQueue['addBulk']>[0]): Promise<void> {
    while (this.#options.signal?.aborted !== true) {
      try {
        await this.#options.queue.addBulk(jobs)
        return
      } catch {
        await sleep(ADD_AGAIN_MS)
      }
    }
  }

  #describeJob(shard: number): ShardJob {
    const { plan, sha256 } = this.#options.frozen
    const { planVersion, planHash, manifestHash, generation, targetRoot } = plan
    return { planVersion, planHash, manifestHash, generation, targetRoot, planFileHash: sha256, shard }
  }

  async follow(): Promise<ReadonlyMap<number, string>> {
    const options = this.#options
    let nextQueueLookMs = performance.now() + QUEUE_LOOK_MS
    while (this.#open.size > 0 && options.signal?.aborted !== true) {
      const folderCount = await this.#settleMarked()
      options.onLook(this.#open)
      if (this.#open.size === 0) break
      if (performance.now() >= nextQueueLookMs) {
        await options.assertOwned()
        await this.#lookAtQueue()
        nextQueueLookMs = performance.now() + QUEUE_LOOK_MS
      }
      await sleep(folderCount > 1 ? SLOW_LOOK_MS : LOOK_MS)
    }
    if (options.signal?.aborted === true) await this.#removeWaiting()
    return this.#broken
  }

  /** Settles the shards of which a node has said that they are done. @returns the number of folders that it looked at. */
  async #settleMarked(): Promise<number> {
    const { closer, generation } = this.#options
    const { records } = generationPaths(generation)
    const { tree } = bookkeepingPaths(generation.targetRoot)
    const fans = new Set([...this.#open].map(fanOut))
    for (const fan of fans) {
      for (const name of await tree.list(join(records, fan))) {
        const shard = Number(/^(\d+)\.done$/.exec(name)?.[1] ?? Number.NaN)
        if (!this.#open.has(shard)) continue
        await this.#options.assertOwned()
        await closer.settle(shard)
        this.#open.delete(shard)
      }
    }
    return fans.size
  }

  /** Where no job of this run is left, what is still open was finished in parts, or nobody could finish it. */
  async #lookAtQueue(): Promise<void> {
    const failures = await this.#readFailures()
    if (failures === null) return
    const unfinished = []
    for (const shard of this.#open) {
      if (await this.#settleIfWhole(shard)) this.#open.delete(shard)
      else unfinished.push(shard)
    }
    if (unfinished.length === 0) return
    if (this.#round < MOST_ROUNDS) {
      this.#round++
      await this.enqueue(this.#round)
      return
    }
    for (const shard of unfinished) {
      this.#broken.set(shard, failures.get(shard) ?? 'its job is gone from the queue')
      this.#open.delete(shard)
    }
  }

  /** Why jobs of this run failed, by shard; null while any is waiting or in work, or the server does not answer. */
  async #readFailures(): Promise<ReadonlyMap<number, string> | null> {
    const { queue } = this.#options
    try {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')
      const count = Object.values(counts).reduce((sum, more) => sum + more, 0)
      if (count > MOST_JOBS) return null
      const left = count === 0 ? [] : await queue.getJobs(['waiting', 'active', 'delayed', 'prioritized'], 0, MOST_JOBS)
      if (left.some((job) => this.#isOurs(job))) return null
      const failed = (await queue.getJobs(['failed'], 0, MOST_JOBS)).filter((job) => this.#isOurs(job))
      return new Map(failed.map((job) => [job.data.shard, job.failedReason]))
    } catch {
      return null
    }
  }

  #isOurs(job: { readonly data: Partial<ShardJob> | null } | null | undefined): boolean {
    return job?.data?.generation === this.#options.generation.id
  }

  async #settleIfWhole(shard: number): Promise<boolean> {
    const { closer, generation, frozen } = this.#options
    const files = await readShard(generation, frozen.plan, shard)
    if (
      (await findOpenUnits(bookkeepingPaths(generation.targetRoot).tree, files, recordFolder(generation, shard)))
        .length > 0
    )
      return false
    await this.#options.assertOwned()
    await closer.settle(shard)
    return true
  }

  /** Takes the jobs that nobody has begun off the queue. Those in work end when the generation is closed. */
  async #removeWaiting(): Promise<void> {
    try {
      const waiting = await this.#options.queue.getJobs(['waiting', 'delayed'], 0, -1)
      for (const job of waiting) if (this.#isOurs(job)) await job.remove().catch(() => undefined)
    } catch (error) {
      // Nodes refuse what is left there, since its plan is gone.
      if (error instanceof MigrationError) throw error
    }
  }
}
