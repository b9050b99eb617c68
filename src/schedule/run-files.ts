import { MigrationError, toWireError, type WireError } from '../errors/migration-error.ts'
import type { ConvertedFile, FailedFile, FileResult, HelpResult } from '../model/task-result.ts'
import type { FileTask } from '../model/task.ts'
import type { Executor } from './executor.ts'
import { SplitFile } from './split-file.ts'
import type { ThreadLimit } from './thread-limit.ts'

/** Tasks given to the pool ahead of the threads, so that none waits for the main thread between two tasks. */
const TASKS_AHEAD_PER_THREAD = 1

/** A converted file, the task that it was made by, and the number of the thread that made it. */
export interface Converted {
  readonly result: ConvertedFile
  readonly task: FileTask
  readonly thread: number
}

interface RunFilesOptions {
  readonly pool: Executor
  /** How many threads may work, at any moment. */
  readonly limit: ThreadLimit
  /** Whether tasks may wait in the queue of the pool. Not where they are timed, nor where threads may be added that should get them. */
  readonly mayQueue: boolean
  /** The files that several threads convert together, each alone in its batch, and the bytes that a thread takes at once. */
  readonly splits: ReadonlySet<number>
  readonly blockBytes: number
  /** Tries after the first, for errors that may pass. */
  readonly retries: number
  /** Makes the task for one try at a file; each try has staged paths of its own. */
  readonly makeFileTask: (index: number, attempt: number) => FileTask
  /** Takes the converted files of a task; the promise holds back further tasks (back-pressure of the commit). */
  readonly onConverted: (files: readonly Converted[], attempt: number) => Promise<void>
  readonly onFailed: (index: number, error: WireError) => void
  /** Told of every try that a thread ended by itself, converted or not, before what became of it. */
  readonly onTried: (result: FileResult, threadNumber: number) => void
  /** Told of all work that a thread did for a file that another one leads. */
  readonly onHelped: (help: HelpResult) => void
  /** Asked before each task: false stops handing out tasks. */
  readonly mayStart: () => boolean
}

/**
 * Runs batches of files on the pool until all are done, in the order given, with at most a few tasks waiting. A batch that
 * crashed its thread is tried again file by file, so that only the file at fault fails; a retryable error is tried again.
 * @throws MigrationError THREADS_UNAVAILABLE where no thread can be started.
 * @returns the number of files that were never started, because `mayStart` said no.
 */
export async function runFiles(batches: Iterable<readonly number[]>, options: RunFilesOptions): Promise<number> {
  const iterator = batches[Symbol.iterator]()
  const lanes: Promise<void>[] = []
  const openSplits = new Set<SplitFile>()
  let openLanes = 0
  let notStarted = 0

  /** False where nothing is left to do. */
  const runNext = async (): Promise<boolean> => {
    const helped = [...openSplits].find((split) => split.wantsHelp)
    if (helped && options.mayStart()) {
      await helped.help()
      return true
    }
    const next = iterator.next()
    if (next.done) return false
    if (!options.mayStart()) notStarted += next.value.length
    else if (next.value.some((index) => options.splits.has(index))) await runSplit(next.value, openSplits, options)
    else await runBatch(next.value, 1, options)
    return true
  }
  const runLane = async (): Promise<void> => {
    // Its own departure must never leave fewer lanes than tasks are allowed.
    let hasMore = true
    while (hasMore && openLanes <= allowedTasks(options)) hasMore = await runNext()
    openLanes--
  }
  const openLanesUpToLimit = (): void => {
    for (let free = allowedTasks(options) - openLanes; free > 0; free--) {
      openLanes++
      const lane = runLane()
      // Whoever waits below hears of it, perhaps later.
      lane.catch(() => {})
      lanes.push(lane)
    }
  }

  options.limit.whenChanged(openLanesUpToLimit)
  openLanesUpToLimit()
  // Further lanes are only opened while one of these runs, so none is missed.
  for (let ended = 0; ended < lanes.length;) ended = (await Promise.all(lanes)).length
  return notStarted
}

/** Fewer than there are threads must not queue up, or all threads would work all the same. */
function allowedTasks({ limit, pool, mayQueue }: RunFilesOptions): number {
  const ahead = mayQueue && limit.threads >= pool.size ? TASKS_AHEAD_PER_THREAD : 0
  return limit.threads * pool.tasksPerThread * (1 + ahead)
}

/** Converts a file with all threads that are free. */
async function runSplit(
  indexes: readonly number[],
  openSplits: Set<SplitFile>,
  options: RunFilesOptions,
): Promise<void> {
  const { pool, blockBytes, limit, onHelped } = options
  const split = new SplitFile(pool, { blockBytes, mostHelpers: () => limit.threads - 1, onHelped })
  openSplits.add(split)
  try {
    await runBatch(indexes, 1, options, split)
  } finally {
    split.end()
    openSplits.delete(split)
  }
}

/** @param split where the batch is one file that several threads convert together. */
async function runBatch(
  indexes: readonly number[],
  attempt: number,
  options: RunFilesOptions,
  split?: SplitFile,
): Promise<void> {
  const files = indexes.map((index) => options.makeFileTask(index, attempt))
  let results: readonly FileResult[]
  let thread: number
  try {
    const [first] = files
    const answer = await (split && first ? split.lead(first) : options.pool.run({ kind: 'convert', files }))
    if (answer.kind !== 'convert') throw new Error(`a convert task was answered with ${answer.kind}`)
    results = answer.files
    thread = answer.threadNumber
    for (const result of results) options.onTried(result, thread)
  } catch (error) {
    await handleCrash(indexes, attempt, error, options, split)
    return
  }
  const converted: Converted[] = []
  const failed: FailedFile[] = []
  for (const [position, result] of results.entries()) {
    const task = files[position]
    if (!result.isConverted) failed.push(result)
    else if (task) converted.push({ result, task, thread })
  }
  const isAccepted = converted.length > 0 ? options.onConverted(converted, attempt) : null
  for (const { index, error } of failed) await retryOrFail(index, attempt, error, options, split)
  await isAccepted
}

async function handleCrash(
  indexes: readonly number[],
  attempt: number,
  error: unknown,
  options: RunFilesOptions,
  split?: SplitFile,
): Promise<void> {
  // No file is at fault, and none can be converted.
  if (error instanceof MigrationError && error.code === 'THREADS_UNAVAILABLE') throw error
  const wasStopped = error instanceof MigrationError && error.code === 'STOPPED'
  if (indexes.length > 1 && !wasStopped) {
    for (const index of indexes) await runBatch([index], attempt + 1, options)
    return
  }
  for (const index of indexes) {
    const file = options.makeFileTask(index, attempt).relativePath
    await retryOrFail(index, attempt, toWireError(error, { phase: 'worker', file }), options, split)
  }
}

async function retryOrFail(
  index: number,
  attempt: number,
  error: WireError,
  options: RunFilesOptions,
  split?: SplitFile,
): Promise<void> {
  if (error.isRetryable && attempt <= options.retries && options.mayStart())
    await runBatch([index], attempt + 1, options, split)
  else options.onFailed(index, error)
}
