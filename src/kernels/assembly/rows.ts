// How a batch is laid out: the rows of src/batch/record-batch.ts and the cells of src/batch/cell.ts. They must change together.

/** Rows that a batch holds: MAX_ROWS of batch-memory.ts. The row table is six columns of so many words. */
export const ROW_COLUMN_BYTES: usize = 32768 * 4

/** Where the columns of the row table lie behind its start. The first one is each row's first cell. */
export const ROW_SHAPE: usize = 1 * ROW_COLUMN_BYTES
export const ROW_START: usize = 2 * ROW_COLUMN_BYTES
export const ROW_END: usize = 3 * ROW_COLUMN_BYTES
export const ROW_RECORD: usize = 4 * ROW_COLUMN_BYTES
export const ROW_LINE: usize = 5 * ROW_COLUMN_BYTES

export const CELL_TEXT: u32 = 0
export const CELL_ESCAPED_TEXT: u32 = 1
export const CELL_STRING: u32 = 2
export const CELL_ESCAPED_STRING: u32 = 3
export const CELL_NUMBER: u32 = 4
export const CELL_BOOLEAN: u32 = 5
export const CELL_NULL: u32 = 6
export const CELL_NESTED: u32 = 7
export const CELL_SPACED_NESTED: u32 = 8

export const CELL_KIND_SHIFT: u32 = 28
export const CELL_LENGTH_MASK: u32 = 0x0fff_ffff
