/*
 * Shards are packed largest first. A list has up to 100,000,000 files, so the order is a radix sort over columns of numbers: one pass for
 * each 16 bits that differ, no comparison, no string. It is stable, so files of one size stay in the order of the list, which is that of
 * their paths and is part of the manifest hash: all who share the manifest get the same order.
 */

const DIGIT_BITS = 16
const DIGITS = 2 ** DIGIT_BITS

/** What packing asks of a list of files. */
export interface FileSizes {
  readonly length: number
  readonly sizeBytes: (index: number) => number
}

/**
 * The numbers of the files, the largest first, those of one size in the order given.
 * @param indexes the files to order; all of them where it is left out. Not changed.
 */
export function orderBySize(files: FileSizes, indexes?: Uint32Array): Uint32Array {
  let from = indexes ? Uint32Array.from(indexes) : Uint32Array.from({ length: files.length }, (_, index) => index)
  let to = new Uint32Array(from.length)
  const sizes = Float64Array.from(from, (index) => files.sizeBytes(index))
  let fromSizes = sizes
  let toSizes = new Float64Array(sizes.length)
  for (let unit = 1, most = largestOf(sizes); unit <= most; unit *= DIGITS) {
    const places = placesOfDigits(fromSizes, unit)
    for (let at = 0; at < from.length; at++) {
      const size = fromSizes[at] ?? 0
      const digit = digitOf(size, unit)
      const place = places[digit] ?? 0
      places[digit] = place + 1
      to[place] = from[at] ?? 0
      toSizes[place] = size
    }
    ;[from, to] = [to, from]
    ;[fromSizes, toSizes] = [toSizes, fromSizes]
  }
  return from
}

function largestOf(sizes: Float64Array): number {
  let largest = 0
  for (const size of sizes) if (size > largest) largest = size
  return largest
}

/** Where the first entry with each digit goes; high digits come first. */
function placesOfDigits(sizes: Float64Array, unit: number): Float64Array {
  const places = new Float64Array(DIGITS)
  for (const size of sizes) {
    const digit = digitOf(size, unit)
    places[digit] = (places[digit] ?? 0) + 1
  }
  let next = 0
  for (let digit = DIGITS - 1; digit >= 0; digit--) {
    const count = places[digit] ?? 0
    places[digit] = next
    next += count
  }
  return places
}

/** Sizes go beyond 32 bits, so this divides instead of shifting. */
function digitOf(size: number, unit: number): number {
  return Math.floor(size / unit) % DIGITS
}
