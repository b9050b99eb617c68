import { toWireError, type WireError } from '../errors/migration-error.ts'
import type { FileTask, SplitTask } from '../model/task.ts'
import type { HelpResult, TaskResult } from '../model/task-result.ts'
import { abortSplit, createSplitMemory } from '../convert/split/split-board.ts'
import type { Executor } from './executor.ts'

/** One try at a file that is split. */
interface Attempt {
  readonly task: SplitTask
  /** The try after this one; null: there is none. */
  readonly next: Promise<Attempt | null>
  readonly resolveNext: (next: Attempt | null) => void
  /** What ended a helper, and the try with it. */
  helperError: WireError | null
  /** False once a thread found nothing left to do. */
  hasWork: boolean
}

interface SplitOptions {
  readonly blockBytes: number
  /** Asked whenever a thread is free. */
  readonly mostHelpers: () => number
  /** Told of all work that a helper ended by itself. */
  readonly onHelped: (help: HelpResult) => void
}

/**
 * A file that several threads convert together: one task leads, others help. A thread that dies takes the attempt with it: the
 * threads that wait for it are told, and the file is tried again.
 */
export class SplitFile {
  readonly #pool: Executor
  readonly #blockBytes: number
  readonly #mostHelpers: () => number
  readonly #onHelped: (help: HelpResult) => void
  #attempt: Attempt | null = null
  #helpers = 0

  constructor(pool: Executor, { blockBytes, mostHelpers, onHelped }: SplitOptions) {
    this.#pool = pool
    this.#blockBytes = blockBytes
    this.#mostHelpers = mostHelpers
    this.#onHelped = onHelped
  }

  /** True where a free thread would be of use. */
  get wantsHelp(): boolean {
    return this.#attempt !== null && this.#attempt.hasWork && this.#helpers < this.#mostHelpers()
  }

  /** Runs one try at the file. @throws MigrationError as the pool does. */
  async lead(file: FileTask): Promise<TaskResult> {
    const attempt = startAttempt({ file, memory: createSplitMemory(), blockBytes: this.#blockBytes })
    this.#attempt?.resolveNext(attempt)
    this.#attempt = attempt
    try {
      const answer = await this.#pool.run({ kind: 'lead', ...attempt.task })
      return attempt.helperError === null ? answer : nameCause(answer, attempt.helperError)
    } catch (error) {
      abortSplit(attempt.task.memory)
      throw error
    } finally {
      attempt.hasWork = false
    }
  }

  /** Helps with this try and with those that follow. Never throws: what ends a helper is told by the leader's result. */
  async help(): Promise<void> {
    this.#helpers++
    for (let attempt = this.#attempt; attempt !== null; attempt = await attempt.next) {
      attempt.helperError ??= await this.#helpOnce(attempt)
      attempt.hasWork = false
    }
  }

  /** No further try follows. */
  end(): void {
    this.#attempt?.resolveNext(null)
    this.#attempt = null
  }

  async #helpOnce({ task }: Attempt): Promise<WireError | null> {
    try {
      const answer = await this.#pool.run({ kind: 'help', ...task })
      if (answer.kind !== 'help') return null
      this.#onHelped(answer)
      return answer.error
    } catch (error) {
      abortSplit(task.memory)
      return toWireError(error, { phase: 'worker', file: task.file.relativePath })
    }
  }
}

function startAttempt(task: SplitTask): Attempt {
  let resolveNext!: Attempt['resolveNext']
  const next = new Promise<Attempt | null>((resolve) => (resolveNext = resolve))
  return { task, next, resolveNext, helperError: null, hasWork: true }
}

/** The leader only knows that it lost a helper: the report is to say how. */
function nameCause(answer: TaskResult, error: WireError): TaskResult {
  if (answer.kind !== 'convert') return answer
  const files = answer.files.map((file) =>
    !file.isConverted && file.error.code === 'WORKER_EXIT' ? { ...file, error } : file,
  )
  return { ...answer, files }
}
