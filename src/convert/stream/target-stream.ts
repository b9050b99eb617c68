import { Writable } from 'node:stream'
import type { Answer } from '../../storage/answer.ts'

/** A target that is written from front to back. Whoever opened it closes it. */
export interface StreamedTarget {
  readonly sizeBytes: number
  /** CRC-32 of what was written. */
  readonly hash: number
  write(bytes: Uint8Array, start: number, end: number): void
  /** Waits until all is written. */
  settle(): Answer<void>
  close(): Answer<void>
}

type Done = (error?: Error) => void

/** A target as a stream. */
export class TargetStream extends Writable {
  readonly #target: StreamedTarget
  readonly #pace: ((bytes: number) => Promise<void>) | undefined

  /** @param pace ends each write, on storage that is slow on purpose. */
  constructor(target: StreamedTarget, pace: ((bytes: number) => Promise<void>) | undefined) {
    super()
    this.#target = target
    this.#pace = pace
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    void this.#writeChunk(bytes, done)
  }

  /** What has gathered meanwhile is written at once, as node:fs does. */
  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    void this.#writeChunk(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  async #writeChunk(bytes: Buffer, done: Done): Promise<void> {
    try {
      this.#target.write(bytes, 0, bytes.length)
      await this.#target.settle()
      await this.#pace?.(bytes.length)
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}
