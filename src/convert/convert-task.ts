import { join } from 'node:path'
import { createBatchMemory } from '../batch/batch-memory.ts'
import { RecordBatch } from '../batch/record-batch.ts'
import { convertFile } from './convert-file.ts'
import type { ConvertContext } from './file-work.ts'
import { hashFiles } from './hash-files.ts'
import { sampleFile } from './sample-file.ts'
import { loadKernels } from '../kernels/load-kernels.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FileTask, Task } from '../model/task.ts'
import { helpSplit, leadSplit } from './split/convert-split.ts'
import type { FileResult, TaskResult } from '../model/task-result.ts'
import { createPace } from '../pace/pace.ts'
import type { OutputStorage } from '../storage/output-storage.ts'
import type { SourceStorage } from '../storage/source-storage.ts'
import { sourcesAt } from '../storage/storages.ts'
import { beginSpans } from './stage-timer.ts'
import { ThreadMeter } from './thread-meter.ts'
import { ThreadTargets } from './thread-targets.ts'
import { nowNs } from '../report/clock.ts'
import { CpuProfiler } from '../report/cpu-profile.ts'
import { SpanRecorder } from '../report/span-recorder.ts'

/** What a worker thread is given once, when it starts. Only plain values and shared memory. */
export interface WorkerSetup {
  readonly plan: DataPlan
  /**
   * CONTROL_BYTES. Word 0: not 0 when the run is to stop (a worker in synchronous calls hears no message). Word 1: threads started so far.
   * Word 2: those of them that a limit left no room for kernels.
   */
  readonly control: SharedArrayBuffer
  /**
   * Four numbers a thread: 1 + the index of the file it is at (0: idle), how many of its bytes are read, the bytes of files before it in its task,
   * and how large its target will be, where that is worth a warning (else 0).
   */
  readonly progress: SharedArrayBuffer
  readonly maxThreads: number
  /** How many of them may have kernels, by the room that a limit of address space leaves. */
  readonly kernelThreads: number
  /** One 64-bit word for `--bwlimit`. */
  readonly paceClock: SharedArrayBuffer
  /** Files come back with the spans of their stages (`--trace`). */
  readonly isTraced: boolean
  /** The CPU of the thread is sampled from its start (`--profile`). */
  readonly isProfiled: boolean
}

/** Each thread's progress numbers lie this far apart, so that threads do not share cache lines. */
export const PROGRESS_BYTES = 128

export const CONTROL_BYTES = 12
const STOP = 0
const THREADS_STARTED = 1
const THREADS_WITHOUT_KERNELS = 2

type TaskOf<Kind extends Task['kind']> = Extract<Task, { readonly kind: Kind }>

/** Runs tasks: one in, one result out. Made once per thread, since its memory is. */
export type TaskRunner = (task: Task) => Promise<TaskResult>

/**
 * Prepares a thread for its tasks.
 * @param sources where it reads. @param outputs where it writes. Default of both: the storage that a path lies in.
 */
export function createTaskRunner(
  setup: WorkerSetup,
  sources?: SourceStorage,
  outputs: OutputStorage | null = null,
): TaskRunner {
  const profiler = setup.isProfiled ? new CpuProfiler() : null
  const control = new Int32Array(setup.control)
  const threadNumber = Atomics.add(control, THREADS_STARTED, 1) % setup.maxThreads
  const progress = new Float64Array(setup.progress, threadNumber * PROGRESS_BYTES, 4)
  const targets = new ThreadTargets(outputs)
  const context = createContext(setup, {
    threadNumber,
    control,
    progress,
    sourcesAt: sources === undefined ? sourcesAt : () => sources,
    targets,
  })
  const meter = new ThreadMeter()
  const thread: Thread = { threadNumber, progress, context, meter }

  return async (task) => {
    targets.beginTask()
    switch (task.kind) {
      case 'convert':
        return { kind: 'convert', files: await convertFiles(task.files, thread), threadNumber }
      case 'lead': {
        const result = await leadSplit(task, context)
        progress[0] = 0
        return { kind: 'convert', files: [withSlice(result, meter)], threadNumber }
      }
      case 'help':
        return help(task, thread)
      case 'sample':
        return sample(task, context)
      case 'profile': {
        const name = profiler === null ? null : `thread-${threadNumber}`
        await profiler?.save(join(task.folder, `${name}.cpuprofile`))
        waitForAll(new Int32Array(task.saved), task.threads)
        return { kind: 'profile', thread: name }
      }
      case 'hash':
        return { kind: 'hash', hashes: await hashFiles(task.paths, context) }
    }
  }
}

/** What the tasks of a thread have in common. */
interface Thread {
  readonly threadNumber: number
  readonly progress: Float64Array
  readonly context: ConvertContext
  readonly meter: ThreadMeter
}

function createContext(
  setup: WorkerSetup,
  own: Pick<Thread, 'threadNumber' | 'progress'> &
    Pick<ConvertContext, 'sourcesAt' | 'targets'> & { readonly control: Int32Array },
): ConvertContext {
  const { plan } = setup
  const { control, progress } = own
  const memory = createBatchMemory(plan.maxRecordBytes, plan.chunkBytes, own.threadNumber < setup.kernelThreads)
  const shouldStop = (): boolean => Atomics.load(control, STOP) !== 0
  const pace = plan.pacing
    ? createPace({
        pacing: plan.pacing,
        clock: setup.paceClock,
        block: (waitMs) => void Atomics.wait(control, STOP, 0, waitMs),
        shouldStop,
      })
    : undefined
  const kernels = plan.engine === 'kernel' ? loadKernels(memory) : null
  if (plan.engine === 'kernel' && kernels === null) Atomics.add(control, THREADS_WITHOUT_KERNELS, 1)
  return {
    plan,
    batch: new RecordBatch(memory, kernels),
    sourcesAt: own.sourcesAt,
    targets: own.targets,
    shouldStop,
    pace,
    onProgress: (fileIndex, readBytes) => {
      // Never beside the number of another file.
      if (progress[0] !== fileIndex + 1) progress[3] = 0
      progress[0] = fileIndex + 1
      progress[1] = readBytes
    },
    onLargeTarget: (predictedBytes) => void (progress[3] = predictedBytes),
    spans: setup.isTraced ? new SpanRecorder() : null,
  }
}

async function convertFiles(tasks: readonly FileTask[], { context, progress, meter }: Thread): Promise<FileResult[]> {
  const files: FileResult[] = []
  for (const task of tasks) {
    const result = withSlice(await convertFile(task, context), meter)
    files.push(result)
    // Else a task of many small files would seem to stand still until it ends.
    progress[1] = 0
    progress[2]! += result.isConverted ? result.sourceBytes : 0
  }
  progress.fill(0)
  return files
}

function help(task: TaskOf<'help'>, { context, progress, meter, threadNumber }: Thread): TaskResult {
  const startNs = nowNs()
  const takeSpans = beginSpans(context.spans)
  const error = helpSplit(task, context)
  progress[0] = 0
  const durationNs = nowNs() - startNs
  const { index } = task.file
  return withSlice({ kind: 'help' as const, index, error, threadNumber, startNs, durationNs, ...takeSpans() }, meter)
}

async function sample(task: TaskOf<'sample'>, context: ConvertContext): Promise<TaskResult> {
  let sourceBytes = 0
  let targetBytes = 0
  const startMs = performance.now()
  for (const file of task.files) {
    const converted = await sampleFile(file, context, task.maxBytes)
    sourceBytes += converted.sourceBytes
    targetBytes += converted.targetBytes
  }
  return { kind: 'sample', sourceBytes, targetBytes, durationNs: (performance.now() - startMs) * 1e6 }
}

/** Adds what the thread did since its last slice, where enough was done to tell. */
function withSlice<Result extends { readonly durationNs: number }>(result: Result, meter: ThreadMeter): Result {
  const slice = meter.takeSlice(result.durationNs)
  return slice === null ? result : { ...result, slice }
}

/** Milliseconds to wait for the other threads: one that crashed never comes. */
const LONGEST_WAIT_MS = 5000

/** Counts this thread and holds it until all are counted. */
function waitForAll(counter: Int32Array, threads: number): void {
  const count = Atomics.add(counter, 0, 1) + 1
  if (count >= threads) Atomics.notify(counter, 0)
  for (let seen = count; seen < threads; seen = Atomics.load(counter, 0)) {
    if (Atomics.wait(counter, 0, seen, LONGEST_WAIT_MS) === 'timed-out') return
  }
}

/** Asks all threads to give up what they do at the next chunk. */
export function requestStop(control: SharedArrayBuffer): void {
  const words = new Int32Array(control)
  Atomics.store(words, STOP, 1)
  // Those that wait on purpose (--bwlimit, --latency).
  Atomics.notify(words, STOP)
}

/** Threads that have started so far, those that replaced dead ones included. */
export function countStarted(control: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(control), THREADS_STARTED)
}

/** Threads whose kernels found no room, so that they convert as `--engine reference` does: the same bytes, more slowly. */
export function countWithoutKernels(control: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(control), THREADS_WITHOUT_KERNELS)
}
