import { Transform, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ErrorCode } from '../../errors/error-codes.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { noNotices, type FormatStreams } from '../../formats/format.ts'
import { getFormat } from '../../formats/registry.ts'
import type { DataPlan } from '../../model/data-plan.ts'
import type { FormatName } from '../../model/format-name.ts'
import type { ConvertedFile } from '../../model/task-result.ts'
import type { FileTask } from '../../model/task.ts'
import type { Answer } from '../../storage/answer.ts'
import type { ByteSource } from '../../storage/source-storage.ts'
import { describeStreamError } from './describe-stream-error.ts'
import { SourceStream } from './source-stream.ts'
import { TargetStream, type StreamedTarget } from './target-stream.ts'

type Row = Record<string, unknown>

/** What the streams have come to. */
interface Counts {
  written: number
  rejected: number
}

/** What the data plane watches while the streams run. */
interface StreamHooks {
  /** Open; its opener closes it. */
  readonly source: ByteSource
  /** Its opener removes it where this fails. */
  readonly target: StreamedTarget
  /** Asked at each record. */
  readonly shouldStop: () => boolean
  /** Called when everything is read. @throws MigrationError SOURCE_CHANGED where the source is no longer the file of the plan. */
  readonly assertUnchanged: () => Answer<void>
  /** Waits for a call that moved so many bytes to end, on storage that is slow on purpose. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined
}

/**
 * `--engine stream`: the program most people would write first, an object for every record through fast-csv and ndjson, which the
 * formats load. It is the baseline of the benchmarks. It is lossy: numbers pass through doubles, bad NDJSON lines and the raw bytes of
 * rejected records are gone, ragged and empty records are judged as fast-csv does.
 */
export async function convertWithStreams(
  file: FileTask & { readonly format: FormatName },
  plan: DataPlan,
  { source: bytes, target, shouldStop, assertUnchanged, pace }: StreamHooks,
): Promise<Omit<ConvertedFile, 'index' | 'isConverted' | 'stageNs' | 'startNs' | 'durationNs' | 'slice'>> {
  const [from, to] = [await loadStreams(file.format), await loadStreams(plan.targetFormat)]
  const { isTable } = getFormat(file.format)
  const counts: Counts = { written: 0, rejected: 0 }
  // For opening both.
  await pace?.(0)
  await pace?.(0)
  const source = new SourceStream(bytes, pace)
  try {
    const onReject = (): void => {
      counts.rejected++
    }
    const [records, rows] = [from.parse(plan, onReject), to.encode(plan)] as readonly (readonly Duplex[])[]
    const toRow = mappingRows(plan, { counts, isTable, shouldStop })
    await pipeline([source, ...decodeText(plan), ...records!, toRow, ...rows!, new TargetStream(target, pace)])
    await assertUnchanged()
    await target.close()
  } catch (error) {
    source.destroy()
    throw describeStreamError(error)
  }
  return {
    sourceBytes: source.bytesRead,
    targetBytes: target.sizeBytes,
    targetHash: target.hash,
    sourceHash: null,
    hasRejects: false,
    rejectCodes: counts.rejected > 0 ? { [rejectCodeOf(isTable)]: counts.rejected } : {},
    records: {
      read: counts.written + counts.rejected,
      written: counts.written,
      rejected: counts.rejected,
      filtered: 0,
    },
    notices: noNotices(),
  }
}

/** A stream of records that turns them into rows of the target. */
function mappingRows(
  plan: DataPlan,
  { counts, isTable, shouldStop }: { counts: Counts; isTable: boolean; shouldStop: () => boolean },
): Transform {
  return new Transform({
    objectMode: true,
    transform(record: unknown, _encoding, done) {
      if (shouldStop()) return done(new MigrationError('STOPPED', 'the run was stopped', { phase: 'worker' }))
      if (!isRecord(record, isTable)) {
        counts.rejected++
        return done()
      }
      counts.written++
      done(null, mapRow(record, plan))
    },
  })
}

async function loadStreams(format: FormatName): Promise<FormatStreams> {
  const streams = await getFormat(format).loadStreams?.()
  if (streams !== undefined) return streams
  throw new MigrationError('WRONG_USE', `--engine stream knows no ${format}`, {
    phase: 'worker',
    hint: 'leave --engine out: the other engines do',
  })
}

/** A stream that turns another encoding into UTF-8; none where the text is UTF-8 already. */
function decodeText(plan: DataPlan): Duplex[] {
  if (plan.encoding === 'utf-8') return []
  const decoder = new TextDecoder(plan.encoding, { fatal: true })
  return [
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        pushText(this, done, () => decoder.decode(chunk, { stream: true }))
      },
      flush(done) {
        pushText(this, done, () => decoder.decode())
      },
    }),
  ]
}

function pushText(stream: Transform, done: (error?: Error) => void, decode: () => string): void {
  try {
    stream.push(decode())
    done()
  } catch (error) {
    done(error as Error)
  }
}

/** The one reason that the engine knows for leaving out a record of a format. */
function rejectCodeOf(isTable: boolean): ErrorCode {
  return isTable ? 'FIELD_COUNT' : 'NOT_AN_OBJECT'
}

function isRecord(value: unknown, isTable: boolean): value is Row | unknown[] {
  return typeof value === 'object' && value !== null && (isTable || !Array.isArray(value))
}

function mapRow(record: Row | unknown[], plan: DataPlan): Row {
  const row: Row = Array.isArray(record)
    ? Object.fromEntries(record.map((value, column) => [`column${column}`, value]))
    : record
  if (plan.select) return Object.fromEntries(plan.select.map(({ name, source }) => [name, row[source]]))
  for (const name of plan.drop) delete row[name]
  return row
}
