import type { BatchMemory } from './batch-memory.ts'

/** Takes target bytes out of the memory before it is written over. */
export type FlushTarget = (bytes: Uint8Array, start: number, end: number) => void

/**
 * The output region of a batch memory as a place to write to. Writers keep `position` in a local variable while they work:
 *
 *     let position = output.reserve(n)     // at least n bytes are free from position on
 *     bytes[position++] = ...
 *     output.position = position
 *
 * A record may be spread over several flushes: the target is a staged file that nobody sees before it is complete.
 */
export class OutputBuffer {
  /** The most that one `reserve` may ask for. */
  readonly largestReserve: number
  readonly bytes: Uint8Array
  position: number
  /** The region is [start, end). */
  readonly start: number
  readonly end: number
  readonly #flushTarget: FlushTarget

  constructor(memory: BatchMemory, flushTarget: FlushTarget) {
    this.bytes = memory.bytes
    this.start = memory.outputStart
    this.end = memory.outputEnd
    this.position = this.start
    this.largestReserve = this.end - this.start
    this.#flushTarget = flushTarget
  }

  /** Makes room for `byteCount` bytes (at most `largestReserve`) and returns where they go. */
  reserve(byteCount: number): number {
    if (this.position + byteCount > this.end) this.flush()
    return this.position
  }

  /** Copies any number of bytes. */
  append(source: Uint8Array, start = 0, end = source.length): void {
    for (let from = start; from < end;) {
      const length = Math.min(end - from, this.largestReserve)
      const position = this.reserve(length)
      if (source === this.bytes) this.bytes.copyWithin(position, from, from + length)
      else this.bytes.set(source.subarray(from, from + length), position)
      this.position = position + length
      from += length
    }
  }

  /** Hands all gathered bytes to the target. */
  flush(): void {
    if (this.position > this.start) this.#flushTarget(this.bytes, this.start, this.position)
    this.position = this.start
  }
}
