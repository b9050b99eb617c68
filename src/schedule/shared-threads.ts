import type { DataPlan } from '../model/data-plan.ts'
import type { TaskResult } from '../model/task-result.ts'
import type { FileTask, Task } from '../model/task.ts'
import type { Executor } from './executor.ts'
import { ThreadPool } from './thread-pool.ts'

/** File numbers of one share: more than a shard has files. */
const NUMBERS_A_SHARE = 2 ** 24

/**
 * One pool of threads for several runs that convert alike: the shards that a node has in work. Each share numbers its files from 0, as if the pool
 * were its own. A share that stops its tasks stops those of all others too, whose files are then tried again on new threads.
 */
export class SharedThreads {
  readonly #pool: ThreadPool
  #shareCount = 0
  #isStopped = false
  /** Where tasks are timed: those for which no thread is free, whose clock must not run yet. */
  readonly #waiting: (() => void)[] = []
  #running = 0
  readonly #areTimed: boolean

  constructor(options: {
    readonly plan: DataPlan
    readonly threads: number
    readonly taskTimeoutMs?: number | undefined
    /** As the pool takes it. */
    readonly entry?: string
  }) {
    this.#pool = new ThreadPool(options)
    this.#areTimed = options.taskTimeoutMs !== undefined
  }

  /** False where the threads were stopped: further work needs new ones. */
  get isUsable(): boolean {
    return !this.#isStopped
  }

  share(): Executor {
    const pool = this.#pool
    const base = NUMBERS_A_SHARE * this.#shareCount++
    return {
      size: pool.size,
      tasksPerThread: pool.tasksPerThread,
      run: async (task) => {
        const result = await this.#runWhenFree(moveTask(task, base))
        moveResult(result, -base)
        return result
      },
      grow: (size) => pool.grow(size),
      describeShortage: () => pool.describeShortage(),
      readProgress: () =>
        pool.readProgress().map((thread) => {
          const index = (thread?.index ?? -1) - base
          return thread === null || index < 0 || index >= NUMBERS_A_SHARE ? null : { ...thread, index }
        }),
      requestStop: () => {
        this.#isStopped = true
        pool.requestStop()
      },
      destroy: () => this.destroy(),
    }
  }

  /** The clock of a task begins with `run` of the pool, and here tasks of other shares may be before it. */
  async #runWhenFree(task: Task): Promise<TaskResult> {
    if (!this.#areTimed) return this.#pool.run(task)
    if (this.#running >= this.#pool.size) await new Promise<void>((free) => this.#waiting.push(free))
    else this.#running++
    try {
      return await this.#pool.run(task)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  async destroy(): Promise<void> {
    this.#isStopped = true
    await this.#pool.destroy()
  }
}

function moveTask(task: Task, by: number): Task {
  const move = (file: FileTask): FileTask => ({ ...file, index: file.index + by })
  if (task.kind === 'convert') return { ...task, files: task.files.map(move) }
  return task.kind === 'lead' || task.kind === 'help' ? { ...task, file: move(task.file) } : task
}

/** In place: nobody else has seen the result yet. */
function moveResult(result: TaskResult, by: number): void {
  if (result.kind === 'convert') for (const file of result.files) file.index += by
  else if (result.kind === 'help') result.index += by
}
