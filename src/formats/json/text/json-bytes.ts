// The bytes that JSON's grammar (RFC 8259) is made of, and the tokens that need no state. All functions work on bytes in place.

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const SPACE = 0x20
export const LINE_FEED = 0x0a
export const CARRIAGE_RETURN = 0x0d
const TAB = 0x09
const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const LETTER_E = 0x65
const LETTER_F = 0x66
const LETTER_N = 0x6e
const LETTER_T = 0x74
const LETTER_U = 0x75

/** 1 for bytes that stand for themselves inside a string; 0 for the quote, the backslash and control characters. */
export const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)

/** Not a token, or not an escape. */
export const NO_TOKEN = -1
/** A well-formed `\u` escape that is half of a surrogate pair. */
export const LONE_SURROGATE = -2

/** True for the four bytes that may stand between tokens; everything else that looks blank is a syntax error. */
export function isWhiteSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB
}

/** The position of the first byte in [position, end) that is not white space, or `end`. */
export function skipWhiteSpace(bytes: Uint8Array, position: number, end: number): number {
  while (position < end && isWhiteSpace(bytes[position])) position++
  return position
}

/** The end of [start, end) without the white space at its end. */
export function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && isWhiteSpace(bytes[end - 1])) end--
  return end
}

/** True where the byte can begin a number. */
export function startsNumber(byte: number): boolean {
  return (byte >= DIGIT_0 && byte <= DIGIT_9) || byte === MINUS
}

/** The position behind the number at `position`, or NO_TOKEN. What follows it is the caller's to judge: `01` ends behind the 0. */
export function skipNumber(bytes: Uint8Array, position: number): number {
  if (bytes[position] === MINUS) position++
  if (bytes[position] === DIGIT_0) position++
  else if ((position = skipDigits(bytes, position)) < 0) return NO_TOKEN
  if (bytes[position] === DOT && (position = skipDigits(bytes, position + 1)) < 0) return NO_TOKEN
  if ((bytes[position]! | 0x20) !== LETTER_E) return position
  const sign = bytes[position + 1]
  return skipDigits(bytes, position + (sign === MINUS || sign === PLUS ? 2 : 1))
}

function skipDigits(bytes: Uint8Array, position: number): number {
  const start = position
  while (isDigit(bytes[position]!)) position++
  return position === start ? NO_TOKEN : position
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9
}

/** The position behind `true`, `false` or `null` at `position`, or NO_TOKEN. */
export function skipLiteral(bytes: Uint8Array, position: number): number {
  const first = bytes[position]
  const literal = first === LETTER_T ? TRUE : first === LETTER_F ? FALSE : NULL
  for (let index = 0; index < literal.length; index++) {
    if (bytes[position + index] !== literal[index]) return NO_TOKEN
  }
  return position + literal.length
}

const TRUE = new TextEncoder().encode('true')
const FALSE = new TextEncoder().encode('false')
const NULL = new TextEncoder().encode('null')

/** True for the first byte of `null`. */
export function startsNull(byte: number | undefined): boolean {
  return byte === LETTER_N
}

/** True where the byte can begin a value other than an object. */
export function startsOtherValue(byte: number): boolean {
  const isLiteral = byte === LETTER_T || byte === LETTER_F || byte === LETTER_N
  return byte === OPEN_BRACKET || byte === QUOTE || isLiteral || startsNumber(byte)
}

/**
 * The position behind the escape whose backslash is at `position`, a surrogate pair being one escape of 12 bytes.
 * @returns NO_TOKEN where it is no escape of JSON's; LONE_SURROGATE where it is one of 6 bytes that stands for no character.
 */
export function skipEscape(bytes: Uint8Array, position: number): number {
  const letter = bytes[position + 1]!
  if (letter !== LETTER_U) return IS_SHORT_ESCAPE[letter] === 1 ? position + 2 : NO_TOKEN
  const unit = readHex(bytes, position + 2)
  if (unit < 0) return NO_TOKEN
  if (unit < 0xd800 || unit > 0xdfff) return position + 6
  if (unit > 0xdbff || bytes[position + 6] !== BACKSLASH || bytes[position + 7] !== LETTER_U) return LONE_SURROGATE
  const second = readHex(bytes, position + 8)
  return second >= 0xdc00 && second <= 0xdfff ? position + 12 : LONE_SURROGATE
}

const IS_SHORT_ESCAPE = new Uint8Array(256)
for (const letter of '"\\/bfnrt') IS_SHORT_ESCAPE[letter.charCodeAt(0)] = 1

/** The four hexadecimal digits at `position` as a number, or -1. */
function readHex(bytes: Uint8Array, position: number): number {
  let value = 0
  for (let index = position; index < position + 4; index++) {
    const byte = bytes[index]!
    const letter = byte | 0x20
    if (isDigit(byte)) value = value * 16 + byte - DIGIT_0
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57
    else return -1
  }
  return value
}
