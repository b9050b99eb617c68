import { refuseForeign } from '../advise/refuse-foreign.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FileTask } from '../model/task.ts'
import type { InspectStart } from '../read/file-bytes.ts'
import { SourceReader } from '../read/source-reader.ts'
import type { Answer } from '../storage/answer.ts'
import type { Staging } from '../write/staged-file.ts'
import type { ConvertContext } from './file-work.ts'

/** Opens the source of a task. @param limitBytes where a sample of it ends. @throws as SourceReader. */
export function openSource(
  file: FileTask,
  { plan, batch, pace, sourcesAt }: ConvertContext,
  limitBytes?: number,
): Answer<SourceReader> {
  return SourceReader.open(sourcesAt(file.sourcePath), file, batch.memory, {
    chunkBytes: plan.chunkBytes,
    encoding: plan.encoding,
    checksum: plan.hashSources ? batch.checksum : null,
    pace: pace?.wait,
    inspectStart: inspectorOf(file, plan),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  })
}

/** Refuses what is no text; nothing is asked of files that are copied. */
export function inspectorOf({ format, relativePath }: FileTask, plan: DataPlan): InspectStart | undefined {
  if (format === 'bytes') return undefined
  return (start, isWhole) => refuseForeign(start, isWhole, { plan, format, file: relativePath })
}

/** How the files of a task are staged. */
export function stagingOf(file: FileTask, { pace, targets }: ConvertContext): Staging {
  return { outputs: targets.of(file), pace: pace?.wait }
}
