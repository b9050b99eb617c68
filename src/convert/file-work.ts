import type { RecordBatch } from '../batch/record-batch.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import type { ConvertedFile } from '../model/task-result.ts'
import type { StageTimes } from '../model/times.ts'
import type { FileTask } from '../model/task.ts'
import type { Pace } from '../pace/pace.ts'
import type { SpanRecorder } from '../report/span-recorder.ts'
import type { SourceStorage } from '../storage/source-storage.ts'
import type { ThreadTargets } from './thread-targets.ts'

/** What a thread converts with: made once, used for all its files. */
export interface ConvertContext {
  readonly plan: DataPlan
  readonly batch: RecordBatch
  /** Where the source at a path is read. */
  readonly sourcesAt: (path: string) => SourceStorage
  /** Where targets and rejects are staged. */
  readonly targets: Pick<ThreadTargets, 'of'>
  /** Asked at each chunk. */
  readonly shouldStop: () => boolean
  readonly onProgress: (fileIndex: number, readBytes: number) => void
  /** Told of a target that will be many times as large as its source, once there was progress of the file. */
  readonly onLargeTarget: (predictedBytes: number) => void
  /** Slows I/O down, where that was asked for. */
  readonly pace?: Pace | undefined
  /** Records the stages of each file (`--trace`). */
  readonly spans: SpanRecorder | null
}

/** Everything about one file while it is converted. */
export interface FileWork {
  readonly file: FileTask & { readonly format: FormatName }
  readonly context: ConvertContext
  readonly stageNs: StageTimes
}

/** What the conversion of a file came to. */
export type Conversion = Omit<
  ConvertedFile,
  'index' | 'isConverted' | 'stageNs' | 'startNs' | 'durationNs' | 'slice' | 'spans'
>

/** The error of a file that is given up because the run is to stop. */
export function stopped(): MigrationError {
  return new MigrationError('STOPPED', 'the run was stopped', {
    phase: 'worker',
    hint: 'run the same command again to go on',
  })
}
