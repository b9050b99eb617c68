// CRC-32 of the target's bytes while they are hot. The twin is crc32 of node:zlib, which is also asked for what this leaves over.
//
// WebAssembly has no carry-less multiplication, and tables give a byte or two a cycle. But a CRC is a remainder, so any multiple of
// its polynomial may be added anywhere without changing it, and one of them has four terms only:
//
//     x^4018 + x^2091 + x^1837 + 1
//
// Squaring is linear in these polynomials, so x^8 may stand for x: a byte is cleared by adding it 1927, 2181 and 4018 bytes further
// on. That leaves nothing of a text but its last bytes, by exclusive or alone, 16 bytes at a time:
//
//     folded[i] = text[i] ^ folded[i - 1927] ^ folded[i - 2181] ^ folded[i - 4018]
//
// The idea is that of Russell, Chorba: A novel CRC32 implementation (arXiv 2412.16398). The polynomial is the one of least degree, of
// those with four terms, whose steps all lie so far apart that no load waits for a store that is still on its way.
//
//     folded     LOOKBACK bytes: the last of the window before | WINDOW_BYTES

const NEAR: usize = 1927
const MIDDLE: usize = 2181
const FAR: usize = 4018

/** FAR, up to a multiple of 64. */
const LOOKBACK: usize = 4032
/** With what is looked back at it stays in the first cache. */
const WINDOW_BYTES: usize = 16 * 1024

/**
 * Folds a text into a short one. Both leave the same CRC-32 register behind, if it is `register` before the text, and 0 before the
 * short one.
 * @param start, length: the text, at least LOOKBACK bytes.
 * @param folded a region of LOOKBACK + WINDOW_BYTES: the short text begins there.
 * @returns the length of the short text: at least LOOKBACK, and less than LOOKBACK + 64.
 */
export function foldChecksum(register: u32, start: usize, length: usize, folded: usize): usize {
  const window = folded + LOOKBACK
  memory.fill(folded, 0, LOOKBACK)
  // The register is what bytes right before the text would add to its first four.
  store<u32>(window - FAR, register)
  const foldEnd = start + ((length - LOOKBACK) & ~63)
  let from = start
  while (from < foldEnd) {
    const bytes = min(foldEnd - from, WINDOW_BYTES)
    foldWindow(from, window, bytes)
    memory.copy(folded, folded + bytes, LOOKBACK)
    from += bytes
  }
  const left = start + length - from
  memory.copy(window, from, left)
  addBytes(window - NEAR, window, NEAR)
  addBytes(window - MIDDLE, window, MIDDLE)
  addBytes(window - FAR, window, FAR)
  memory.copy(folded, window, left)
  return left
}

/** @param bytes a multiple of 64. */
function foldWindow(text: usize, folded: usize, bytes: usize): void {
  const end = folded + bytes
  for (; folded < end; folded += 64, text += 64) {
    v128.store(folded, foldBlock(text, folded))
    v128.store(folded, foldBlock(text + 16, folded + 16), 16)
    v128.store(folded, foldBlock(text + 32, folded + 32), 32)
    v128.store(folded, foldBlock(text + 48, folded + 48), 48)
  }
}

// @ts-ignore: decorator
@inline
function foldBlock(text: usize, folded: usize): v128 {
  return v128.xor(
    v128.xor(v128.load(text), v128.load(folded - NEAR)),
    v128.xor(v128.load(folded - MIDDLE), v128.load(folded - FAR)),
  )
}

/** Adds bytes of the window before, as far as they reach. */
function addBytes(from: usize, to: usize, length: usize): void {
  let index: usize = 0
  for (; index + 16 <= length; index += 16) {
    v128.store(to + index, v128.xor(v128.load(to + index), v128.load(from + index)))
  }
  for (; index < length; index++) store<u8>(to + index, load<u8>(to + index) ^ load<u8>(from + index))
}
