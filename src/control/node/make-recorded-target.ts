import { relative } from 'node:path'
import type { RecordedTarget } from '../../model/commit-record.ts'
import type { Converted } from '../../schedule/run-files.ts'

/**
 * What the record of a unit says of a converted file.
 * @param place of the file: in its shard, and which try at it this is.
 * @param zeroMs when the clock of `startNs` was at 0, in milliseconds since 1970: nodes share no other clock.
 */
export function makeRecordedTarget(
  { result, thread, task: { stagedTarget, stagedRejects } }: Converted,
  place: { readonly at: number; readonly attempt: number },
  targetRoot: string,
  zeroMs: number,
): RecordedTarget {
  return {
    at: place.at,
    attempt: place.attempt,
    stagedTarget: pathFrom(targetRoot, stagedTarget),
    stagedRejects: result.hasRejects ? pathFrom(targetRoot, stagedRejects) : null,
    ...(result.rejects === undefined ? {} : { rejects: result.rejects }),
    targetBytes: result.targetBytes,
    targetHash: result.targetHash,
    sourceHash: result.sourceHash,
    records: result.records,
    rejectCodes: result.rejectCodes,
    notices: Object.values(result.notices).every((count) => count === 0) ? null : result.notices,
    ...(result.advice === undefined ? {} : { advice: result.advice }),
    ...(result.unseenColumns === undefined ? {} : { unseenColumns: result.unseenColumns }),
    stageNs: result.stageNs,
    startMs: zeroMs + result.startNs / 1e6,
    durationNs: result.durationNs,
    thread,
    slice: result.slice ?? null,
  }
}

/** `relative()` takes a microsecond for each of many files. */
function pathFrom(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : relative(root, path)
}
