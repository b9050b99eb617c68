// Cells whose bytes are not yet the value's text, decoded into the scratch region. The reference twins are in
// src/batch/cell-text.ts. Decoding never makes a text longer, and all copies go 16 bytes at a time into the region's pad.

const BACKSLASH: u32 = 0x5c
const QUOTE: u32 = 0x22
const SPACE: u32 = 0x20

/** Bit i is set where byte i equals `wanted`, for the bytes before `left` only. */
// @ts-ignore: decorator
@inline
export function marksBefore(marks: v128, left: u32): u32 {
  const bits = <u32>i8x16.bitmask(marks)
  return left < 16 ? bits & ((1 << left) - 1) : bits
}

/** Copies 16 bytes at least: up to 16 too much are read and written. */
// @ts-ignore: decorator
@inline
export function copyBytes(from: usize, to: usize, length: u32): void {
  v128.store(to, v128.load(from))
  if (length <= 16) return
  v128.store(to, v128.load(from, 16), 16)
  if (length > 32) copyRest(from, to, length)
}

function copyRest(from: usize, to: usize, length: u32): void {
  for (let index: u32 = 32; index < length; index += 16) v128.store(to + index, v128.load(from + index))
}

/** decodeQuotedText of the twin. Returns where the text ends. */
export function decodeQuotedText(start: usize, end: usize, to: usize, quote: i32, escape: i32): usize {
  const escapes = i8x16.splat(<i8>escape)
  let from = start
  while (from < end) {
    const bytes = v128.load(from)
    v128.store(to, bytes)
    const left = <u32>(end - from)
    const marks = marksBefore(i8x16.eq(bytes, escapes), left)
    const plain: u32 = marks ? ctz(marks) : min<u32>(left, 16)
    from += plain
    to += plain
    if (!marks) continue
    // An escape stands before a quote or before itself; before anything else it is an ordinary byte.
    if (from + 1 < end) {
      const following = <i32>load<u8>(from, 1)
      if (following == quote || following == escape) from++
    }
    store<u8>(to++, load<u8>(from++))
  }
  return to
}

/** decodeJsonString of the twin: of the inside of a valid string. Returns where the text ends. */
export function decodeJsonString(start: usize, end: usize, to: usize): usize {
  const backslashes = i8x16.splat(<i8>BACKSLASH)
  let from = start
  while (from < end) {
    const bytes = v128.load(from)
    v128.store(to, bytes)
    const left = <u32>(end - from)
    const marks = marksBefore(i8x16.eq(bytes, backslashes), left)
    const plain: u32 = marks ? ctz(marks) : min<u32>(left, 16)
    from += plain
    to += plain
    if (!marks) continue
    const escaped = <u32>load<u8>(from, 1)
    from += 2
    if (escaped != 0x75) {
      store<u8>(to++, shortEscape(escaped))
      continue
    }
    let codePoint = hexValue(from)
    from += 4
    if (codePoint >= 0xd800 && codePoint < 0xdc00) {
      // Readers reject half pairs, so `\uXXXX` of the other half follows.
      codePoint = 0x1_0000 + ((codePoint - 0xd800) << 10) + (hexValue(from + 2) - 0xdc00)
      from += 6
    }
    to = putCodePoint(to, codePoint)
  }
  return to
}

/** What a letter after a backslash stands for; every other byte (`"`, `\`, `/`) stands for itself. */
function shortEscape(letter: u32): u32 {
  switch (letter) {
    case 0x62:
      return 0x08
    case 0x66:
      return 0x0c
    case 0x6e:
      return 0x0a
    case 0x72:
      return 0x0d
    case 0x74:
      return 0x09
    default:
      return letter
  }
}

function hexValue(from: usize): u32 {
  return (hexDigit(from) << 12) | (hexDigit(from + 1) << 8) | (hexDigit(from + 2) << 4) | hexDigit(from + 3)
}

/** Letters of either case have bit 6 set, digits have not. */
// @ts-ignore: decorator
@inline
function hexDigit(from: usize): u32 {
  const digit = <u32>load<u8>(from)
  return (digit & 0x0f) + 9 * ((digit >> 6) & 1)
}

function putCodePoint(to: usize, codePoint: u32): usize {
  if (codePoint < 0x80) {
    store<u8>(to, codePoint)
    return to + 1
  }
  if (codePoint < 0x800) {
    store<u8>(to++, 0xc0 | (codePoint >> 6))
  } else {
    if (codePoint < 0x1_0000) {
      store<u8>(to++, 0xe0 | (codePoint >> 12))
    } else {
      store<u8>(to++, 0xf0 | (codePoint >> 18))
      store<u8>(to++, 0x80 | ((codePoint >> 12) & 0x3f))
    }
    store<u8>(to++, 0x80 | ((codePoint >> 6) & 0x3f))
  }
  store<u8>(to, 0x80 | (codePoint & 0x3f))
  return to + 1
}

/** Copies valid JSON text without the white space between its tokens. Returns where the copy ends. */
export function compactNested(start: usize, end: usize, to: usize): usize {
  let isInString = false
  for (let from = start; from < end; from++) {
    const byte = <u32>load<u8>(from)
    if (isInString) {
      store<u8>(to++, byte)
      if (byte == BACKSLASH) store<u8>(to++, load<u8>(++from))
      else if (byte == QUOTE) isInString = false
    } else if (byte > SPACE) {
      store<u8>(to++, byte)
      if (byte == QUOTE) isInString = true
    }
  }
  return to
}
