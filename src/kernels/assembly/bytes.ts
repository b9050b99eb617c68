// What several kernels need to look at bytes 64 at a time.

export const LF: u32 = 0x0a
export const CR: u32 = 0x0d

/** One bit for each of 64 bytes that equals `wanted`: bit 0 is the first byte. */
// @ts-ignore: decorator
@inline
export function matches(a: v128, b: v128, c: v128, d: v128, wanted: v128): u64 {
  return (
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(a, wanted)))) |
    ((<u64>(<u32>i8x16.bitmask(i8x16.eq(b, wanted)))) << 16) |
    ((<u64>(<u32>i8x16.bitmask(i8x16.eq(c, wanted)))) << 32) |
    ((<u64>(<u32>i8x16.bitmask(i8x16.eq(d, wanted)))) << 48)
  )
}

/**
 * Bit i is the exclusive or of bits 0 to i: with a bit for each quote, 1 from an opening quote to before its closing one.
 * See Langdale and Lemire, Parsing Gigabytes of JSON per Second, section 3.1.1.
 */
// @ts-ignore: decorator
@inline
export function prefixXor(bits: u64): u64 {
  bits ^= bits << 1
  bits ^= bits << 2
  bits ^= bits << 4
  bits ^= bits << 8
  bits ^= bits << 16
  bits ^= bits << 32
  return bits
}

export function isSame(a: usize, b: usize, length: u32): bool {
  for (let index: u32 = 0; index < length; index++) if (load<u8>(a + index) != load<u8>(b + index)) return false
  return true
}
