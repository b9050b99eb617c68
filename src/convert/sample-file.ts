import { OutputBuffer } from '../batch/output-buffer.ts'
import type { FileTask } from '../model/task.ts'
import { noStageTimes } from '../model/no-stage-times.ts'
import type { SourceReader } from '../read/source-reader.ts'
import type { ConvertContext, FileWork } from './file-work.ts'
import { openSource } from './open-source.ts'
import { Pipeline } from './pipeline.ts'
import { createStages } from './record-stages.ts'

/** What a part of a file came to. */
interface SampledBytes {
  readonly sourceBytes: number
  readonly targetBytes: number
}

const NOTHING: SampledBytes = { sourceBytes: 0, targetBytes: 0 }

/**
 * Converts the first `maxBytes` of a file and throws the target away: how much it grows, for the space preflight and the
 * prediction of a plan. A file that cannot be read or parsed counts as nothing.
 */
export async function sampleFile(file: FileTask, context: ConvertContext, maxBytes: number): Promise<SampledBytes> {
  const { format } = file
  if (format === 'bytes') return NOTHING
  try {
    const source = await openSource(file, context, maxBytes)
    try {
      return await convertStart({ file: { ...file, format }, context, stageNs: noStageTimes() }, source)
    } finally {
      source.close()
    }
  } catch {
    return NOTHING
  }
}

async function convertStart({ file, context, stageNs }: FileWork, source: SourceReader): Promise<SampledBytes> {
  const { batch } = context
  let targetBytes = 0
  const output = new OutputBuffer(batch.memory, (_, start, end) => {
    targetBytes += end - start
  })
  const { reader, writer, map } = createStages(context.plan, file.format, file.relativePath)
  // Rejects are judged where the file is converted.
  const plan = { ...context.plan, maxRejects: null }
  const parts = { plan, batch, stageNs, source, reader, map }
  const pipeline = new Pipeline(parts, {
    take: () => {
      if (!writer.learnColumns(batch)) return false
      writer.write(batch, output)
      output.flush()
      return true
    },
  })
  await pipeline.step()
  return { sourceBytes: pipeline.position, targetBytes }
}
