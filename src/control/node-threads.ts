import type { FrozenPlan } from '../model/frozen-plan.ts'
import type { Executor } from '../schedule/executor.ts'
import { SharedThreads } from '../schedule/shared-threads.ts'

/** The threads of a node: kept, warm, for all plans that convert alike; replaced when another conversion comes or they were stopped. */
export class NodeThreads {
  private readonly threads: number
  private current: { readonly conversion: string; readonly shared: SharedThreads } | null = null
  private readonly usersOf = new Map<SharedThreads, number>()

  constructor(threads: number) {
    this.threads = threads
  }

  /** @returns the threads as one shard sees them, and what to call when it has ended. */
  take({ data, taskTimeoutMs }: Pick<FrozenPlan, 'data' | 'taskTimeoutMs'>): {
    readonly pool: Executor
    readonly giveBack: () => Promise<void>
  } {
    const conversion = JSON.stringify([data, taskTimeoutMs])
    if (this.current?.conversion !== conversion || !this.current.shared.isUsable) {
      const shared = new SharedThreads({ plan: data, threads: this.threads, taskTimeoutMs: taskTimeoutMs ?? undefined })
      const last = this.current?.shared
      this.current = { conversion, shared }
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
