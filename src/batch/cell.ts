/**
 * A cell is one field of one record: two words in the cell table.
 *
 *     word 0: where its bytes start in the batch memory
 *     word 1: kind << 28 | length in bytes
 *
 * The kind says what the bytes are, so that a writer copies what it can and decodes only what it must. If you change words or kinds, also change
 * kernels/assembly/rows.ts.
 */

/** Text that stands for itself, unescaped, of a delimited source. */
export const CELL_TEXT = 0
/** What lies between the quotes of a delimited field, with at least one escape sequence in it. */
export const CELL_ESCAPED_TEXT = 1
/** What lies between the quotes of a JSON string without any escape: text that may be copied into JSON as it is. */
export const CELL_STRING = 2
/** What lies between the quotes of a JSON string with at least one backslash escape. */
export const CELL_ESCAPED_STRING = 3
/** A JSON number, byte for byte as it was written. */
export const CELL_NUMBER = 4
/** `true` or `false`. */
export const CELL_BOOLEAN = 5
/** Null: its bytes are what stood for it in the source and do not matter. */
export const CELL_NULL = 6
/** A JSON object or array, its raw text, free of white space between tokens. */
export const CELL_NESTED = 7
/** A JSON object or array with white space between tokens, which a writer leaves out. */
export const CELL_SPACED_NESTED = 8

export type CellKind =
  | typeof CELL_TEXT
  | typeof CELL_ESCAPED_TEXT
  | typeof CELL_STRING
  | typeof CELL_ESCAPED_STRING
  | typeof CELL_NUMBER
  | typeof CELL_BOOLEAN
  | typeof CELL_NULL
  | typeof CELL_NESTED
  | typeof CELL_SPACED_NESTED

export const CELL_KIND_SHIFT = 28
export const CELL_LENGTH_MASK = 0x0fff_ffff

/** Word 1 of a cell. Store it with `cells[2 * cell + 1] = ...`; reading back, `>>> 28` is the kind, `& mask` the length. */
export function packCell(kind: CellKind, length: number): number {
  return ((kind << CELL_KIND_SHIFT) | length) >>> 0
}
