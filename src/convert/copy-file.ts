import { noNotices } from '../formats/format.ts'
import { copiedFileMode } from '../model/paths/file-modes.ts'
import type { FileTask } from '../model/task.ts'
import type { StageTimes } from '../model/times.ts'
import type { SourceReader } from '../read/source-reader.ts'
import { ending, isPromise, recovering, andThen, type Answer } from '../storage/answer.ts'
import { StagedFile } from '../write/staged-file.ts'
import { stopped, type Conversion, type ConvertContext } from './file-work.ts'
import { openSource, stagingOf } from './open-source.ts'
import { timed, timedAnswer, waitForWrites } from './stage-timer.ts'

/** Copies a file as it is (`--others copy`). */
export function copyFile(file: FileTask, context: ConvertContext, stageNs: StageTimes): Answer<Conversion> {
  const plan = { ...context.plan, encoding: 'utf-8' }
  const opened = timedAnswer(stageNs, 'read', () => openSource(file, { ...context, plan }))
  return andThen(opened, (source) =>
    ending(
      () => copyOpened(file, context, stageNs, source),
      () => source.close(),
    ),
  )
}

function copyOpened(
  file: FileTask,
  context: ConvertContext,
  stageNs: StageTimes,
  source: SourceReader,
): Answer<Conversion> {
  const target = new StagedFile(file.stagedTarget, stagingOf(file, context), {
    mode: () => copiedFileMode(source.mode),
    isModeKept: true,
    checksum: context.batch.checksum,
  })
  const complete = (): Answer<Conversion> =>
    andThen(target.close(), () => outcomeOf(source, target, context.plan.hashSources))
  return recovering(
    () => andThen(copyBytes(file, context, stageNs, source, target), () => andThen(source.assertUnchanged(), complete)),
    (error) =>
      andThen(target.discard(), () => {
        throw error
      }),
  )
}

function copyBytes(
  file: FileTask,
  context: ConvertContext,
  stageNs: StageTimes,
  source: SourceReader,
  target: StagedFile,
): Answer<void> {
  const write = (): Answer<void> => {
    context.onProgress(file.index, source.readBytes)
    timed(stageNs, 'write', () => target.write(context.batch.memory.bytes, source.start, source.end))
    source.consume(source.end)
    return waitForWrites(stageNs, target)
  }
  const copyChunk = (): Answer<void> => {
    if (context.shouldStop()) throw stopped()
    return andThen(
      timedAnswer(stageNs, 'read', () => source.fill()),
      write,
    )
  }
  const goOn = async (first: Promise<void>): Promise<void> => {
    await first
    while (!source.isLast) await copyChunk()
  }
  while (!source.isLast) {
    const copied = copyChunk()
    if (isPromise(copied)) return goOn(copied)
  }
}

function outcomeOf(source: SourceReader, target: StagedFile, isHashed: boolean): Conversion {
  return {
    sourceBytes: source.readBytes,
    targetBytes: target.sizeBytes,
    targetHash: target.hash,
    sourceHash: isHashed ? source.hash : null,
    hasRejects: false,
    rejectCodes: {},
    records: { read: 0, written: 0, rejected: 0, filtered: 0 },
    notices: noNotices(),
  }
}
