import { adviseOnFailure, adviseOnRejects } from '../advise/advise.ts'
import { toWireError } from '../errors/migration-error.ts'
import { targetFileMode } from '../model/paths/file-modes.ts'
import type { FileResult } from '../model/task-result.ts'
import type { FileTask } from '../model/task.ts'
import { noStageTimes } from '../model/no-stage-times.ts'
import { nowNs } from '../report/clock.ts'
import { isPromise, type Answer } from '../storage/answer.ts'
import { StagedFile } from '../write/staged-file.ts'
import { convertRecords } from './convert-records.ts'
import { copyFile } from './copy-file.ts'
import type { Conversion, ConvertContext, FileWork } from './file-work.ts'
import { openSource, stagingOf } from './open-source.ts'
import { beginSpans, wholeNs } from './stage-timer.ts'

/**
 * The data plane: converts one source file into a staged target and staged rejects. It never throws: what goes wrong with the
 * file is its result, and then what was staged is removed, or goes at the end of the run.
 * @param convert how records are converted: by this thread alone, or with the help of others (split/).
 */
export async function convertFile(
  file: FileTask,
  context: ConvertContext,
  convert: (work: FileWork) => Answer<Conversion> = convertRecords,
): Promise<FileResult> {
  const stageNs = noStageTimes()
  const startNs = nowNs()
  const takeSpans = beginSpans(context.spans)
  const times = () => ({
    stageNs: wholeNs(stageNs),
    startNs,
    durationNs: nowNs() - startNs,
    ...takeSpans(),
  })
  try {
    const { format } = file
    const converting =
      format === 'bytes'
        ? copyFile(file, context, stageNs)
        : context.plan.engine === 'stream'
          ? convertStream({ ...file, format }, context)
          : convert({ file: { ...file, format }, context, stageNs })
    const converted = isPromise(converting) ? await converting : converting
    const advice = converted.hasRejects ? await adviseOnRejects(file, converted.rejectCodes, context) : null
    return { index: file.index, isConverted: true, ...converted, ...(advice === null ? {} : { advice }), ...times() }
  } catch (error) {
    const wire = await adviseOnFailure(file, toWireError(error, { phase: 'read', file: file.relativePath }), context)
    return { index: file.index, isConverted: false, error: wire, ...times() }
  }
}

async function convertStream(file: FileWork['file'], context: ConvertContext): Promise<Conversion> {
  // The streams read, write and wait for themselves; these only watch over the files.
  const unpaced = { ...context, pace: undefined }
  const source = await openSource(file, unpaced)
  const target = new StagedFile(file.stagedTarget, stagingOf(file, unpaced), {
    mode: () => targetFileMode(source.mode),
  })
  try {
    await source.assertUnchanged()
    await source.lookAtStart()
    // Only this engine pays for its libraries.
    const { convertWithStreams } = await import('./stream/convert-with-streams.ts')
    return await convertWithStreams(file, context.plan, {
      source: source.bytes,
      target,
      shouldStop: context.shouldStop,
      pace: context.pace?.waitAsync,
      assertUnchanged: () => source.assertUnchanged(),
    })
  } catch (error) {
    await target.discard()
    throw error
  } finally {
    source.close()
  }
}
