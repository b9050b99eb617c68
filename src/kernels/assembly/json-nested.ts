// Objects and arrays inside a record: judged to the last byte, kept as raw text. The reference twin is JsonRecordParser.skipNested.
//
// No object may have a name twice. The reference knows that from its trie of names; here every name of an open object is noted as
// a hash of 32 bits, and where two are equal, be it by chance, the record is the reference's. So is one with an escape in a nested
// name, which may be another way to write the same name, and one that is deeper or wider than the two tables below:
//
//     levels   open containers, outermost first    [isObject, where its names start in `names`] 8 bytes each
//     names    names of the open objects so far    [a a a | c c | d ...] 4 bytes each; a group goes when its object closes
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  ODD,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  findSpecial,
  finishString,
  skipLiteral,
  skipNumber,
  skipSpace,
  startsNumber,
} from './json-tokens'

const MAX_LEVELS: u32 = 64
const MAX_NAMES: usize = 256

const levels: usize = memory.data(64 * 8)
/** With a pad: names are loaded four at a time. */
const names: usize = memory.data(256 * 4 + 16)

/** True where the nested value that was passed over last has white space between its tokens. */
export let nestedIsSpaced: bool = false
/** Where the next name goes. */
let namesEnd: usize = 0

/**
 * Passes over the object or array at `position`.
 * @param depthLimit how many containers may be open in it, itself included.
 */
export function skipNested(position: usize, depthLimit: u32): usize {
  const limit = min(depthLimit, MAX_LEVELS)
  let level = levels
  const lastLevel = levels + (<usize>limit << 3)
  let isObject = false
  let namesStart = names
  namesEnd = names
  nestedIsSpaced = false
  while (true) {
    const byte = <u32>load<u8>(position)
    if (byte == OPEN_BRACE || byte == OPEN_BRACKET) {
      if (level == lastLevel) return ODD
      store<u32>(level, isObject)
      store<u32>(level, <u32>namesStart, 4)
      level += 8
      isObject = byte == OPEN_BRACE
      namesStart = namesEnd
      position = passSpace(position + 1)
      if (<u32>load<u8>(position) != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject) {
          position = takeName(position, namesStart)
          if (position == ODD) return ODD
        }
        continue
      }
    } else {
      position = skipScalar(position, byte)
      if (position == ODD) return ODD
      position = passSpace(position)
    }
    while (<u32>load<u8>(position) == (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
      position++
      level -= 8
      if (level == levels) return position
      namesEnd = namesStart
      isObject = load<u32>(level) != 0
      namesStart = <usize>load<u32>(level, 4)
      position = passSpace(position)
    }
    if (<u32>load<u8>(position) != COMMA) return ODD
    position = passSpace(position + 1)
    if (isObject) {
      position = takeName(position, namesStart)
      if (position == ODD) return ODD
    }
  }
}

// @ts-ignore: decorator
@inline
function skipScalar(position: usize, byte: u32): usize {
  if (byte == QUOTE) {
    const special = findSpecial(position + 1)
    if (<u32>load<u8>(special) == QUOTE) return special + 1
    const end = finishString(special)
    return end == ODD ? ODD : end + 1
  }
  return startsNumber(byte) ? skipNumber(position) : skipLiteral(position)
}

// @ts-ignore: decorator
@inline
function passSpace(position: usize): usize {
  if (<u32>load<u8>(position) > SPACE) return position
  nestedIsSpaced = true
  return skipSpace(position)
}

/** Passes over a name, its colon and the white space around that. The names of its object so far are [namesStart, namesEnd). */
function takeName(position: usize, namesStart: usize): usize {
  if (<u32>load<u8>(position) != QUOTE) return ODD
  const nameStart = position + 1
  const nameEnd = findSpecial(nameStart)
  if (<u32>load<u8>(nameEnd) != QUOTE || namesEnd == names + 4 * MAX_NAMES) return ODD
  const hash = hashOf(nameStart, <u32>(nameEnd - nameStart))
  if (isNoted(hash, namesStart)) return ODD
  store<u32>(namesEnd, hash)
  namesEnd += 4
  position = passSpace(nameEnd + 1)
  if (<u32>load<u8>(position) != COLON) return ODD
  return passSpace(position + 1)
}

/** Multiplies and folds eight bytes at a time: fast on names, which are short, and not meant to withstand intent. */
function hashOf(start: usize, length: u32): u32 {
  const factor: u64 = 0x9e3779b97f4a7c15
  let hash: u64 = length
  for (; length > 8; length -= 8) {
    hash = (hash ^ load<u64>(start)) * factor
    hash ^= hash >> 32
    start += 8
  }
  const last: u64 = length == 0 ? 0 : load<u64>(start) << ((8 - length) << 3)
  hash = (hash ^ last) * factor
  return <u32>((hash ^ (hash >> 29)) >> 32)
}

/** True where one of the names [namesStart, namesEnd) has this hash. */
function isNoted(hash: u32, namesStart: usize): bool {
  const wanted = i32x4.splat(hash)
  for (let name = namesStart; name < namesEnd; name += 16) {
    const equal = <u32>i32x4.bitmask(i32x4.eq(v128.load(name), wanted))
    const left = <u32>(namesEnd - name) >> 2
    if (equal & (left < 4 ? (1 << left) - 1 : 15)) return true
  }
  return false
}
