import type { MigrateEvent } from '../model/events.ts'
import type { Executor } from './executor.ts'

const INTERVAL_MS = 100

interface WatchProgressOptions {
  readonly pool: Executor
  /** Path and size of a file by its index. */
  readonly describeFile: (index: number) => { readonly file: string; readonly sizeBytes: number }
  /** Files done and failed, and the bytes of all of them. */
  readonly readTotals: () => { readonly doneFiles: number; readonly failedFiles: number; readonly endedBytes: number }
  readonly onEvent: (event: MigrateEvent) => void
  /** Told again and again of each target in work that will be many times as large as its source. */
  readonly onLargeTarget: (index: number, predictedBytes: number) => void
}

/** Tells about ten times a second how far the run is. @returns a function that tells it one last time and stops. */
export function watchProgress(options: WatchProgressOptions): () => void {
  const startMs = performance.now()
  const tell = (): void => {
    const progress = options.pool.readProgress()
    for (const thread of progress)
      if (thread !== null && thread.largeTargetBytes !== null)
        options.onLargeTarget(thread.index, thread.largeTargetBytes)
    const threads = progress.map(
      (thread) => thread && { ...options.describeFile(thread.index), readBytes: thread.readBytes },
    )
    const { doneFiles, failedFiles, endedBytes } = options.readTotals()
    const bytesInWork = progress.reduce(
      (sum, thread) => sum + (thread === null ? 0 : thread.readBytes + thread.earlierBytes),
      0,
    )
    const elapsedMs = performance.now() - startMs
    options.onEvent({
      type: 'progress',
      doneFiles,
      failedFiles,
      readBytes: endedBytes + bytesInWork,
      elapsedMs,
      threads,
    })
  }
  const timer = setInterval(tell, INTERVAL_MS)
  return () => {
    clearInterval(timer)
    tell()
  }
}
