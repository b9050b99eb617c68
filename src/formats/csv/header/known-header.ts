import type { Shape } from '../../../batch/shape.ts'
import type { CsvDialect } from '../csv-dialect.ts'

/** A header that was read, and what became of it. */
export interface KnownHeader {
  readonly bytes: Uint8Array
  readonly shape: Shape
  /** Names that had to be changed. */
  readonly renamedCount: number
}

/** A longer header is read anew each time. */
const LARGEST_KNOWN_BYTES = 64 * 1024

/**
 * The header that a dialect was last met with. The many small files of a tree mostly have the same header: they then share one
 * shape, and with it everything that is worked out once for a shape.
 */
const lastHeaders = new WeakMap<CsvDialect, KnownHeader>()

/** What is known of these bytes as a header; null: they are not those of the last one. */
export function findKnownHeader(dialect: CsvDialect, header: Uint8Array): KnownHeader | null {
  const known = lastHeaders.get(dialect)
  return known !== undefined && Buffer.compare(known.bytes, header) === 0 ? known : null
}

/** @param header may be part of a memory that is used again. */
export function keepHeader(dialect: CsvDialect, header: Uint8Array, shape: Shape, renamedCount: number): void {
  if (header.length <= LARGEST_KNOWN_BYTES) lastHeaders.set(dialect, { bytes: header.slice(), shape, renamedCount })
}
