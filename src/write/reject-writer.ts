import { isUtf8 } from 'node:buffer'
import type { RecordBatch, Reject } from '../batch/record-batch.ts'
import type { PaceIo } from '../model/pacing.ts'
import { StagedFile } from './staged-file.ts'

const FLUSH_CHARACTERS = 65_536

/**
 * Keeps the rejected records of one source file: one JSON line each, with the raw bytes, so that nothing is ever dropped. The
 * file is only made when there is a reject.
 */
export class RejectWriter {
  /** Rejects so far. */
  count = 0
  /** Rejects by code. */
  readonly codes = new Map<string, number>()
  private readonly path: string
  private readonly relativePath: string
  private file: StagedFile | null = null
  private pending = ''
  private first: Reject | null = null
  private readonly pace: PaceIo | undefined

  /**
   * @param path where the staged rejects file goes.
   * @param relativePath the source file's name in each line.
   */
  constructor(path: string, relativePath: string, pace?: PaceIo) {
    this.path = path
    this.pace = pace
    this.relativePath = relativePath
  }

  /** Writes the rejects of a batch in the order of their records: readers and writers of formats both add to a batch. */
  writeBatch(batch: RecordBatch): void {
    if (batch.rejects.length === 0) return
    const rejects = batch.rejects.toSorted((a, b) => a.byteStart - b.byteStart || a.record - b.record)
    for (const reject of rejects) this.write(reject, batch)
  }

  /** The first reject in words, for where the file fails and its rejects with it. */
  describeFirst(): string {
    if (this.first === null) return 'there is no first one'
    const { record, line, code, message } = this.first
    return `the first is record ${record} in line ${line}: ${code}, ${message}`
  }

  /** True where a rejects file was made. Call it after `close`. */
  get hasFile(): boolean {
    return this.file !== null
  }

  close(): void {
    this.flush()
    this.file?.close()
  }

  discard(): void {
    this.file?.discard()
  }

  private write(reject: Reject, batch: RecordBatch): void {
    this.count++
    this.first ??= reject
    this.codes.set(reject.code, (this.codes.get(reject.code) ?? 0) + 1)
    const { record, line, byteStart, byteEnd, code, message, column } = reject
    this.pending += `${JSON.stringify({
      file: this.relativePath,
      record,
      line,
      byteStart,
      byteEnd,
      code,
      message,
      ...(column === undefined ? {} : { column }),
      ...(reject.hasRaw ? rawBytes(reject, batch) : {}),
    })}\n`
    if (this.pending.length >= FLUSH_CHARACTERS) this.flush()
  }

  private flush(): void {
    if (this.pending === '') return
    this.file ??= new StagedFile(this.path, this.pace)
    const bytes = Buffer.from(this.pending)
    this.pending = ''
    this.file.write(bytes, 0, bytes.length)
  }
}

function rawBytes(reject: Reject, batch: RecordBatch): { raw: string } | { rawBase64: string } {
  const from = reject.byteStart - batch.sourceOffset
  const raw = Buffer.from(batch.memory.bytes.subarray(from, reject.byteEnd - batch.sourceOffset))
  return isUtf8(raw) ? { raw: raw.toString('utf8') } : { rawBase64: raw.toString('base64') }
}
