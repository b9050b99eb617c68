import { batchMemoryBytes } from '../batch/batch-memory.ts'
import {
  CONTROL_BYTES,
  PROGRESS_BYTES,
  countWithoutKernels,
  createTaskRunner,
  requestStop,
  type TaskRunner,
} from '../convert/convert-task.ts'
import type { DataPlan } from '../model/data-plan.ts'
import { SMALL_FILE_BYTES } from '../model/policy.ts'
import type { SourceList } from '../model/source-list.ts'
import type { TaskResult } from '../model/task-result.ts'
import type { Task } from '../model/task.ts'
import type { OutputStorage } from '../storage/output-storage.ts'
import type { SourceStorage } from '../storage/source-storage.ts'
import { describeSlowThreads, type Executor } from './executor.ts'
import { countKernelThreads } from './process-limits.ts'

/**
 * Runs tasks on the main thread. Starting a pool takes longer than a small file does, and so short a task holds up neither
 * signals nor the commit. Nothing depends on where a file is converted: it is staged and committed as ever, so a crash of the process
 * loses no more than one of a thread.
 */
export class InlineExecutor implements Executor {
  readonly size = 1
  readonly tasksPerThread = 1
  readonly #plan: DataPlan
  readonly #sources: SourceStorage | undefined
  readonly #outputs: OutputStorage | null
  readonly #control = new SharedArrayBuffer(CONTROL_BYTES)
  #runner: TaskRunner | null = null

  /** @param sources where it reads. @param outputs where it writes. Default of both: as a thread does. */
  constructor(plan: DataPlan, sources?: SourceStorage, outputs: OutputStorage | null = null) {
    this.#plan = plan
    this.#sources = sources
    this.#outputs = outputs
  }

  /** Whether a run is small enough: a single small file. */
  static takes(files: SourceList, indexes: Uint32Array): boolean {
    const [first] = indexes
    return first !== undefined && indexes.length === 1 && files.sizeBytes(first) < SMALL_FILE_BYTES
  }

  async run(task: Task): Promise<TaskResult> {
    // Made here, not before: where its memory cannot be had, the file fails, as it does in a thread.
    this.#runner ??= createTaskRunner(
      {
        plan: this.#plan,
        control: this.#control,
        progress: new SharedArrayBuffer(PROGRESS_BYTES),
        maxThreads: 1,
        kernelThreads: countKernelThreads(1, batchMemoryBytes(this.#plan.maxRecordBytes, this.#plan.chunkBytes)),
        paceClock: new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT),
        isTraced: false,
        isProfiled: false,
      },
      this.#sources,
      this.#outputs,
    )
    return this.#runner(task)
  }

  grow(): void {}

  /** Nobody can look while a task has the main thread. */
  readProgress(): null[] {
    return [null]
  }

  describeShortage(): string | null {
    return describeSlowThreads(countWithoutKernels(this.#control))
  }

  requestStop(): void {
    requestStop(this.#control)
  }

  async destroy(): Promise<void> {}
}
