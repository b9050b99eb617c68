import type { WireError } from '../errors/migration-error.ts'
import type { FormatName } from './format-name.ts'
import type { RecordCounts } from './task-result.ts'

/** How far a node of a cluster is. */
export interface NodeProgress {
  readonly name: string
  readonly threads: number
  readonly megabytesPerSecond: number
  /** What bound the last shard that it ended. */
  readonly verdict: string | null
  readonly files: readonly string[]
}

/** What a run tells while it works. Events of one file come in order; files come in any order. */
export type MigrateEvent =
  | {
      readonly type: 'planned'
      readonly runId: string
      readonly targetFormat: FormatName
      readonly isTargetFormatDefault: boolean
      readonly threads: number
      /** Files to convert and their bytes; those that are already done are not counted. */
      readonly fileCount: number
      readonly totalBytes: number
      readonly alreadyDone: number
    }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'file-started'; readonly file: string; readonly sizeBytes: number }
  | {
      /** Committed: the target is there. */
      readonly type: 'file-done'
      readonly file: string
      readonly sizeBytes: number
      readonly targetBytes: number
      readonly records: RecordCounts
      readonly rejectCodes: Readonly<Record<string, number>>
      readonly durationMs: number
    }
  | { readonly type: 'file-failed'; readonly file: string; readonly error: WireError }
  /** About every 100 ms while files are converted. */
  | {
      readonly type: 'progress'
      readonly doneFiles: number
      readonly failedFiles: number
      /** Bytes of sources read so far, those of files still in work included. */
      readonly readBytes: number
      readonly elapsedMs: number
      /** One entry a thread, by its number: the file it is at and how far it is; null: idle. */
      readonly threads: readonly ({
        readonly file: string
        readonly readBytes: number
        readonly sizeBytes: number
      } | null)[]
      /** Of runs on a cluster: every node that has work. */
      readonly nodes?: readonly NodeProgress[]
    }
  | { readonly type: 'stopping'; readonly reason: string }

export interface MigrateHooks {
  /** Stops the run: files in work are given up, finished ones are committed. */
  readonly signal?: AbortSignal
  readonly onEvent?: (event: MigrateEvent) => void
  /** Tells for every path of the source tree which rule took or left it. */
  readonly onDecision?: (path: string, isTaken: boolean, rule: string) => void
}
