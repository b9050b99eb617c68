/*
 * Numbers that several places must agree on. A number that only one place needs stands there.
 */

/** Files smaller than this travel many to a task and many to a commit record: either costs as much as converting some kilobytes. */
export const SMALL_FILE_BYTES = 256 * 1024

/** Small files that travel together are not more than this: a thread is busy with it for some ten milliseconds, hundreds of times what a task costs. */
export const MOST_BYTES_TOGETHER = 4 * 1024 * 1024

/** Cells of a batch keep a length in 28 bits, so no record may be longer than this. */
export const LARGEST_RECORD_BYTES = 2 ** 28 - 1

/** Characters that are gathered for one write, where a file of many lines is written. */
export const WRITE_LENGTH = 1 << 18
