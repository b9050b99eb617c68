import type { FrozenPlan } from '../model/frozen-plan.ts'
import type { Executor } from '../schedule/executor.ts'
import { SharedThreads } from '../schedule/shared-threads.ts'

/** The threads of a node: started for a plan, kept while its shards come, replaced when another plan comes or they were stopped. */
export class NodeThreads {
  private readonly threads: number
  private current: { readonly planFileHash: string; readonly shared: SharedThreads } | null = null
  private readonly usersOf = new Map<SharedThreads, number>()

  constructor(threads: number) {
    this.threads = threads
  }

  /** @returns the threads as one shard sees them, and what to call when it has ended. */
  take(planFileHash: string, plan: FrozenPlan): { readonly pool: Executor; readonly giveBack: () => Promise<void> } {
    if (this.current?.planFileHash !== planFileHash || !this.current.shared.isUsable) {
      const { data, taskTimeoutMs } = plan
      const shared = new SharedThreads({ plan: data, threads: this.threads, taskTimeoutMs: taskTimeoutMs ?? undefined })
      const last = this.current?.shared
      this.current = { planFileHash, shared }
      if (last !== undefined) void this.endIfUnused(last)
    }
    const { shared } = this.current
    this.usersOf.set(shared, (this.usersOf.get(shared) ?? 0) + 1)
    return {
      pool: shared.share(),
      giveBack: async () => {
        this.usersOf.set(shared, (this.usersOf.get(shared) ?? 1) - 1)
        if (shared !== this.current?.shared) await this.endIfUnused(shared)
      },
    }
  }

  async end(): Promise<void> {
    const shared = this.current?.shared
    this.current = null
    await shared?.destroy()
  }

  private async endIfUnused(shared: SharedThreads): Promise<void> {
    if ((this.usersOf.get(shared) ?? 0) > 0) return
    this.usersOf.delete(shared)
    await shared.destroy()
  }
}
