import type { FrozenPlan } from '../../model/frozen-plan.ts'
import type { Executor } from '../../schedule/executor.ts'
import { SharedThreads } from '../../schedule/shared-threads.ts'

/** What threads are started with. */
type ThreadSetup = Pick<FrozenPlan, 'data' | 'taskTimeoutMs'>

/**
 * The threads of a node: shared by the shards of a plan, and kept, warm, for the next plan that converts alike. Plans in work at the same time
 * have threads of their own, since who stops his files stops those of all who share his threads.
 */
export class NodeThreads {
  readonly #threads: number
  #current: { readonly conversion: string; planFileHash: string; readonly shared: SharedThreads } | null = null
  readonly #usersOf = new Map<SharedThreads, number>()

  constructor(threads: number) {
    this.#threads = threads
  }

  /** @returns the threads as one shard sees them, and what to call when it has ended. */
  take(planFileHash: string, plan: ThreadSetup): { readonly pool: Executor; readonly giveBack: () => Promise<void> } {
    const conversion = JSON.stringify([plan.data, plan.taskTimeoutMs])
    const shared = this.#findThreads(planFileHash, conversion) ?? this.#startThreads(planFileHash, conversion, plan)
    this.#usersOf.set(shared, (this.#usersOf.get(shared) ?? 0) + 1)
    return {
      pool: shared.share(),
      giveBack: async () => {
        this.#usersOf.set(shared, (this.#usersOf.get(shared) ?? 1) - 1)
        if (shared !== this.#current?.shared) await this.#endIfUnused(shared)
      },
    }
  }

  #findThreads(planFileHash: string, conversion: string): SharedThreads | null {
    const current = this.#current
    if (current?.conversion !== conversion || !current.shared.isUsable) return null
    const areInUse = (this.#usersOf.get(current.shared) ?? 0) > 0
    if (areInUse && current.planFileHash !== planFileHash) return null
    current.planFileHash = planFileHash
    return current.shared
  }

  #startThreads(planFileHash: string, conversion: string, plan: ThreadSetup): SharedThreads {
    const { data, taskTimeoutMs } = plan
    const shared = new SharedThreads({ plan: data, threads: this.#threads, taskTimeoutMs: taskTimeoutMs ?? undefined })
    const last = this.#current?.shared
    this.#current = { conversion, planFileHash, shared }
    if (last !== undefined) void this.#endIfUnused(last)
    return shared
  }

  async end(): Promise<void> {
    const shared = this.#current?.shared
    this.#current = null
    await shared?.destroy()
  }

  async #endIfUnused(shared: SharedThreads): Promise<void> {
    if ((this.#usersOf.get(shared) ?? 0) > 0) return
    this.#usersOf.delete(shared)
    await shared.destroy()
  }
}
