import { noNotices } from '../formats/format.ts'
import { copiedFileMode } from '../model/paths/file-modes.ts'
import type { FileTask } from '../model/task.ts'
import type { StageTimes } from '../model/times.ts'
import type { SourceReader } from '../read/source-reader.ts'
import { StagedFile } from '../write/staged-file.ts'
import { stopped, type Conversion, type ConvertContext } from './file-work.ts'
import { openSource, stagingOf } from './open-source.ts'
import { timed } from './stage-timer.ts'

/** Copies a file as it is (`--others copy`). */
export function copyFile(file: FileTask, context: ConvertContext, stageNs: StageTimes): Conversion {
  const plan = { ...context.plan, encoding: 'utf-8' }
  const source = timed(stageNs, 'read', () => openSource(file, { ...context, plan }))
  try {
    const target = new StagedFile(file.stagedTarget, stagingOf(file, context), {
      mode: () => copiedFileMode(source.mode),
      isModeKept: true,
      checksum: context.batch.checksum,
    })
    try {
      return copyBytes(file, context, stageNs, source, target)
    } catch (error) {
      target.discard()
      throw error
    }
  } finally {
    source.close()
  }
}

function copyBytes(
  file: FileTask,
  context: ConvertContext,
  stageNs: StageTimes,
  source: SourceReader,
  target: StagedFile,
): Conversion {
  while (!source.isLast) {
    if (context.shouldStop()) throw stopped()
    timed(stageNs, 'read', () => source.fill())
    context.onProgress(file.index, source.readBytes)
    timed(stageNs, 'write', () => target.write(context.batch.memory.bytes, source.start, source.end))
    source.consume(source.end)
  }
  source.assertUnchanged()
  target.close()
  return {
    sourceBytes: source.readBytes,
    targetBytes: target.sizeBytes,
    targetHash: target.hash,
    sourceHash: context.plan.hashSources ? source.hash : null,
    hasRejects: false,
    rejectCodes: {},
    records: { read: 0, written: 0, rejected: 0, filtered: 0 },
    notices: noNotices(),
  }
}
