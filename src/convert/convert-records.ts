import { OutputBuffer } from '../batch/output-buffer.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import type { Key } from '../batch/shape.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { RecordReader, RecordWriter } from '../formats/format.ts'
import type { ColumnWatch } from '../map/column-watch.ts'
import type { DataPlan } from '../model/data-plan.ts'
import { targetFileMode } from '../model/paths/file-modes.ts'
import type { ConvertedFile, RecordCounts } from '../model/task-result.ts'
import type { StageTimes } from '../model/times.ts'
import type { SourceReader } from '../read/source-reader.ts'
import { ending, isPromise, andThen, type Answer } from '../storage/answer.ts'
import { RejectWriter } from '../write/reject-writer.ts'
import { StagedFile } from '../write/staged-file.ts'
import { stopped, type Conversion, type FileWork } from './file-work.ts'
import { failOnMostlyRejects, failOnTooManyRejects } from './judge-rejects.ts'
import { ExpansionLimit } from './limit-expansion.ts'
import { openSource, stagingOf } from './open-source.ts'
import { Pipeline } from './pipeline.ts'
import { createStages } from './record-stages.ts'
import { timed, timedAnswer, timedEncoding, waitForWrites } from './stage-timer.ts'

/** What one pass comes to: the conversion, or the columns of the file where one of them came too late. */
type Pass = Conversion | LateColumns

interface LateColumns {
  readonly columns: readonly Key[]
}

/** Where a pass writes to. */
interface Targets {
  readonly target: StagedFile
  readonly rejects: RejectWriter
}

/** Converts the records of a file, by this thread alone. @throws MigrationError; errors of the system. */
export function convertRecords(work: FileWork): Answer<Conversion> {
  refuseCompressed(work.file.relativePath)
  // A table's header comes first, but the last record of an NDJSON file may bring a new column. One pass is nearly always
  // enough; where it is not, it has learnt all columns, and the second pass cannot fail.
  return andThen(convertInOnePass(work), (first) => {
    if (!('columns' in first)) return first
    return andThen(convertInOnePass(work, first.columns), (second) => {
      if ('columns' in second) throw new Error('columns changed between two passes over an unchanged file')
      return second
    })
  })
}

function convertInOnePass(work: FileWork, columns?: readonly Key[]): Answer<Pass> {
  const opened = timedAnswer(work.stageNs, 'read', () => openSource(work.file, work.context))
  return andThen(opened, (source) =>
    ending(
      () => convertOpened(work, source, columns),
      () => source.close(),
    ),
  )
}

function convertOpened(work: FileWork, source: SourceReader, columns: readonly Key[] | undefined): Answer<Pass> {
  const { file, context } = work
  const staging = stagingOf(file, context)
  const target = new StagedFile(file.stagedTarget, staging, {
    mode: () => targetFileMode(source.mode),
    checksum: context.batch.checksum,
  })
  const rejects = new RejectWriter(file.stagedRejects, file.relativePath, staging)
  let isKept = false
  return ending(
    () =>
      andThen(pump(work, source, { target, rejects }, columns), (pass) => {
        isKept = !('columns' in pass)
        return pass
      }),
    () => {
      if (!isKept) return andThen(target.discard(), () => rejects.discard())
    },
  )
}

/** Read, parse, map, encode, write: chunk by chunk to the end of the file. */
function pump(
  { file, context, stageNs }: FileWork,
  source: SourceReader,
  targets: Targets,
  columns: readonly Key[] | undefined,
): Answer<Pass> {
  const { plan, batch } = context
  const { target, rejects } = targets
  const expansion = new ExpansionLimit(plan, file, context.onLargeTarget)
  const output = new OutputBuffer(batch.memory, (bytes, start, end) => {
    expansion.check(target.sizeBytes + end - start)
    expansion.extrapolate(target.sizeBytes + end - start, source.readBytes)
    timed(stageNs, 'write', () => target.write(bytes, start, end))
  })
  const { reader, writer, map } = createStages(plan, file.format, file.relativePath, columns)
  let hasAllColumns = true
  const parts = { plan, batch, stageNs, source, reader, map }
  const pipeline = new Pipeline(parts, {
    beforeRead: () => {
      if (context.shouldStop()) throw stopped()
    },
    afterRead: () => context.onProgress(file.index, source.readBytes),
    take: () => {
      hasAllColumns = writer.learnColumns(batch) && hasAllColumns
      if (!hasAllColumns) return true
      expansion.predict(target.sizeBytes, batch.rowCount, writer.columns.length)
      encodeBatch(batch, writer, output, rejects, stageNs)
      const written = waitForTargets(targets, stageNs)
      return isPromise(written) ? written.then(() => true) : true
    },
  })
  const complete = (): Answer<Pass> => {
    if (!hasAllColumns) {
      expansion.predict(0, reader.recordCount, writer.columns.length)
      return { columns: writer.columns }
    }
    failOnTooManyRejects(plan, rejects.count)
    writer.finish(output)
    output.flush()
    return andThen(closeTargets(targets, reader, { plan, stageNs }), () => {
      const sourceHash = plan.hashSources ? source.hash : null
      return { sourceBytes: source.readBytes, sourceHash, ...outcomeOf(pipeline, reader, targets) }
    })
  }
  return andThen(pipeline.step(), () => andThen(source.assertUnchanged(), complete))
}

/** Before the next batch: what is not written yet is in memory. */
function waitForTargets({ target, rejects }: Targets, stageNs: StageTimes): Answer<void> {
  if (target.isSettled && rejects.isSettled) return
  return andThen(waitForWrites(stageNs, target), () => waitForWrites(stageNs, rejects))
}

function closeTargets(
  targets: Targets,
  { recordCount }: RecordReader,
  { plan, stageNs }: { readonly plan: DataPlan; readonly stageNs: StageTimes },
): Answer<void> {
  const { target, rejects } = targets
  // Before they are closed: only what is open can be removed at once.
  failOnMostlyRejects(plan, rejects, recordCount)
  return andThen(waitForTargets(targets, stageNs), () =>
    timedAnswer(stageNs, 'write', () => andThen(rejects.close(), () => target.close())),
  )
}

function outcomeOf(
  { watch, filteredCount }: Pipeline,
  { recordCount, notices }: RecordReader,
  { target, rejects }: Targets,
): Omit<Conversion, 'sourceBytes' | 'sourceHash'> {
  return {
    targetBytes: target.sizeBytes,
    targetHash: target.hash,
    hasRejects: rejects.hasFile,
    ...rejects.sum,
    rejectCodes: Object.fromEntries(rejects.codes),
    records: countRecords(recordCount, rejects.count, filteredCount),
    notices,
    ...unseenOf(watch),
  }
}

/** The counts of a file, which add up. */
export function countRecords(read: number, rejected: number, filtered: number): RecordCounts {
  return { read, written: read - rejected - filtered, rejected, filtered }
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

/** `--from` takes any name, also that of a compressed file, whose bytes would be read as garbage. */
export function refuseCompressed(path: string): void {
  if (!/\.(gz|zst|bz2|xz|zip|lz4|br)$/i.test(path)) return
  throw new MigrationError('UNSUPPORTED_ENCODING', 'compressed files cannot be read yet', {
    phase: 'read',
    hint: 'decompress it first, or leave it out with --exclude',
  })
}
