// The call frame: the words in which a host tells a kernel what to do, and in which the kernel says how far it came. It lies at the
// start of the batch memory (src/batch/batch-memory.ts), word n at byte 4 * n:
//
//     word 0           8             16           24         32         64 ... 95           256: the kernels' own constants
//     | regions of     | where work  | what       | what     | ... and  | text of null in   |
//     | the memory     | begins, and | readers    | casts    | writers  | a delimited       |
//     |                | has come to | are told   | are told | are told | source            |
//
// Both sides are compiled from this file, by TypeScript and by AssemblyScript: it holds whole numbers and nothing else. Calls never
// overlap, so there is one frame. Who prepares a batch writes what stays the same for it, and a call only what has changed since.

// The regions of the memory, written once (load-kernels.ts).
export const ROWS_START = 0
export const CELLS_START = 1
export const SCRATCH_START = 2
export const SEPARATORS_START = 3
export const LINES_START = 4
export const SHAPES_START = 5
export const KEYS_START = 6
export const CASTS_START = 7

// Where the work begins. When a kernel ends, where it has come to: the row, cell, record and line that are next, and the byte that is.
export const ROW = 8
/** The number of the cell, counted from the first of the batch. */
export const CELL = 9
/** The record's number and its line, less the batch's bases. */
export const RECORD = 10
export const LINE = 11
/** Of the input. */
export const POSITION = 12
/** Where in the output region the next byte of the target goes. */
export const OUTPUT = 13

// Of readers.
/** Exclusive; of the window, for scanSeparators. */
export const INPUT_END = 16
export const MAX_RECORD_BYTES = 17
export const SOURCE_DELIMITER = 18
/** -1: none. Of the text in cells, for writers. */
export const SOURCE_QUOTE = 19
/** The first byte of a comment; -1: there are none. */
export const COMMENT = 20
/** Unquoted text that is null: so many bytes from SOURCE_NULL_TEXT on; -1: no text is. */
export const SOURCE_NULL_BYTES = 21
export const COLUMN_COUNT = 22
/** The number in the batch of the shape that all rows of a table have. */
export const SHAPE = 23
/** What ends a JSON record: a line feed (records contain none, none stands before them), or the comma of an array. */
export const RECORD_SEPARATOR = 24
/** How many containers may be open in a member's value. */
export const DEPTH_LIMIT = 25
/** Answer of scanSeparators: 1 where it met an odd byte, and its table ends there. */
export const IS_CUT = 26
/** Answer of takeRecords where it ended with ENDED_SHAPE: the node that has no number. */
export const UNUSED_NODE = 27

// Of casts and writers.
/** The row to end before. */
export const ROW_LIMIT = 32
/** The types of a shape's columns, for castRows: [start, end). */
export const ENTRIES_START = 33
export const ENTRIES_END = 34
/** Shapes whose views the kernel finds in the keys region. */
export const SHAPE_COUNT = 35
/** -1: none. */
export const SOURCE_ESCAPE = 36
/** The output region. */
export const OUTPUT_START = 37
export const OUTPUT_END = 38
/** What follows the last value of a JSON record: up to 4 bytes as one word, and how many they are. */
export const ENDING = 39
export const ENDING_BYTES = 40
/** Of a delimited target: at least 1. */
export const TARGET_COLUMN_COUNT = 41
export const TARGET_DELIMITER = 42
/** -1: none. */
export const TARGET_QUOTE = 43
export const HAS_CR_LF = 44
/** Where the text lies that stands for null, and its length; -1: the empty field does. */
export const TARGET_NULL_TEXT = 45
export const TARGET_NULL_BYTES = 46

/** So many words from here on hold the text of null in a source. */
export const SOURCE_NULL_TEXT = 64
export const SOURCE_NULL_TEXT_WORDS = 32
/** The kernels' own constants begin behind it: memoryBase of assembly/asconfig.json. */
export const FRAME_WORDS = 256

// Why a reader's kernel ended: the batch is full; the table of separators, or the text, is used up; the next record is not regular; no
// record of the batch had its shape yet (takeRecords alone).
export const ENDED_FULL = 0
export const ENDED_TEXT = 1
export const ENDED_ODD = 2
export const ENDED_SHAPE = 3
// Why a writer's kernel ended: all rows are encoded, or the next one is the reference's; or the output has no room left for it.
export const ENDED_ROWS = 0
export const ENDED_OUTPUT = 1
