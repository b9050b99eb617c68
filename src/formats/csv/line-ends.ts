// The first line end of a delimited file says how its lines end. Everything that meets a carriage return asks here: the
// scanner, the skipper and the passing over of comments must agree to the byte.

const CR = 0x0d
const LF = 0x0a

/** Why a carriage return is no line end. */
export const IS_BARE = 0
export const NEEDS_MORE_BYTES = -1

/** The line ends of one file, learnt from its first one. */
export class LineEnds {
  /** Null until the file's first line end outside quotes: then whether a CR alone ends lines in it. */
  #isLoneCrEnd: boolean | null = null

  /**
   * Says what the CR at `position` is.
   * @returns where the next line starts, IS_BARE where the CR is an ordinary byte that should not be there, or
   *   NEEDS_MORE_BYTES where the byte after it decides and is not yet here.
   */
  afterCr(bytes: Uint8Array, position: number, end: number, isLast: boolean): number {
    if (position + 1 < end) {
      if (bytes[position + 1] === LF) return position + 2
    } else if (!isLast) {
      return NEEDS_MORE_BYTES
    }
    return this.#isLoneCrEnd === false ? IS_BARE : position + 1
  }

  /** True once it is certain that only line feeds, alone or after a CR, end lines. */
  get areLineFeeds(): boolean {
    return this.#isLoneCrEnd === false
  }

  /** Takes note of a line end: `lineEnd` is its first byte, `next` the position after it. */
  learn(bytes: Uint8Array, lineEnd: number, next: number): void {
    if (this.#isLoneCrEnd === null && next > lineEnd) this.#isLoneCrEnd = next === lineEnd + 1 && bytes[lineEnd] === CR
  }

  /** Counts the line ends in [start, end): those inside quotes, where the range is a record. */
  count(bytes: Uint8Array, start: number, end: number): number {
    let lineFeeds = 0
    let loneCrs = 0
    for (let position = start; position < end; position++) {
      const byte = bytes[position]
      if (byte === LF) lineFeeds++
      else if (byte === CR && bytes[position + 1] !== LF) loneCrs++
    }
    return this.sum(lineFeeds, loneCrs)
  }

  /** The number of line ends among so many line feeds (alone or after a CR) and carriage returns without a line feed. */
  sum(lineFeeds: number, loneCrs: number): number {
    return this.#isLoneCrEnd === true ? lineFeeds + loneCrs : lineFeeds
  }
}
