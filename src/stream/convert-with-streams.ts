import { createReadStream, createWriteStream, openSync } from 'node:fs'
import { Transform, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { format as formatCsv, parse as parseCsv } from 'fast-csv'
import ndjson from 'ndjson'
import type { ErrorCode } from '../errors/error-codes.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { noNotices } from '../formats/format.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import type { ConvertedFile } from '../model/task-result.ts'
import type { FileTask } from '../model/task.ts'
import { identityOf, removeMade } from '../storage/made-file.ts'
import { paceFileSystem } from './pace-file-system.ts'
import { describeStreamError } from './describe-stream-error.ts'

type Row = Record<string, unknown>

/** What the data plane watches while the streams run. */
interface StreamHooks {
  /** Asked at each record. */
  readonly shouldStop: () => boolean
  /** Called when everything is read. @throws MigrationError SOURCE_CHANGED where the source is no longer the file of the plan. */
  readonly assertUnchanged: () => void
  /** Of the target; the system takes the umask off. */
  readonly mode: number
  /** Waits for a call that moved so many bytes to end, on storage that is slow on purpose. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined
}

/**
 * `--engine stream`: the program most people would write first, an object for every record through fast-csv and ndjson. It is
 * the baseline of the benchmarks. It is lossy: numbers pass through doubles, bad NDJSON lines and the raw bytes of
 * rejected records are gone, ragged and empty records are judged as fast-csv does.
 */
export async function convertWithStreams(
  file: FileTask & { readonly format: FormatName },
  plan: DataPlan,
  { shouldStop, assertUnchanged, mode, pace }: StreamHooks,
): Promise<Omit<ConvertedFile, 'index' | 'isConverted' | 'stageNs' | 'startNs' | 'durationNs' | 'slice'>> {
  const counts = { written: 0, rejected: 0, targetBytes: 0, targetHash: 0 }
  const toRow = new Transform({
    objectMode: true,
    transform(record: unknown, _encoding, done) {
      if (shouldStop()) return done(new MigrationError('STOPPED', 'the run was stopped', { phase: 'worker' }))
      if (!isRecord(record, file.format)) {
        counts.rejected++
        return done()
      }
      counts.written++
      done(null, mapRow(record, plan))
    },
  })
  const measure = new Transform({
    transform(chunk: Buffer | string, _encoding, done) {
      const bytes = Buffer.from(chunk)
      counts.targetBytes += bytes.length
      counts.targetHash = crc32(bytes, counts.targetHash)
      done(null, bytes)
    },
  })
  const paced = pace && { fs: paceFileSystem(pace) }
  await pace?.(0)
  // Opened before anything can go wrong with the streams, so that a failure removes this target and no other one.
  const fd = openSync(file.stagedTarget, 'wx', mode)
  const made = identityOf(fd)
  const target = createWriteStream('', { fd, ...paced })
  await pace?.(0)
  const source = createReadStream(file.sourcePath, paced)
  try {
    const onReject = (): void => {
      counts.rejected++
    }
    const records = parseRecords(file.format, plan, onReject)
    await pipeline([source, ...decodeText(plan), ...records, toRow, ...encodeRows(plan), measure, target])
    assertUnchanged()
  } catch (error) {
    source.destroy()
    target.destroy()
    removeMade(file.stagedTarget, made)
    throw describeStreamError(error)
  }
  return {
    sourceBytes: source.bytesRead,
    targetBytes: counts.targetBytes,
    targetHash: counts.targetHash,
    sourceHash: null,
    hasRejects: false,
    rejectCodes: counts.rejected > 0 ? { [rejectCodeOf(file.format)]: counts.rejected } : {},
    records: {
      read: counts.written + counts.rejected,
      written: counts.written,
      rejected: counts.rejected,
      filtered: 0,
    },
    notices: noNotices(),
  }
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

/** Streams that take the text of a file and give an object (or an array of fields) per record. */
function parseRecords(format: FormatName, plan: DataPlan, onReject: () => void): Duplex[] {
  if (format === 'ndjson') return [ndjson.parse({ strict: false })]
  if (format === 'json') return [parseArray(onReject)]
  const { delimitedSource: dialect } = plan
  const parser = parseCsv<Row, Row>({
    headers: dialect.hasHeader,
    delimiter: format === 'tsv' ? '\t' : String.fromCharCode(dialect.delimiter),
    quote: dialect.quote < 0 ? null : String.fromCharCode(dialect.quote),
    ...(dialect.escape < 0 ? {} : { escape: String.fromCharCode(dialect.escape) }),
    ...(dialect.comment < 0 ? {} : { comment: String.fromCharCode(dialect.comment) }),
    strictColumnHandling: dialect.hasHeader,
    skipLines: dialect.skipLines,
  })
  parser.on('data-invalid', onReject)
  return [parser]
}

/** Holds the whole text, as the program most people would write does. */
function parseArray(onReject: () => void): Transform {
  const chunks: Buffer[] = []
  return new Transform({
    readableObjectMode: true,
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
    flush(done) {
      try {
        const text = Buffer.concat(chunks).toString().trim()
        const array = text.startsWith('[') ? text : `[${text.split('\n').join(',')}]`
        for (const value of JSON.parse(array) as unknown[]) {
          // A null would end the stream.
          if (value === null) onReject()
          else this.push(value)
        }
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
}

/** The one reason that the engine knows for leaving out a record of a format. */
function rejectCodeOf(format: FormatName): ErrorCode {
  return format === 'csv' || format === 'tsv' ? 'FIELD_COUNT' : 'NOT_AN_OBJECT'
}

function isRecord(value: unknown, format: FormatName): value is Row | unknown[] {
  const isDelimited = format === 'csv' || format === 'tsv'
  return typeof value === 'object' && value !== null && (isDelimited || !Array.isArray(value))
}

function mapRow(record: Row | unknown[], plan: DataPlan): Row {
  const row: Row = Array.isArray(record)
    ? Object.fromEntries(record.map((value, column) => [`column${column}`, value]))
    : record
  if (plan.select) return Object.fromEntries(plan.select.map(({ name, source }) => [name, row[source]]))
  for (const name of plan.drop) delete row[name]
  return row
}

/** Streams that turn objects into the bytes of the target. */
function encodeRows(plan: DataPlan): Duplex[] {
  if (plan.targetFormat === 'ndjson') return [ndjson.stringify()]
  if (plan.targetFormat === 'json') return [stringifyArray()]
  const { delimitedTarget: dialect } = plan
  const toCells = new Transform({
    objectMode: true,
    transform(row: Row, _encoding, done) {
      const cells = Object.entries(row).map(([name, value]) => [name, isNested(value) ? JSON.stringify(value) : value])
      done(null, Object.fromEntries(cells))
    },
  })
  return [
    toCells,
    formatCsv<Row, Row>({
      headers: dialect.hasHeader,
      delimiter: plan.targetFormat === 'tsv' ? '\t' : String.fromCharCode(dialect.delimiter),
      quote: dialect.quote < 0 ? false : String.fromCharCode(dialect.quote),
      rowDelimiter: dialect.lineEnd === 'crlf' ? '\r\n' : '\n',
      includeEndRowDelimiter: true,
    }),
  ]
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function stringifyArray(): Transform {
  let isFirst = true
  return new Transform({
    writableObjectMode: true,
    transform(row: Row, _encoding, done) {
      const opening = isFirst ? '[\n' : ',\n'
      isFirst = false
      done(null, opening + JSON.stringify(row))
    },
    flush(done) {
      done(null, isFirst ? '[]\n' : '\n]\n')
    },
  })
}
