import type { Answer } from '../storage/answer.ts'

/** Bytes that are read from front to back. */
export interface Content {
  /** Reads the next bytes into target[at, at + length). @returns how many; 0 means nothing yet, or that it is at its end. */
  read(target: Uint8Array, at: number, length: number): Answer<number>
  /** True where no bytes follow. */
  readonly isAtEnd: boolean
}

/**
 * How the bytes of a file hold its content. Positions in rejects count bytes of the content; progress, and whatever tells files apart, count
 * those of the file: a codec reads them from `file`, which counts for itself.
 */
export interface Codec {
  /** @param file the bytes of the file from its start. */
  decode(file: Content): Content
}
