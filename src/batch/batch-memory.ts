/**
 * The one memory that a worker thread converts in, allocated once.
 *
 *     0         inputStart          scratchStart      cellsStart            outputStart
 *     | unused  | carry + chunk     | decoded cell    | cell table          | target bytes      |
 *     | 1 KiB   | max record + CRLF | max record      | 8 bytes for each    | 1 MiB             |
 *     |         |  + chunk + pad    |  + pad          | byte of input       |                   |
 *
 * The sizes follow from the largest record that must be held whole, so nothing ever grows (growing detaches every view, and
 * `readSync` into a detached view throws). Pages that no record ever needs are never touched, so they cost address space but
 * no memory: 1 MiB of ordinary records keeps the resident size near 2 MiB.
 *
 * It is WebAssembly memory, so that kernels can work on it too.
 */
export interface BatchMemory {
  /** The whole memory. Positions in cells and rows are indexes into it. */
  readonly bytes: Uint8Array
  /** The cell table: two words a cell. Index 0 is the first word of the first cell. */
  readonly cells: Uint32Array
  /** Where bytes of the source are placed: [inputStart, inputEnd). */
  readonly inputStart: number
  readonly inputEnd: number
  /** Where one cell may be decoded: [scratchStart, scratchEnd). */
  readonly scratchStart: number
  readonly scratchEnd: number
  /** Where target bytes are gathered: [outputStart, outputEnd). */
  readonly outputStart: number
  readonly outputEnd: number
}

/** Cells keep a length in 28 bits, so no record may be longer than this. */
export const LARGEST_RECORD_BYTES = 2 ** 28 - 1

const PAGE_BYTES = 65_536
const GUARD_BYTES = 1024
/** Kernels may load and store up to this many bytes past the end of a region. */
const PAD_BYTES = 256
const OUTPUT_BYTES = 1024 * 1024

/**
 * Allocates the memory for records of at most `maxRecordBytes`, read `chunkBytes` at a time.
 * Nothing is resident before it is used.
 */
export function createBatchMemory(maxRecordBytes: number, chunkBytes: number): BatchMemory {
  if (maxRecordBytes > LARGEST_RECORD_BYTES)
    throw new RangeError(`records of ${maxRecordBytes} bytes do not fit a batch`)
  const inputStart = GUARD_BYTES
  // A record stays here until its line end is seen, of which one byte more says whether it is CR LF.
  const inputEnd = align(inputStart + maxRecordBytes + 2 + chunkBytes)
  const scratchStart = inputEnd + PAD_BYTES
  const scratchEnd = align(scratchStart + maxRecordBytes)
  const cellsStart = scratchEnd + PAD_BYTES
  // A record of n bytes has at most n + 1 fields.
  const cellsEnd = align(cellsStart + 8 * (inputEnd - inputStart + 2))
  const outputStart = cellsEnd + PAD_BYTES
  const outputEnd = outputStart + OUTPUT_BYTES
  const pages = Math.ceil((outputEnd + PAD_BYTES) / PAGE_BYTES)
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages })
  return {
    bytes: new Uint8Array(buffer),
    cells: new Uint32Array(buffer, cellsStart, (cellsEnd - cellsStart) / 4),
    inputStart,
    inputEnd,
    scratchStart,
    scratchEnd,
    outputStart,
    outputEnd,
  }
}

function align(position: number): number {
  return Math.ceil(position / 64) * 64
}
