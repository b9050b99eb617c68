import type { FileResult } from '../model/task-result.ts'
import type { StageTimes } from '../model/times.ts'
import type { SpanRecorder } from '../report/span-recorder.ts'
import { ending, type Answer } from '../storage/answer.ts'

/** How a thread times the stages of its files. */

/** Without the fractions that come from adding up milliseconds. */
export function wholeNs(stageNs: StageTimes): StageTimes {
  for (const stage of Object.keys(stageNs) as (keyof StageTimes)[]) stageNs[stage] = Math.round(stageNs[stage])
  return stageNs
}

/** Of the file at hand: a thread does one at a time, and every stage would have to pass it on. */
let recorder: SpanRecorder | null = null

/** Records the stages of the file that this thread begins. @returns a function that gives what was recorded. */
export function beginSpans(spans: SpanRecorder | null): () => Pick<FileResult, 'spans'> {
  recorder = spans
  spans?.begin()
  return () => (spans === null ? {} : { spans: spans.take() })
}

/** Does a piece of work and counts its time for a stage. */
export function timed<Result>(stageNs: StageTimes, stage: keyof StageTimes, work: () => Result): Result {
  const startMs = performance.now()
  try {
    return work()
  } finally {
    const endMs = performance.now()
    stageNs[stage] += (endMs - startMs) * 1e6
    recorder?.add(stage, startMs, endMs)
  }
}

/** The same for work that may end later: what is waited for counts too. */
export function timedAnswer<Result>(
  stageNs: StageTimes,
  stage: keyof StageTimes,
  work: () => Answer<Result>,
): Answer<Result> {
  const startMs = performance.now()
  return ending(work, () => {
    const endMs = performance.now()
    stageNs[stage] += (endMs - startMs) * 1e6
    recorder?.add(stage, startMs, endMs)
  })
}

/** Waits for what was written to a storage that answers later. */
export function waitForWrites(stageNs: StageTimes, file: Written): Answer<void> {
  if (!file.isSettled) return timedAnswer(stageNs, 'write', () => file.settle())
}

/** A file that may still be written. */
interface Written {
  readonly isSettled: boolean
  settle(): Answer<void>
}

/** Does the encoding of a batch. Flushes happen within it, timed for themselves: their time counts as write, not twice. */
export function timedEncoding(stageNs: StageTimes, encode: () => void): void {
  const writeNsBefore = stageNs.write
  timed(stageNs, 'encode', encode)
  stageNs.encode -= stageNs.write - writeNsBefore
}
