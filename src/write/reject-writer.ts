import { isUtf8 } from 'node:buffer'
import type { RecordBatch, Reject } from '../batch/record-batch.ts'
import { PRIVATE_FILE_MODE } from '../model/paths/file-modes.ts'
import type { FileSum } from '../model/task-result.ts'
import type { Answer } from '../storage/answer.ts'
import { StagedFile, type Staging } from './staged-file.ts'

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
  readonly #path: string
  readonly #relativePath: string
  #file: StagedFile | null = null
  #pending = ''
  #first: Reject | null = null
  readonly #staging: Staging

  /**
   * @param path where the staged rejects file goes.
   * @param relativePath the source file's name in each line.
   * @param staging how the rejects file is staged.
   */
  constructor(path: string, relativePath: string, staging: Staging) {
    this.#path = path
    this.#staging = staging
    this.#relativePath = relativePath
  }

  /** Writes the rejects of a batch in the order of their records: readers and writers of formats both add to a batch. */
  writeBatch(batch: RecordBatch): void {
    if (batch.rejects.length === 0) return
    for (const reject of inOrder(batch.rejects)) this.#write(reject, batch)
  }

  /** The first reject in words, for where the file fails and its rejects with it. */
  describeFirst(): string {
    return describeFirstReject(this.#first)
  }

  /** True where a rejects file was made. Call it after `close`. */
  get hasFile(): boolean {
    return this.#file !== null
  }

  /** Size and CRC-32 of the rejects file, where one was made. Call it after `close`. */
  get sum(): { readonly rejects?: FileSum } {
    const file = this.#file
    return file === null ? {} : { rejects: { sizeBytes: file.sizeBytes, hash: file.hash } }
  }

  /** As that of a staged file. */
  get isSettled(): boolean {
    return this.#file === null || this.#file.isSettled
  }

  /** As that of a staged file. */
  settle(): Answer<void> {
    return this.#file?.settle()
  }

  close(): Answer<void> {
    this.#flush()
    return this.#file?.close()
  }

  discard(): Answer<void> {
    return this.#file?.discard()
  }

  #write(reject: Reject, batch: RecordBatch): void {
    this.count++
    this.#first ??= reject
    this.codes.set(reject.code, (this.codes.get(reject.code) ?? 0) + 1)
    this.#pending += formatReject(keepReject(reject, batch), this.#relativePath)
    if (this.#pending.length >= FLUSH_CHARACTERS) this.#flush()
  }

  #flush(): void {
    if (this.#pending === '') return
    this.#file ??= new StagedFile(this.#path, this.#staging, { mode: () => PRIVATE_FILE_MODE })
    const bytes = Buffer.from(this.#pending)
    this.#pending = ''
    this.#file.write(bytes, 0, bytes.length)
  }
}

/** A reject in words, as the first one of a file that fails for its rejects. */
export function describeFirstReject(first: Pick<Reject, 'record' | 'line' | 'code' | 'message'> | null): string {
  if (first === null) return 'there is no first one'
  return `the first is record ${first.record} in line ${first.line}: ${first.code}, ${first.message}`
}

/** A reject with its bytes, which stays good when the batch is cleared. */
export type KeptReject = Reject & { readonly raw?: string; readonly rawBase64?: string }

/** The rejects of a batch in the order of their records, with their bytes. */
export function keepRejects(batch: RecordBatch): KeptReject[] {
  return inOrder(batch.rejects).map((reject) => keepReject(reject, batch))
}

function inOrder(rejects: readonly Reject[]): Reject[] {
  return rejects.toSorted((a, b) => a.byteStart - b.byteStart || a.record - b.record)
}

function keepReject(reject: Reject, batch: RecordBatch): KeptReject {
  return reject.hasRaw ? { ...reject, ...rawBytes(reject, batch) } : reject
}

/** The line of a rejects file. */
export function formatReject(reject: KeptReject, file: string): string {
  const { record, line, byteStart, byteEnd, code, message, column, raw, rawBase64 } = reject
  // JSON.stringify leaves out what is undefined.
  return `${JSON.stringify({ file, record, line, byteStart, byteEnd, code, message, column, raw, rawBase64 })}\n`
}

function rawBytes(reject: Reject, batch: RecordBatch): { raw: string } | { rawBase64: string } {
  const from = reject.byteStart - batch.sourceOffset
  const raw = Buffer.from(batch.memory.bytes.subarray(from, reject.byteEnd - batch.sourceOffset))
  return isUtf8(raw) ? { raw: raw.toString('utf8') } : { rawBase64: raw.toString('base64') }
}
