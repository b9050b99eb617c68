import { MOST_BYTES_TOGETHER } from '../model/policy.ts'
import { defaultMemoryLimit, threadsThatFit } from '../schedule/memory-limit.ts'
import { mostAutoThreads } from '../schedule/thread-count.ts'
import type { Work } from './work.ts'

/** How many threads a run starts with, may come to have, and cuts its work for. */

/** With more and smaller tasks than this small files would cost more on the main thread than a better number of threads brings. */
const AUTO_TASKS_FACTOR = 4

/** Threads that a pool starts with, and that it may come to have. */
export interface PoolSize {
  readonly threads: number
  readonly maxThreads: number
}

/** Threads that `--threads auto` may go up to; where the number is given it stays. */
export function mostThreads({ options, threads }: Work): number {
  if (options.threads !== 'auto') return threads
  return Math.max(threads, Math.min(mostAutoThreads(), threadsThatFit(options.memoryLimit ?? defaultMemoryLimit())))
}

/** Threads that small files are cut into tasks for: with `auto`, some that it may come to add. */
export function threadsToFeed(work: Work): number {
  const { options, threads } = work
  return options.threads === 'auto' ? Math.min(mostThreads(work), threads * AUTO_TASKS_FACTOR) : threads
}

/** With `auto`, tasks that last do not queue up for the first threads: those that are added would find nothing. */
export function mayQueueTasks({ options, discovery }: Work, indexes: Uint32Array): boolean {
  const isLong = discovery.files.sumBytes(indexes) / indexes.length >= MOST_BYTES_TOGETHER
  return options.taskTimeout === undefined && !(options.threads === 'auto' && isLong)
}
