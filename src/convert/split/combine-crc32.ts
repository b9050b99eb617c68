// The CRC-32 of a whole from those of its parts, as zlib's crc32_combine: bytes behind a text multiply its checksum, taken as a
// polynomial over GF(2), by a power of x. See https://github.com/madler/zlib/blob/v1.3.1/crc32.c, `multmodp` and `x2nmodp`.

/** The polynomial of CRC-32 with its bits in reverse: bit 31 is x to the power of 0. */
const POLYNOMIAL = 0xedb8_8320
const ONE = 0x8000_0000

/** x to the power of 2^index, modulo the polynomial. After 31 squarings the powers begin again: x^(2^32) is x^(2^0). */
const POWERS = new Uint32Array(32)
POWERS[0] = ONE >>> 1
for (let index = 1; index < POWERS.length; index++) POWERS[index] = multiply(POWERS[index - 1]!, POWERS[index - 1]!)

/**
 * The CRC-32 of two texts, one behind the other.
 * @param first CRC-32 of the first one
 * @param second CRC-32 of the second one, which has `secondBytes` bytes
 */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  return (multiply(powerOfX(secondBytes), first) ^ second) >>> 0
}

/** x to the power of the number of bits in so many bytes. Not with shifts: files have more than 2^32 bytes. */
function powerOfX(byteCount: number): number {
  let power = ONE
  // A byte is 8 = 2^3 bits.
  let index = 3
  for (let left = byteCount; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = multiply(POWERS[index % POWERS.length]!, power)
    index++
  }
  return power
}

/** The product of two polynomials. */
function multiply(a: number, b: number): number {
  let product = 0
  let shifted = b
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL
  }
  return product >>> 0
}
