import { createReadStream, createWriteStream, statSync, unlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable, Transform, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { format as formatCsv, parse as parseCsv } from 'fast-csv'
import ndjson from 'ndjson'
import { MigrationError } from '../errors/migration-error.ts'
import { noNotices } from '../formats/format.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'
import type { ConvertedFile } from '../model/task-result.ts'
import type { FileTask } from '../model/task.ts'

type Row = Record<string, unknown>

/**
 * `--engine stream`: the program most people would write first, an object for every record through fast-csv and ndjson. It is
 * the baseline of the benchmarks. It is lossy: numbers pass through doubles, bad NDJSON lines and the raw bytes of
 * rejected records are gone, ragged and empty records are judged as fast-csv does.
 */
export async function convertWithStreams(
  file: FileTask & { readonly format: FormatName },
  plan: DataPlan,
  shouldStop: () => boolean,
): Promise<Omit<ConvertedFile, 'index' | 'isConverted' | 'stageNs' | 'durationNs'>> {
  const counts = { written: 0, rejected: 0, targetBytes: 0, targetHash: 0 }
  const toRow = new Transform({
    objectMode: true,
    transform(record: unknown, _encoding, done) {
      if (shouldStop()) return done(new MigrationError('STOPPED', 'the run was stopped', { phase: 'worker' }))
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
  try {
    const target = createWriteStream(file.stagedTarget, { flags: 'wx' })
    const onReject = (): void => {
      counts.rejected++
    }
    await pipeline([...openRecords(file, plan, onReject), toRow, ...encodeRows(plan), measure, target])
  } catch (error) {
    try {
      unlinkSync(file.stagedTarget)
    } catch {
      // It was never made.
    }
    throw error
  }
  return {
    sourceBytes: statSync(file.sourcePath).size,
    targetBytes: counts.targetBytes,
    targetHash: counts.targetHash,
    sourceHash: null,
    hasRejects: false,
    rejectCodes: counts.rejected > 0 ? { FIELD_COUNT: counts.rejected } : {},
    records: {
      read: counts.written + counts.rejected,
      written: counts.written,
      rejected: counts.rejected,
      filtered: 0,
    },
    notices: noNotices(),
  }
}

/** Streams whose last one gives an object (or an array of fields) per record. */
function openRecords(
  file: FileTask & { readonly format: FormatName },
  plan: DataPlan,
  onReject: () => void,
): (NodeJS.ReadableStream | Duplex)[] {
  if (file.format === 'ndjson') return [createReadStream(file.sourcePath), ndjson.parse({ strict: false })]
  if (file.format === 'json') return [Readable.from(readJsonArray(file.sourcePath))]
  const { delimitedSource: dialect } = plan
  const parser = parseCsv<Row, Row>({
    headers: dialect.hasHeader,
    delimiter: file.format === 'tsv' ? '\t' : String.fromCharCode(dialect.delimiter),
    quote: dialect.quote < 0 ? null : String.fromCharCode(dialect.quote),
    ...(dialect.escape < 0 ? {} : { escape: String.fromCharCode(dialect.escape) }),
    ...(dialect.comment < 0 ? {} : { comment: String.fromCharCode(dialect.comment) }),
    strictColumnHandling: dialect.hasHeader,
    skipLines: dialect.skipLines,
  })
  parser.on('data-invalid', onReject)
  return [createReadStream(file.sourcePath), parser]
}

async function* readJsonArray(path: string): AsyncGenerator {
  const text = (await readFile(path, 'utf8')).trim()
  if (text !== '') yield* JSON.parse(text.startsWith('[') ? text : `[${text.split('\n').join(',')}]`) as unknown[]
}

function mapRow(record: unknown, plan: DataPlan): Row {
  const row: Row = Array.isArray(record)
    ? Object.fromEntries(record.map((value, column) => [`column${column}`, value as unknown]))
    : (record as Row)
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
