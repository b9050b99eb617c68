import type { ThreadTuning } from '../model/measurement.ts'
import type { Moment } from '../report/timeline.ts'
import { isMemoryFull } from '../schedule/memory-limit.ts'
import { readRunQueueNs } from '../schedule/run-queue.ts'
import type { ThreadLimit } from '../schedule/thread-limit.ts'
import type { Executor } from '../schedule/executor.ts'
import { ThreadTuner, type ThreadSample, type TunerOptions } from '../schedule/thread-tuner.ts'

/** Short, so that a run of seconds is seen early. A look takes some 0.1 ms. */
const INTERVAL_MS = 50

interface TuneThreadsOptions extends TunerOptions {
  readonly pool: Executor
  readonly limit: ThreadLimit
  readonly memoryLimit: number
  readonly look: () => Moment
}

/** `--threads auto`: looks at the run again and again and changes the number of threads. @returns a function that ends it. */
export function tuneThreads(options: TuneThreadsOptions): () => ThreadTuning {
  const { pool, limit, look } = options
  const tuner = new ThreadTuner(options)
  let before = { ...look(), runQueueNs: readRunQueueNs() }
  const timer = setInterval(() => {
    const now = { ...look(), runQueueNs: readRunQueueNs() }
    const threads = tuner.feed(sampleBetween(before, now, isMemoryFull(options.memoryLimit)))
    before = now
    // Threads are started where they are wanted, not before: a short run never pays for them.
    if (threads > pool.size) pool.grow(threads)
    limit.set(threads)
  }, INTERVAL_MS)
  return () => {
    clearInterval(timer)
    return tuner.result()
  }
}

type Look = Moment & { readonly runQueueNs: number }

/** What busy threads did between two looks, by the figures of the process: those of threads come only with their files. */
function sampleBetween(before: Look, now: Look, isFull: boolean): ThreadSample {
  const busyMs = ((before.busyThreads + now.busyThreads) / 2) * (now.atMs - before.atMs)
  const share = (partMs: number): number => (busyMs <= 0 ? 0 : Math.min(1, Math.max(0, partMs / busyMs)))
  const onCpu = share(now.cpuMs - before.cpuMs)
  const runQueue = Math.min(1 - onCpu, share((now.runQueueNs - before.runQueueNs) / 1e6))
  return {
    atMs: now.atMs,
    readBytes: now.readBytes,
    busyThreads: now.busyThreads,
    waiting: busyMs <= 0 ? 0 : 1 - onCpu - runQueue,
    runQueue,
    isMemoryFull: isFull,
  }
}
