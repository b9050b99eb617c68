import { OutputBuffer } from './batch/output-buffer.ts'
import type { RecordBatch } from './batch/record-batch.ts'
import type { Key } from './batch/shape.ts'
import { MigrationError, toWireError } from './errors/migration-error.ts'
import { noNotices, type RecordReader, type RecordWriter } from './formats/format.ts'
import { getFormat } from './formats/registry.ts'
import { ExpansionLimit } from './limit-expansion.ts'
import { ColumnWatch } from './map/column-watch.ts'
import { createMapper, type Mapper } from './map/mapper.ts'
import type { DataPlan } from './model/data-plan.ts'
import { copiedFileMode, targetFileMode } from './model/paths/file-modes.ts'
import type { FormatName } from './model/format-name.ts'
import type { ConvertedFile, FileResult } from './model/task-result.ts'
import type { StageTimes } from './model/times.ts'
import type { FileTask } from './model/task.ts'
import type { Pace } from './pace/pace.ts'
import { nowNs } from './report/clock.ts'
import type { SpanRecorder } from './report/span-recorder.ts'
import { beginSpans, noStageTimes, timed, timedEncoding, wholeNs } from './stage-timer.ts'
import { failOnMostlyRejects, failOnTooManyRejects, parseJudged } from './judge-rejects.ts'
import type { StagedLooks } from './storage/staged-looks.ts'
import { adviseOnFailure, adviseOnRejects } from './advise/advise.ts'
import { refuseForeign } from './advise/refuse-foreign.ts'
import { SourceReader, type InspectStart } from './read/source-reader.ts'
import { RejectWriter } from './write/reject-writer.ts'
import { StagedFile, type Staging } from './write/staged-file.ts'

/** What a thread converts with: made once, used for all its files. */
export interface ConvertContext {
  readonly plan: DataPlan
  readonly batch: RecordBatch
  /** Asked at each chunk. */
  readonly shouldStop: () => boolean
  readonly onProgress: (fileIndex: number, readBytes: number) => void
  /** Told of a target that will be many times as large as its source, once there was progress of the file. */
  readonly onLargeTarget: (predictedBytes: number) => void
  /** Slows I/O down, where that was asked for. */
  readonly pace?: Pace | undefined
  /** Sees to it that nothing is staged through a link. */
  readonly staged?: StagedLooks
  /** Records the stages of each file (`--trace`). */
  readonly spans: SpanRecorder | null
}

/** Everything about one file while it is converted. */
export interface FileWork {
  readonly file: FileTask & { readonly format: FormatName }
  readonly context: ConvertContext
  readonly stageNs: StageTimes
}

/**
 * The data plane: converts one source file into a staged target and staged rejects. It never throws: what goes wrong with the
 * file is its result, and then what was staged is removed, or goes at the end of the run.
 * @param convert how records are converted: by this thread alone, or with the help of others (src/split/).
 */
export async function convertFile(
  file: FileTask,
  context: ConvertContext,
  convert: (work: FileWork) => Conversion = convertRecords,
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
    const converted =
      format === 'bytes'
        ? copyFile(file, context, stageNs)
        : context.plan.engine === 'stream'
          ? await convertStream({ ...file, format }, context)
          : convert({ file: { ...file, format }, context, stageNs })
    const advice = converted.hasRejects ? adviseOnRejects(file, converted.rejectCodes, context) : null
    return { index: file.index, isConverted: true, ...converted, ...(advice === null ? {} : { advice }), ...times() }
  } catch (error) {
    const wire = adviseOnFailure(file, toWireError(error, { phase: 'read', file: file.relativePath }), context)
    return { index: file.index, isConverted: false, error: wire, ...times() }
  }
}

export type Conversion = Omit<
  ConvertedFile,
  'index' | 'isConverted' | 'stageNs' | 'startNs' | 'durationNs' | 'slice' | 'spans'
>

async function convertStream(file: FileWork['file'], context: ConvertContext): Promise<Conversion> {
  // The streams read and wait for themselves; this reader only watches over the file.
  const source = openSource(file, { ...context, pace: undefined })
  try {
    source.assertUnchanged()
    source.lookAtStart()
    context.staged?.requireFolders(file)
    // Only this engine pays for its libraries.
    const { convertWithStreams } = await import('./stream/convert-with-streams.ts')
    return await convertWithStreams(file, context.plan, {
      shouldStop: context.shouldStop,
      pace: context.pace?.waitAsync,
      assertUnchanged: () => source.assertUnchanged(),
      mode: targetFileMode(source.mode),
    })
  } finally {
    source.close()
  }
}

export function convertRecords(work: FileWork): Conversion {
  refuseCompressed(work.file.relativePath)
  // A table's header comes first, but the last record of an NDJSON file may bring a new column. One pass is nearly always
  // enough; where it is not, it has learnt all columns, and the second pass cannot fail.
  const first = convertInOnePass(work)
  if (!('columns' in first)) return first
  const second = convertInOnePass(work, first.columns)
  if ('columns' in second) throw new Error('columns changed between two passes over an unchanged file')
  return second
}

/** @returns the conversion, or the columns of the file where one of them came too late for this pass. */
function convertInOnePass(work: FileWork, columns?: readonly Key[]): Conversion | { readonly columns: readonly Key[] } {
  const { file, context } = work
  const source = timed(work.stageNs, 'read', () => openSource(file, context))
  try {
    const staging = stagingOf(file, context)
    const target = new StagedFile(file.stagedTarget, staging, {
      mode: () => targetFileMode(source.mode),
      checksum: context.batch.checksum,
    })
    const rejects = new RejectWriter(file.stagedRejects, file.relativePath, staging)
    let isKept = false
    try {
      const outcome = pump(work, source, target, rejects, columns)
      isKept = !('columns' in outcome)
      return outcome
    } finally {
      if (!isKept) {
        target.discard()
        rejects.discard()
      }
    }
  } finally {
    source.close()
  }
}

/** Read, parse, map, encode, write: chunk by chunk to the end of the file. */
function pump(
  { file, context, stageNs }: FileWork,
  source: SourceReader,
  target: StagedFile,
  rejects: RejectWriter,
  columns: readonly Key[] | undefined,
): Conversion | { readonly columns: readonly Key[] } {
  const { plan, batch } = context
  const expansion = new ExpansionLimit(plan, file, context.onLargeTarget)
  const output = new OutputBuffer(batch.memory, (bytes, start, end) => {
    expansion.check(target.sizeBytes + end - start)
    expansion.extrapolate(target.sizeBytes + end - start, source.readBytes)
    timed(stageNs, 'write', () => target.write(bytes, start, end))
  })
  const { reader, writer, map } = createStages(plan, file.format, file.relativePath, columns)
  const watch = ColumnWatch.over(plan)
  let hasAllColumns = true
  let refusedByReader = 0

  while (!source.isLast) {
    if (context.shouldStop()) throw stopped()
    timed(stageNs, 'read', () => source.fill())
    context.onProgress(file.index, source.readBytes)
    do {
      batch.clear()
      batch.sourceOffset = source.sourceOffset
      const { start, end, isLast } = source
      const parse = (): number => timed(stageNs, 'parse', () => reader.parse(batch, start, end, isLast))
      // What the writer rejects is not final before the end: in a second pass, with all columns, it may take those records.
      source.consume(parseJudged(plan, batch, refusedByReader, parse))
      refusedByReader += batch.rejects.length
      timed(stageNs, 'map', () => map(batch))
      watch.look(batch)
      hasAllColumns = writer.learnColumns(batch) && hasAllColumns
      if (hasAllColumns) expansion.predict(target.sizeBytes, batch.rowCount, writer.columns.length)
      if (hasAllColumns) encodeBatch(batch, writer, output, rejects, stageNs)
    } while (batch.isFull)
  }
  source.assertUnchanged()
  if (!hasAllColumns) {
    expansion.predict(0, reader.recordCount, writer.columns.length)
    return { columns: writer.columns }
  }
  failOnTooManyRejects(plan, rejects.count)

  writer.finish(output)
  output.flush()
  // Before they are closed: only what is open can be removed at once.
  failOnMostlyRejects(plan, rejects, reader.recordCount)
  timed(stageNs, 'write', () => {
    rejects.close()
    target.close()
  })
  return {
    sourceBytes: source.readBytes,
    targetBytes: target.sizeBytes,
    targetHash: target.hash,
    sourceHash: plan.hashSources ? source.hash : null,
    hasRejects: rejects.hasFile,
    ...rejects.sum,
    rejectCodes: Object.fromEntries(rejects.codes),
    records: {
      read: reader.recordCount,
      written: reader.recordCount - rejects.count,
      rejected: rejects.count,
      filtered: 0,
    },
    notices: reader.notices,
    ...unseenOf(watch),
  }
}

/** What a result says of columns that do not occur: mostly nothing. */
export function unseenOf(watch: ColumnWatch): Pick<ConvertedFile, 'unseenColumns'> {
  const unseenColumns = watch.unseenColumns()
  return unseenColumns.length === 0 ? {} : { unseenColumns }
}

function encodeBatch(
  batch: RecordBatch,
  writer: RecordWriter,
  output: OutputBuffer,
  rejects: RejectWriter,
  stageNs: StageTimes,
): void {
  timedEncoding(stageNs, () => writer.write(batch, output))
  output.flush()
  timed(stageNs, 'write', () => rejects.writeBatch(batch))
}

/**
 * Converts the first `maxBytes` of a file and throws the target away: how much it grows, for the space preflight and the
 * prediction of a plan. A file that cannot be read or parsed counts as nothing.
 */
export function sampleFile(
  file: FileTask,
  context: ConvertContext,
  maxBytes: number,
): { readonly sourceBytes: number; readonly targetBytes: number } {
  const { plan, batch } = context
  if (file.format === 'bytes') return { sourceBytes: 0, targetBytes: 0 }
  let targetBytes = 0
  let consumedBytes = 0
  try {
    const source = openSource(file, context, maxBytes)
    try {
      const output = new OutputBuffer(batch.memory, (_, start, end) => {
        targetBytes += end - start
      })
      const { reader, writer, map } = createStages(plan, file.format, file.relativePath)
      while (!source.isLast) {
        source.fill()
        batch.clear()
        batch.sourceOffset = source.sourceOffset
        // The sample ends in the middle of a record: that must not look like the end of the file.
        const isWhole = source.isLast && source.readBytes === file.sizeBytes
        source.consume(reader.parse(batch, source.start, source.end, isWhole))
        consumedBytes = source.start + source.sourceOffset
        map(batch)
        if (!writer.learnColumns(batch)) break
        writer.write(batch, output)
        output.flush()
      }
    } finally {
      source.close()
    }
  } catch {
    return { sourceBytes: 0, targetBytes: 0 }
  }
  return { sourceBytes: consumedBytes, targetBytes }
}

/** Copies a file as it is (`--others copy`). */
function copyFile(file: FileTask, context: ConvertContext, stageNs: StageTimes): Conversion {
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

function stagingOf(file: FileTask, { pace, staged }: ConvertContext): Staging {
  return { pace: pace?.wait, requireFolder: staged && (() => staged.requireFolders(file)) }
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

/** `--from` takes any name, also that of a compressed file, whose bytes would be read as garbage. */
export function refuseCompressed(path: string): void {
  if (!/\.(gz|zst|bz2|xz|zip|lz4|br)$/i.test(path)) return
  throw new MigrationError('UNSUPPORTED_ENCODING', 'compressed files cannot be read yet', {
    phase: 'read',
    hint: 'decompress it first, or leave it out with --exclude',
  })
}

export function openSource(file: FileTask, { plan, batch, pace }: ConvertContext, limitBytes?: number): SourceReader {
  return new SourceReader(file, batch.memory, {
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

/** What records go through, made anew for each pass over a file. */
export function createStages(
  plan: DataPlan,
  format: FormatName,
  path: string,
  columns?: readonly Key[],
): { readonly reader: RecordReader; readonly writer: RecordWriter; readonly map: Mapper } {
  return {
    reader: getFormat(format).createReader(plan, path),
    writer: getFormat(plan.targetFormat).createWriter(plan, columns),
    map: mapperOf(plan, getFormat(format).isTable),
  }
}

/** Mappers keep what they have worked out for the shapes that they have seen: files with the same header then share it. */
const mappers = new WeakMap<DataPlan, Map<boolean, Mapper>>()

function mapperOf(plan: DataPlan, isTable: boolean): Mapper {
  const known = mappers.get(plan)
  let mapper = known?.get(isTable)
  if (mapper === undefined) {
    mapper = createMapper(plan, isTable)
    mappers.set(plan, (known ?? new Map<boolean, Mapper>()).set(isTable, mapper))
  }
  return mapper
}

export function stopped(): MigrationError {
  return new MigrationError('STOPPED', 'the run was stopped', {
    phase: 'worker',
    hint: 'run the same command again to go on',
  })
}
