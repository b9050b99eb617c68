import type { Executor } from '../schedule/executor.ts'
import { InlineExecutor } from '../schedule/inline-executor.ts'
import type { ThreadPoolOptions } from '../schedule/thread-pool.ts'
import { areReachedByThreads } from '../storage/storages.ts'
import type { Plan } from './plan/make-plan.ts'

/** What converts the files of a plan: threads, or where one of its trees is in a storage that only this thread reaches, this thread. */
export async function makeExecutor(plan: Plan, options: Omit<ThreadPoolOptions, 'plan'>): Promise<Executor> {
  if (!areReachedByThreads(plan.discovery.root, plan.targetRoot)) return new InlineExecutor(plan.data)
  // Loaded when it is needed: a tiny run does without, and whoever imports the library for one.
  const { ThreadPool } = await import('../schedule/thread-pool.ts')
  return new ThreadPool({ plan: plan.data, ...options })
}
