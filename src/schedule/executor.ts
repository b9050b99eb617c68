import type { TaskResult } from '../model/task-result.ts'
import type { Task } from '../model/task.ts'

/** What a thread is at. */
export interface ThreadProgress {
  /** The index of its file, and the bytes of it that are read. */
  readonly index: number
  readonly readBytes: number
  /** Bytes of the files that it has converted before this one in its task. */
  readonly earlierBytes: number
  /** How large its target will be, where that is many times as large as the file; null: it is not, or not known yet. */
  readonly largeTargetBytes: number | null
}

/** What runs tasks: the pool of threads, or for a tiny run the main thread itself. */
export interface Executor {
  /** Runs a task when its turn comes. Rejects where there is no result: the task crashed, timed out or was stopped. */
  run(task: Task): Promise<TaskResult>
  /** Threads that it has. */
  readonly size: number
  /** Tasks that a thread has in work at the same time. */
  readonly tasksPerThread: number
  /** Starts threads up to a number, where it can have more than one. */
  grow(size: number): void
  /** What a limit of the system took from the threads, as a warning; null: nothing. */
  describeShortage(): string | null
  /** What each thread is at; null: idle. */
  readProgress(): (ThreadProgress | null)[]
  /** Asks for all files in work to be given up at the next chunk. Their tasks then fail as STOPPED. */
  requestStop(): void
  /** Lets each thread save its CPU profile, once no task runs any more, if it has any. @returns the names of the profiles, without folder and extension. */
  saveProfiles?(folder: string): Promise<string[]>
  /** Ends everything, in the middle of tasks if need be. */
  destroy(): Promise<void>
}

/** The warning for threads whose kernels found no address space; null: there are none. */
export function describeSlowThreads(count: number): string | null {
  if (count === 0) return null
  const who = count === 1 ? 'a thread' : `${count} threads`
  return `${who} had no room for the 10 GiB of address space that fast conversion reserves (ulimit -v) and converted as --engine reference does: the same bytes, more slowly`
}
