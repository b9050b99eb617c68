// The tokens of JSON, read in place. The reference twin is src/formats/json/text/json-bytes.ts.
//
// Every function takes a position and returns the one behind what it read, or ODD where the text there is not regular. None reads
// past a line feed as if it belonged to the text, and one stands behind the last byte: so no end needs to be asked for.

/** No position: the record is for the reference reader to judge. */
export const ODD: usize = 0

export const QUOTE: u32 = 0x22
export const COMMA: u32 = 0x2c
export const COLON: u32 = 0x3a
export const OPEN_BRACE: u32 = 0x7b
export const CLOSE_BRACE: u32 = 0x7d
export const OPEN_BRACKET: u32 = 0x5b
export const CLOSE_BRACKET: u32 = 0x5d
export const SPACE: u32 = 0x20
const TAB: u32 = 0x09
const CARRIAGE_RETURN: u32 = 0x0d
const BACKSLASH: u32 = 0x5c
const MINUS: u32 = 0x2d
const PLUS: u32 = 0x2b
const DOT: u32 = 0x2e
const DIGIT_0: u32 = 0x30
const LETTER_E: u32 = 0x65
const LETTER_U: u32 = 0x75

/** The literals as words, first byte lowest: `true`, `null`, and `alse` behind the f. */
const TRUE: u32 = 0x65757274
const NULL: u32 = 0x6c6c756e
const ALSE: u32 = 0x65736c61

/** The first position that holds no white space. A line feed is none here: it ends the record. */
export function skipSpace(position: usize): usize {
  while (true) {
    const byte = <u32>load<u8>(position)
    if (byte != SPACE && byte != TAB && byte != CARRIAGE_RETURN) return position
    position++
  }
}

/** One bit for each of 16 bytes that does not stand for itself in a string: quote, backslash, control characters. */
// @ts-ignore: decorator
@inline
function specialBits(position: usize): u32 {
  const bytes = v128.load(position)
  const marks = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)))
  return <u32>i8x16.bitmask(v128.or(marks, i8x16.lt_u(bytes, i8x16.splat(0x20))))
}

/** The position of the first byte that does not stand for itself in a string. */
// @ts-ignore: decorator
@inline
export function findSpecial(position: usize): usize {
  let special = specialBits(position)
  while (special == 0) {
    position += 16
    special = specialBits(position)
  }
  return position + ctz(special)
}

/** The position of the closing quote, from where `findSpecial` stopped before it. */
export function finishString(position: usize): usize {
  while (true) {
    const byte = <u32>load<u8>(position)
    if (byte == QUOTE) return position
    if (byte != BACKSLASH) return ODD
    position = skipEscape(position)
    if (position == ODD) return ODD
    position = findSpecial(position)
  }
}

/** Passes over the escape whose backslash is at `position`; a surrogate pair is one escape, half of one is ODD. */
function skipEscape(position: usize): usize {
  const letter = <u32>load<u8>(position, 1)
  if (letter != LETTER_U) return isShortEscape(letter) ? position + 2 : ODD
  const unit = readHex(position + 2)
  if (unit < 0) return ODD
  if (unit < 0xd800 || unit > 0xdfff) return position + 6
  const isPair = unit < 0xdc00 && <u32>load<u8>(position, 6) == BACKSLASH && <u32>load<u8>(position, 7) == LETTER_U
  if (!isPair) return ODD
  const second = readHex(position + 8)
  return second >= 0xdc00 && second <= 0xdfff ? position + 12 : ODD
}

function isShortEscape(letter: u32): bool {
  switch (letter) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return true
    default:
      return false
  }
}

/** The four hexadecimal digits at `position` as a number, or -1. */
function readHex(position: usize): i32 {
  let value: i32 = 0
  for (let index: usize = 0; index < 4; index++) {
    const byte = <u32>load<u8>(position + index)
    const digit = byte - DIGIT_0
    const letter = (byte | 0x20) - 0x61
    if (digit < 10) value = (value << 4) | digit
    else if (letter < 6) value = (value << 4) | (letter + 10)
    else return -1
  }
  return value
}

/** True where the byte can begin a number. */
// @ts-ignore: decorator
@inline
export function startsNumber(byte: u32): bool {
  return byte - DIGIT_0 < 10 || byte == MINUS
}

/** Passes over the number of RFC 8259 at `position`. */
export function skipNumber(position: usize): usize {
  if (<u32>load<u8>(position) == MINUS) position++
  let digits = position
  position = skipDigits(position)
  if (position == digits) return ODD
  if (<u32>load<u8>(digits) == DIGIT_0 && position > digits + 1) return ODD
  if (<u32>load<u8>(position) == DOT) {
    digits = position + 1
    position = skipDigits(digits)
    if (position == digits) return ODD
  }
  if ((<u32>load<u8>(position) | 0x20) == LETTER_E) {
    const sign = <u32>load<u8>(position, 1)
    digits = position + (sign == MINUS || sign == PLUS ? 2 : 1)
    position = skipDigits(digits)
    if (position == digits) return ODD
  }
  return position
}

// @ts-ignore: decorator
@inline
function skipDigits(position: usize): usize {
  while (true) {
    const digits = i8x16.sub(v128.load(position), i8x16.splat(0x30))
    const others = <u32>i8x16.bitmask(i8x16.ge_u(digits, i8x16.splat(10)))
    if (others) return position + ctz(others)
    position += 16
  }
}

/** Passes over `true`, `false` or `null`. */
export function skipLiteral(position: usize): usize {
  const word = load<u32>(position)
  if (word == TRUE || word == NULL) return position + 4
  return (word & 0xff) == 0x66 && load<u32>(position, 1) == ALSE ? position + 5 : ODD
}

/** True for the first byte of `null`. */
// @ts-ignore: decorator
@inline
export function startsNull(byte: u32): bool {
  return byte == 0x6e
}
