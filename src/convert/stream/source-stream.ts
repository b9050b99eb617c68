import { Readable } from 'node:stream'
import type { ByteSource } from '../../storage/source-storage.ts'

/** Bytes asked for at once, as node:fs does. */
const CHUNK_BYTES = 65_536

/** A source as a stream. Whoever opened the source closes it. */
export class SourceStream extends Readable {
  /** Bytes read so far. */
  bytesRead = 0
  readonly #bytes: ByteSource
  readonly #pace: ((bytes: number) => Promise<void>) | undefined

  /** @param pace ends each read, on storage that is slow on purpose. */
  constructor(bytes: ByteSource, pace: ((bytes: number) => Promise<void>) | undefined) {
    super({ highWaterMark: CHUNK_BYTES })
    this.#bytes = bytes
    this.#pace = pace
  }

  override _read(): void {
    void this.#readChunk()
  }

  async #readChunk(): Promise<void> {
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      const count = await this.#bytes.readAt(chunk, 0, chunk.length, this.bytesRead)
      await this.#pace?.(count)
      this.bytesRead += count
      this.push(count === 0 ? null : chunk.subarray(0, count))
    } catch (error) {
      this.destroy(error as Error)
    }
  }
}
