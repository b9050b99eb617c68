import { Piscina } from 'piscina'
import { requestStop, type WorkerSetup } from '../convert-task.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { DataPlan } from '../model/data-plan.ts'
import { TaskResultSchema, type TaskResult } from '../model/task-result.ts'
import type { Task } from '../model/task.ts'
import { findWorkerEntry } from './worker-entry.ts'

/** Each thread's two progress numbers lie this far apart, so that threads do not share cache lines. */
const PROGRESS_STRIDE = 16

interface ThreadPoolOptions {
  readonly plan: DataPlan
  readonly threads: number
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
 * Errors are MigrationErrors: WORKER_EXIT and WORKER_OOM when the thread ended, an errno's name when none could be started, TIMEOUT,
 * STOPPED.
 */
export class ThreadPool {
  private readonly pool: Piscina
  private readonly options: ThreadPoolOptions
  private readonly control = new SharedArrayBuffer(8)
  private readonly progress: Float64Array
  private isStopping = false

  constructor(options: ThreadPoolOptions) {
    this.options = options
    const progress = new SharedArrayBuffer(options.threads * PROGRESS_STRIDE * Float64Array.BYTES_PER_ELEMENT)
    this.progress = new Float64Array(progress)
    const setup: WorkerSetup = {
      plan: options.plan,
      control: this.control,
      progress,
      maxThreads: options.threads,
      isTraced: options.isTraced ?? false,
      isProfiled: options.isProfiled ?? false,
    }
    this.pool = new Piscina({
      filename: options.entry ?? findWorkerEntry(),
      minThreads: options.threads,
      maxThreads: options.threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: setup,
      recordTiming: false,
      ...(options.maxHeapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb } }),
    })
    // A thread that dies between tasks is replaced by the pool; the next task tells if that does not help.
    this.pool.on('error', () => {})
  }

  /** Runs a task on the next free thread. */
  async run(task: Task): Promise<TaskResult> {
    const { taskTimeoutMs } = this.options
    const timeout = taskTimeoutMs === undefined ? undefined : new AbortController()
    // The clock runs while a task waits for a thread too, so timed callers hand out no more tasks than there are threads.
    const timer = timeout && setTimeout(() => timeout.abort(), taskTimeoutMs)
    try {
      const answer = TaskResultSchema.parse(await this.pool.run(task, timeout ? { signal: timeout.signal } : {}))
      this.options.onAnswer?.(answer)
      return answer
    } catch (error) {
      if (timeout?.signal.aborted) {
        throw new MigrationError('TIMEOUT', `the task took longer than ${taskTimeoutMs} ms`, {
          phase: 'worker',
          hint: '--task-timeout allows more',
        })
      }
      throw this.describeCrash(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** What each thread is at: the index of its file and the bytes of it that are read; null: idle. */
  readProgress(): ({ readonly index: number; readonly readBytes: number } | null)[] {
    return Array.from({ length: this.options.threads }, (_, thread) => {
      const fileNumber = this.progress[thread * PROGRESS_STRIDE] ?? 0
      const readBytes = this.progress[thread * PROGRESS_STRIDE + 1] ?? 0
      return fileNumber === 0 ? null : { index: fileNumber - 1, readBytes }
    })
  }

  /** Lets each thread save its CPU profile, once no task runs any more. @returns the names of the profiles, without folder and extension. */
  async saveProfiles(folder: string): Promise<string[]> {
    const { threads } = this.options
    const saved = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const tasks = Array.from({ length: threads }, () => this.run({ kind: 'profile', folder, saved, threads }))
    const answers = await Promise.all(tasks)
    return answers.flatMap((answer) => (answer.kind === 'profile' && answer.thread !== null ? answer.thread : []))
  }

  /** Asks all threads to give up their files at the next chunk. Their tasks then fail as STOPPED. */
  requestStop(): void {
    this.isStopping = true
    requestStop(this.control)
  }

  /** Ends all threads, in the middle of their tasks if need be. */
  async destroy(): Promise<void> {
    this.isStopping = true
    await this.pool.destroy()
  }

  private describeCrash(error: unknown): MigrationError {
    const message = error instanceof Error ? error.message : String(error)
    if (this.isStopping) return new MigrationError('STOPPED', 'the run was stopped', { phase: 'worker', cause: error })
    if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return new MigrationError('WORKER_OOM', `the worker thread ran out of memory: ${message}`, {
        phase: 'worker',
        hint: 'a smaller --max-record-size, or fewer --threads, needs less',
        cause: error,
      })
    }
    const errno = /initialization failure: (E[A-Z]+)$/.exec(message)?.[1]
    if (errno !== undefined) {
      return new MigrationError(errno, `no further thread could be started: ${errno}`, {
        phase: 'worker',
        hint: 'raise the limits of the process (ulimit -n, ulimit -u) or use fewer --threads',
        cause: error,
        isRetryable: true,
      })
    }
    return new MigrationError('WORKER_EXIT', `the worker thread ended: ${message}`, {
      phase: 'worker',
      cause: error,
      isRetryable: true,
    })
  }
}
