import type { TreeFile } from '../../storage/tree-files.ts'

/** Longer than any line that Drover writes: four thousand bytes of path, each escaped, twice, and the counts. */
const MAX_LINE_BYTES = 1 << 20

/**
 * Hands every line of a file to a callback, without its line feed, in memory that does not depend on the file's size.
 * A last line without a line feed counts; a line that is too long for us comes as the empty line.
 * @param onLine may return a promise, which is waited for. It gets a view that is only valid until then, the offset in the file where the line ends, line feed
 * included, and whether there is a line feed.
 */
export async function readLines(
  file: Pick<TreeFile, 'readAt'>,
  onLine: (line: Buffer, endOffsetBytes: number, isTerminated: boolean) => unknown,
): Promise<void> {
  const memory = Buffer.allocUnsafe(MAX_LINE_BYTES)
  let filledBytes = 0
  let memoryOffsetBytes = 0
  let isOverlong = false

  for (;;) {
    const bytesRead = await file.readAt(
      memory,
      filledBytes,
      memory.length - filledBytes,
      memoryOffsetBytes + filledBytes,
    )
    if (bytesRead === 0) break
    filledBytes += bytesRead
    let start = 0
    // Not the memory itself: behind what is filled there is nothing to look for, and it may never have been touched.
    const filled = memory.subarray(0, filledBytes)
    for (let end = filled.indexOf(10); end !== -1; end = filled.indexOf(10, start)) {
      const line = isOverlong ? NO_LINE : filled.subarray(start, end)
      const pending = onLine(line, memoryOffsetBytes + end + 1, true)
      if (pending instanceof Promise) await pending
      isOverlong = false
      start = end + 1
    }
    if (start === 0 && filledBytes === memory.length) {
      isOverlong = true
      start = filledBytes
    }
    memory.copyWithin(0, start, filledBytes)
    memoryOffsetBytes += start
    filledBytes -= start
  }
  if (filledBytes > 0 || isOverlong) {
    await onLine(isOverlong ? NO_LINE : memory.subarray(0, filledBytes), memoryOffsetBytes + filledBytes, false)
  }
}

const NO_LINE = Buffer.alloc(0)
