import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  LINE_FEED,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  isWhiteSpace,
} from './json-bytes.ts'

// Finds where a JSON value ends by counting brackets outside of strings, without judging what lies between. It can stop at any
// byte and go on later, so that a value may be cut by chunks anywhere, and one that is too large need not be held.

/** 1 for the bytes that the search must look at, in a string and outside of strings. */
const MATTERS_IN_STRING = new Uint8Array(256)
for (const byte of [QUOTE, BACKSLASH, LINE_FEED]) MATTERS_IN_STRING[byte] = 1
const MATTERS_OUTSIDE = new Uint8Array(256)
for (const byte of [QUOTE, LINE_FEED, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET]) MATTERS_OUTSIDE[byte] = 1

/** The search for the end of one value after another. */
export class ValueBoundary {
  /** Line feeds passed since the value's start. */
  lineFeedCount = 0
  readonly #isInArray: boolean
  #depth = 0
  #isInString = false
  #isAfterBackslash = false
  #isScalar = false

  /** @param isInArray whether a comma or a closing bracket ends a number or a literal, as white space does. */
  constructor(isInArray: boolean) {
    this.#isInArray = isInArray
  }

  /** Begins with the value whose first byte is `first`. */
  begin(first: number): void {
    this.lineFeedCount = 0
    this.#depth = 0
    this.#isInString = false
    this.#isAfterBackslash = false
    this.#isScalar = first !== OPEN_BRACE && first !== OPEN_BRACKET && first !== QUOTE
  }

  /** True for a number or a literal of a sequence: nothing needs to follow it. */
  get mayEndWithSource(): boolean {
    return this.#isScalar && !this.#isInArray
  }

  /** Goes on at `position`, where it stopped before. Returns the position behind the value, or -1 where it does not end by `end`. */
  find(bytes: Uint8Array, position: number, end: number): number {
    if (this.#isScalar) return this.#findScalarEnd(bytes, position, end)
    let { lineFeedCount } = this
    let depth = this.#depth
    let isInString = this.#isInString
    if (this.#isAfterBackslash && position < end) {
      this.#isAfterBackslash = false
      if (bytes[position] === LINE_FEED) lineFeedCount++
      position++
    }
    while (position < end) {
      const matters = isInString ? MATTERS_IN_STRING : MATTERS_OUTSIDE
      while (position < end && matters[bytes[position]!] === 0) position++
      if (position === end) break
      const byte = bytes[position++]!
      if (byte === LINE_FEED) lineFeedCount++
      else if (byte === QUOTE) isInString = !isInString
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
      else if (byte === BACKSLASH) {
        if (position === end) this.#isAfterBackslash = true
        else if (bytes[position++] === LINE_FEED) lineFeedCount++
      } else depth--
      if (depth <= 0 && !isInString && (byte === QUOTE || byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) {
        this.lineFeedCount = lineFeedCount
        return position
      }
    }
    this.#depth = depth
    this.#isInString = isInString
    this.lineFeedCount = lineFeedCount
    return -1
  }

  #findScalarEnd(bytes: Uint8Array, position: number, end: number): number {
    for (; position < end; position++) {
      const byte = bytes[position]
      if (isWhiteSpace(byte) || (this.#isInArray && (byte === COMMA || byte === CLOSE_BRACKET))) return position
    }
    return -1
  }
}
