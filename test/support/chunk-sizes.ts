/** Longer sources are not cut behind each byte: that takes time in proportion to the square of their length. */
const LONGEST_CUT_BYTES = 200

/** Chunk sizes that put an end of a chunk behind each byte of a source, where it is short. */
export function chunkSizesFor(byteCount: number): readonly number[] {
  if (byteCount > LONGEST_CUT_BYTES) return [1, 2, 3, 7]
  return Array.from({ length: Math.max(1, byteCount) }, (_, index) => index + 1)
}
