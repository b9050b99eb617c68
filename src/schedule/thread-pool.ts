import { batchMemoryBytes } from '../batch/batch-memory.ts'
import {
  CONTROL_BYTES,
  PROGRESS_BYTES,
  countStarted,
  countWithoutKernels,
  requestStop,
  type WorkerSetup,
} from '../convert/convert-task.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { loadedFormats } from '../formats/load-formats.ts'
import type { DataPlan } from '../model/data-plan.ts'
import { TaskResultSchema, type TaskResult } from '../model/task-result.ts'
import type { FileTask, Task } from '../model/task.ts'
import { describeSlowThreads, type Executor, type ThreadProgress } from './executor.ts'
import { countKernelThreads, findThreadRoom } from './process-limits.ts'
import { StartFault, ThreadGroup } from './thread-group.ts'
import { describeNoThreads } from './thread-shortage.ts'
import { findWorkerEntry } from './worker-entry.ts'

/** What lies between two threads in the progress, in numbers. */
const PROGRESS_STRIDE = PROGRESS_BYTES / Float64Array.BYTES_PER_ELEMENT

/**
 * Megabytes for short-lived objects of a thread. Its rows are in no objects, so the 48 of Node's default would only be filled with garbage
 * before anyone looked. The stream engine, which makes an object for every row, keeps the default.
 */
const YOUNG_GENERATION_MB = 6

export interface ThreadPoolOptions {
  readonly plan: DataPlan
  /** Threads to start with. */
  readonly threads: number
  /** The most that `grow` is asked for; default: none beyond `threads`. */
  readonly maxThreads?: number
  /** Tasks that a thread has in work at the same time. Only what waits asynchronously gains by more than 1. */
  readonly tasksPerThread?: number | undefined
  /** Milliseconds after which a task's thread is ended; undefined: never. */
  readonly taskTimeoutMs?: number | undefined
  /** Files come back with the spans of their stages. */
  readonly isTraced?: boolean
  /** Threads sample their CPU from their start, for `saveProfiles`. */
  readonly isProfiled?: boolean
  /** Sees every answer of a thread first. */
  readonly onAnswer?: (answer: TaskResult) => void
  /** The worker's entry, for tests of crashes; the default is the built workers/convert-task. */
  readonly entry?: string
  /** Megabytes of JavaScript heap a thread may use; for tests of crashes. */
  readonly maxHeapMb?: number
}

/**
 * The pool of worker threads. Workers run from the built files, beside this one in `dist`.
 * Errors are MigrationErrors: WORKER_EXIT and WORKER_OOM when the thread ended, THREADS_UNAVAILABLE when none could be started, TIMEOUT,
 * STOPPED. A thread that cannot start leaves its tasks to the others.
 */
export class ThreadPool implements Executor {
  /** One, and one more for each time it grew: Piscina starts threads whenever a task waits, and tasks always wait here. */
  readonly #groups: ThreadGroup[] = []
  readonly #setup: WorkerSetup
  readonly #options: ThreadPoolOptions
  readonly #control = new SharedArrayBuffer(CONTROL_BYTES)
  readonly #progress: Float64Array
  #isStopping = false
  #isDestroyed = false
  /** What the last thread that could not start died of. */
  #startFault: unknown = null

  /** @throws MigrationError THREADS_UNAVAILABLE where a limit leaves no room for a thread. */
  constructor(options: ThreadPoolOptions) {
    this.#options = options
    const maxThreads = Math.max(options.threads, options.maxThreads ?? 0)
    const progress = new SharedArrayBuffer(maxThreads * PROGRESS_BYTES)
    this.#progress = new Float64Array(progress)
    this.#setup = {
      plan: options.plan,
      control: this.#control,
      progress,
      maxThreads,
      kernelThreads: countKernelThreads(maxThreads, this.#batchBytes),
      paceClock: new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT),
      isTraced: options.isTraced ?? false,
      isProfiled: options.isProfiled ?? false,
    }
    this.grow(options.threads)
    if (this.#groups.length === 0) throw this.#describeNone()
  }

  /** Threads that it has. */
  get size(): number {
    return this.#groups.reduce((sum, { threads }) => sum + threads, 0)
  }

  /** Tasks that a thread has in work at the same time. */
  get tasksPerThread(): number {
    return this.#options.tasksPerThread ?? 1
  }

  /** Starts threads up to a number, or as many as the limits of the system allow. They stay until the pool is destroyed. */
  grow(size: number): void {
    if (this.#isStopping) return
    const threads = Math.min(size - this.size, findThreadRoom(this.#batchBytes).threads)
    if (threads <= 0) return
    const { entry, maxHeapMb } = this.#options
    try {
      const group = new ThreadGroup({
        filename: entry ?? findWorkerEntry(),
        minThreads: threads,
        maxThreads: threads,
        concurrentTasksPerWorker: this.tasksPerThread,
        idleTimeout: Number.POSITIVE_INFINITY,
        workerData: { ...this.#setup, formats: loadedFormats() } satisfies WorkerSetup & { formats: readonly string[] },
        recordTiming: false,
        resourceLimits: {
          ...(this.#options.plan.engine === 'stream' ? {} : { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB }),
          ...(maxHeapMb === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMb }),
        },
      })
      this.#groups.push(group)
    } catch (error) {
      this.#startFault = error
    }
  }

  get #batchBytes(): number {
    const { maxRecordBytes, chunkBytes } = this.#options.plan
    return batchMemoryBytes(maxRecordBytes, chunkBytes)
  }

  /** Runs a task on the next free thread. */
  async run(task: Task): Promise<TaskResult> {
    for (;;) {
      if (this.#isDestroyed) throw new MigrationError('STOPPED', 'the run was stopped', { phase: 'worker' })
      const group = this.#leastLoaded()
      try {
        return await this.#runIn(group, task)
      } catch (error) {
        // No thread has begun the task, so another one may have it.
        if (!(error instanceof StartFault)) throw error
        this.#startFault = error.cause
      }
    }
  }

  async #runIn(group: ThreadGroup, task: Task): Promise<TaskResult> {
    const { taskTimeoutMs } = this.#options
    const timeout = taskTimeoutMs === undefined ? undefined : new AbortController()
    // The clock runs while a task waits for a thread too, so timed callers hand out no more tasks than there are threads.
    const timer = timeout && setTimeout(() => timeout.abort(), taskTimeoutMs)
    try {
      const answer = TaskResultSchema.parse(await group.run(task, timeout?.signal))
      this.#options.onAnswer?.(answer)
      return answer
    } catch (error) {
      if (error instanceof StartFault && !this.#isStopping) throw error
      this.#clearProgress(task)
      if (timeout?.signal.aborted) {
        throw new MigrationError('TIMEOUT', `the task took longer than ${taskTimeoutMs} ms`, {
          phase: 'worker',
          hint: '--task-timeout allows more',
        })
      }
      throw this.#describeCrash(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** @throws MigrationError THREADS_UNAVAILABLE where no thread is left that could start. */
  #leastLoaded(): ThreadGroup {
    const [least] = this.#groups
      .filter(({ threads }) => threads > 0)
      .toSorted((a, b) => a.tasks / a.threads - b.tasks / b.threads)
    if (least === undefined) throw this.#describeNone()
    return least
  }

  #describeNone(): MigrationError {
    return describeNoThreads(this.#startFault, this.#batchBytes)
  }

  describeShortage(): string | null {
    return describeSlowThreads(countWithoutKernels(this.#control))
  }

  /** A thread that has died cannot say any more that it is idle. */
  #clearProgress(task: Task): void {
    const fileNumbers = new Set(filesOf(task).map(({ index }) => index + 1))
    for (let at = 0; at < this.#progress.length; at += PROGRESS_STRIDE) {
      if (fileNumbers.has(this.#progress[at] ?? 0)) this.#progress.fill(0, at, at + PROGRESS_STRIDE)
    }
  }

  /** What each thread is at; null: idle. */
  readProgress(): (ThreadProgress | null)[] {
    // A thread that replaces a dead one has a number of its own, where there is room for it.
    const started = Math.min(countStarted(this.#control), this.#setup.maxThreads)
    return Array.from({ length: Math.max(this.size, started) }, (_, thread) => {
      const fileNumber = this.#progress[thread * PROGRESS_STRIDE] ?? 0
      const readBytes = this.#progress[thread * PROGRESS_STRIDE + 1] ?? 0
      const earlierBytes = this.#progress[thread * PROGRESS_STRIDE + 2] ?? 0
      const predicted = this.#progress[thread * PROGRESS_STRIDE + 3] ?? 0
      // The thread may have gone on to another file meanwhile.
      const isOfFile = this.#progress[thread * PROGRESS_STRIDE] === fileNumber
      const largeTargetBytes = isOfFile && predicted > 0 ? predicted : null
      return fileNumber === 0 ? null : { index: fileNumber - 1, readBytes, earlierBytes, largeTargetBytes }
    })
  }

  async saveProfiles(folder: string): Promise<string[]> {
    const threads = this.size
    const saved = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const tasks = Array.from({ length: threads }, () => this.run({ kind: 'profile', folder, saved, threads }))
    const answers = await Promise.all(tasks)
    return answers.flatMap((answer) => (answer.kind === 'profile' && answer.thread !== null ? answer.thread : []))
  }

  /** Asks all threads to give up their files at the next chunk. Their tasks then fail as STOPPED. */
  requestStop(): void {
    this.#isStopping = true
    requestStop(this.#control)
  }

  /** Ends all threads, in the middle of their tasks if need be. */
  async destroy(): Promise<void> {
    this.#isStopping = true
    this.#isDestroyed = true
    await Promise.all(this.#groups.map((group) => group.destroy()))
  }

  #describeCrash(error: unknown): MigrationError {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#isStopping) return new MigrationError('STOPPED', 'the run was stopped', { phase: 'worker', cause: error })
    if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return new MigrationError('WORKER_OOM', `the worker thread ran out of memory: ${message}`, {
        phase: 'worker',
        hint: 'a smaller --max-record-size, or fewer --threads, needs less',
        cause: error,
      })
    }
    return new MigrationError('WORKER_EXIT', `the worker thread ended: ${message}`, {
      phase: 'worker',
      cause: error,
      isRetryable: true,
    })
  }
}

/** The files that a thread shows as its progress while it has the task. */
function filesOf(task: Task): readonly FileTask[] {
  if (task.kind === 'convert') return task.files
  return task.kind === 'lead' || task.kind === 'help' ? [task.file] : []
}
