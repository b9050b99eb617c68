import { readSync, openSync, closeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { createBatchMemory, type BatchMemory } from './batch/batch-memory.ts'
import { RecordBatch } from './batch/record-batch.ts'
import { convertFile, sampleFile, type ConvertContext } from './convert-file.ts'
import { loadKernels } from './kernels/load-kernels.ts'
import type { DataPlan } from './model/data-plan.ts'
import type { Task } from './model/task.ts'
import type { PaceIo } from './model/pacing.ts'
import { helpSplit, leadSplit } from './split/convert-split.ts'
import type { FileResult, TaskResult } from './model/task-result.ts'
import { createPace } from './pace/pace.ts'
import { ThreadMeter } from './thread-meter.ts'

/** What a worker thread is given once, when it starts. Only plain values and shared memory. */
export interface WorkerSetup {
  readonly plan: DataPlan
  /** Word 0: not 0 when the run is to stop (a worker in synchronous calls hears no message). Word 1: threads started so far. */
  readonly control: SharedArrayBuffer
  /** Two numbers a thread: 1 + the index of the file it is at (0: idle), and how many of its bytes are read. */
  readonly progress: SharedArrayBuffer
  readonly maxThreads: number
  /** One 64-bit word for `--bwlimit`. */
  readonly paceClock: SharedArrayBuffer
}

/** Bytes that are hashed at once. */
const HASHED_BYTES = 256 * 1024

const STOP = 0
const THREADS_STARTED = 1

/** Runs tasks: one in, one result out. Made once per thread, since its memory is. */
export type TaskRunner = (task: Task) => Promise<TaskResult>

/** Prepares a thread for its tasks. */
export function createTaskRunner(setup: WorkerSetup): TaskRunner {
  const { plan } = setup
  const control = new Int32Array(setup.control)
  const threadNumber = Atomics.add(control, THREADS_STARTED, 1) % setup.maxThreads
  const progress = new Float64Array(setup.progress, threadNumber * 16, 2)
  const memory = createBatchMemory(plan.maxRecordBytes, plan.chunkBytes)
  const shouldStop = (): boolean => Atomics.load(control, STOP) !== 0
  const pace = plan.pacing
    ? createPace({
        pacing: plan.pacing,
        clock: setup.paceClock,
        block: (waitMs) => void Atomics.wait(control, STOP, 0, waitMs),
        shouldStop,
      })
    : undefined
  const context: ConvertContext = {
    plan,
    batch: new RecordBatch(memory, plan.engine === 'kernel' ? loadKernels(memory) : null),
    shouldStop,
    pace,
    onProgress: (fileIndex, readBytes) => {
      progress[0] = fileIndex + 1
      progress[1] = readBytes
    },
  }

  const meter = new ThreadMeter()
  const withSlice = <Result extends { readonly durationNs: number }>(result: Result): Result => {
    const slice = meter.takeSlice(result.durationNs)
    return slice === null ? result : { ...result, slice }
  }

  return async (task) => {
    switch (task.kind) {
      case 'convert': {
        const files: FileResult[] = []
        for (const file of task.files) {
          files.push(withSlice(await convertFile(file, context)))
        }
        progress[0] = 0
        return { kind: 'convert', files, threadNumber }
      }
      case 'lead': {
        const result = await leadSplit(task, context)
        progress[0] = 0
        return { kind: 'convert', files: [withSlice(result)], threadNumber }
      }
      case 'help': {
        const startNs = Number(process.hrtime.bigint())
        const error = helpSplit(task, context)
        progress[0] = 0
        const durationNs = Number(process.hrtime.bigint()) - startNs
        return withSlice({ kind: 'help' as const, error, threadNumber, startNs, durationNs })
      }
      case 'sample': {
        let sourceBytes = 0
        let targetBytes = 0
        const startMs = performance.now()
        for (const file of task.files) {
          const sample = sampleFile(file, context, task.maxBytes)
          sourceBytes += sample.sourceBytes
          targetBytes += sample.targetBytes
        }
        return { kind: 'sample', sourceBytes, targetBytes, durationNs: (performance.now() - startMs) * 1e6 }
      }
      case 'hash':
        return { kind: 'hash', hashes: task.paths.map((path) => hashFile(path, memory, pace?.wait)) }
    }
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

/** The CRC-32 of a whole file, or null where it cannot be read. The input region of the memory serves as buffer. */
function hashFile(path: string, { bytes, inputStart, inputEnd }: BatchMemory, pace?: PaceIo): number | null {
  try {
    pace?.(0)
    const descriptor = openSync(path, 'r')
    try {
      const chunk = bytes.subarray(inputStart, Math.min(inputEnd, inputStart + HASHED_BYTES))
      let hash = 0
      for (;;) {
        const count = readSync(descriptor, chunk)
        if (count === 0) return hash
        pace?.(count)
        hash = crc32(chunk.subarray(0, count), hash)
      }
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return null
  }
}
