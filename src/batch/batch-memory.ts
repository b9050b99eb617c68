import { LARGEST_RECORD_BYTES } from '../model/policy.ts'

/** A WebAssembly.Memory: the public declarations stand without that name. */
interface SharedWithKernels {
  readonly buffer: ArrayBuffer
}

/**
 * The one memory that a worker thread converts in, allocated once.
 *
 *     0       1 KiB          rowsStart keysStart shapesStart separatorsStart inputStart       scratchStart cellsStart outputStart
 *     | call  | kernels' own | row     | names of | shapes of | separators of | carry + chunk  | decoded   | cell table | target |
 *     | frame | constants    | columns | columns  | records   | a window      | max record     | cell: max | 8 bytes a  | 1 MiB  |
 *     |       |              | 768 KiB | 1 MiB    | 256 KiB   | 1 MiB         | + CRLF + chunk | record    | byte of in |        |
 *
 *     castsStart     foldedStart    textsStart
 *     | types of     | a checksum's | values that are not in the |
 *     | columns      | window       | input as casts need them:  |
 *     | 64 KiB       | 20 KiB       | 1 byte a byte of input     |
 *
 * Regions are apart by a pad that kernels may load from and store to. The sizes follow from the largest record that must be held
 * whole, so nothing ever grows (growing detaches every view, and `readSync` into a detached view throws). Pages that no record
 * ever needs are never touched, so they cost address space but no memory.
 *
 * If you change a region, also change the drawing here and in docs/data-plane.md, and what kernels know of it: the row table and MAX_ROWS
 * (assembly/rows.ts), FRAME_WORDS (kernels/call-frame.ts, and memoryBase in asconfig.json), FOLDED_BYTES (assembly/fold-checksum.ts). Where all
 * other regions lie the call frame tells them.
 *
 * It is WebAssembly memory, so that kernels work on it too. That reserves 10 GiB of address space for each thread; where a limit does not allow
 * it, a plain buffer of the same layout serves the reference twins.
 */
export interface BatchMemory {
  /** What kernels import; null: plain memory, on which no kernel works. */
  readonly memory: SharedWithKernels | null
  readonly buffer: ArrayBuffer
  /** The whole memory. Positions in cells and rows are indexes into it. */
  readonly bytes: Uint8Array
  /** The cell table: two words a cell. Index 0 is the first word of the first cell, which lies at `cellsStart`. */
  readonly cells: Uint32Array
  readonly cellsStart: number
  /** The columns of the row table, one behind the other; see record-batch.ts. */
  readonly rowsStart: number
  /** Where writers' kernels keep the names of columns: [keysStart, keysEnd). */
  readonly keysStart: number
  readonly keysEnd: number
  /** Where the JSON kernel's host keeps the shapes of late records: [shapesStart, shapesEnd), see json/shapes/shape-table.ts. */
  readonly shapesStart: number
  readonly shapesEnd: number
  /** Where a scan notes separators, a word each, for a window of at most WINDOW_BYTES. */
  readonly separatorsStart: number
  /** Where it notes lines, a word each. */
  readonly linesStart: number
  /** Where bytes of the source are placed: [inputStart, inputEnd). */
  readonly inputStart: number
  readonly inputEnd: number
  /** Where one cell may be decoded: [scratchStart, scratchEnd). */
  readonly scratchStart: number
  readonly scratchEnd: number
  /** Where target bytes are gathered: [outputStart, outputEnd). */
  readonly outputStart: number
  readonly outputEnd: number
  /** Where the casts' host lays out the types of columns for its kernel: [castsStart, castsEnd). */
  readonly castsStart: number
  readonly castsEnd: number
  /** Where the checksum's kernel works: kernels/assembly/fold-checksum.ts. */
  readonly foldedStart: number
  /** Where values of a batch go that casts had to write anew: room for all bytes of the input, and one more for each value. */
  readonly textsStart: number
}

/** Rows that a batch holds at most. */
export const MAX_ROWS = 32_768
/** Columns of the row table. */
const ROW_COLUMNS = 6
/** Bytes that a kernel scans at once at most: each may be a separator. */
export const WINDOW_BYTES = 256 * 1024

const PAGE_BYTES = 65_536
/** Below it lie the call frame (kernels/call-frame.ts) and the constants of the kernels. */
const KERNEL_BYTES = 16 * 1024
const KEYS_BYTES = 1024 * 1024
const SHAPES_BYTES = 256 * 1024
/** Kernels may load and store up to this many bytes past the end of a region. */
const PAD_BYTES = 256
const OUTPUT_BYTES = 1024 * 1024
const CASTS_BYTES = 64 * 1024
/** What fold-checksum.ts looks back at, and its window. */
const FOLDED_BYTES = 4032 + 16 * 1024

/**
 * Allocates the memory for records of at most `maxRecordBytes`, read `chunkBytes` at a time.
 * Nothing is resident before it is used.
 * @param mayReserve whether there is address space for kernels.
 * @throws RangeError where it cannot be had even without room for kernels.
 */
export function createBatchMemory(maxRecordBytes: number, chunkBytes: number, mayReserve = true): BatchMemory {
  const { totalBytes, cellsEnd, ...regions } = layOut(maxRecordBytes, chunkBytes)
  const { memory, buffer } = mayReserve ? allocate(totalBytes) : { memory: null, buffer: new ArrayBuffer(totalBytes) }
  const cells = new Uint32Array(buffer, regions.cellsStart, (cellsEnd - regions.cellsStart) / 4)
  return { memory, buffer, bytes: new Uint8Array(buffer), cells, ...regions }
}

/** The bytes of a memory; most are never touched. */
export function batchMemoryBytes(maxRecordBytes: number, chunkBytes: number): number {
  return layOut(maxRecordBytes, chunkBytes).totalBytes
}

function allocate(bytes: number): { readonly memory: WebAssembly.Memory | null; readonly buffer: ArrayBuffer } {
  const pages = Math.ceil(bytes / PAGE_BYTES)
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    return { memory, buffer: memory.buffer }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { memory: null, buffer: new ArrayBuffer(bytes) }
  }
}

type Regions = Omit<BatchMemory, 'memory' | 'buffer' | 'bytes' | 'cells'> & {
  readonly cellsEnd: number
  readonly totalBytes: number
}

function layOut(maxRecordBytes: number, chunkBytes: number): Regions {
  if (maxRecordBytes > LARGEST_RECORD_BYTES)
    throw new RangeError(`records of ${maxRecordBytes} bytes do not fit a batch`)
  const rowsStart = KERNEL_BYTES
  const keysStart = rowsStart + 4 * ROW_COLUMNS * MAX_ROWS + PAD_BYTES
  const keysEnd = keysStart + KEYS_BYTES
  const shapesStart = keysEnd + PAD_BYTES
  const shapesEnd = shapesStart + SHAPES_BYTES
  const separatorsStart = shapesEnd + PAD_BYTES
  const linesStart = separatorsStart + 4 * WINDOW_BYTES + PAD_BYTES
  const inputStart = align(linesStart + 4 * WINDOW_BYTES + PAD_BYTES)
  // A record stays here until its line end is seen, of which one byte more says whether it is CR LF.
  const inputEnd = align(inputStart + maxRecordBytes + 2 + chunkBytes)
  const scratchStart = inputEnd + PAD_BYTES
  const scratchEnd = align(scratchStart + maxRecordBytes)
  const cellsStart = scratchEnd + PAD_BYTES
  // A record of n bytes has at most n + 1 fields.
  const cellsEnd = align(cellsStart + 8 * (inputEnd - inputStart + 2))
  const outputStart = cellsEnd + PAD_BYTES
  const outputEnd = outputStart + OUTPUT_BYTES
  const castsStart = outputEnd + PAD_BYTES
  const castsEnd = castsStart + CASTS_BYTES
  const foldedStart = align(castsEnd + PAD_BYTES)
  const textsStart = foldedStart + FOLDED_BYTES + PAD_BYTES
  const textsEnd = textsStart + (inputEnd - inputStart)
  return {
    rowsStart,
    keysStart,
    keysEnd,
    shapesStart,
    shapesEnd,
    separatorsStart,
    linesStart,
    cellsStart,
    cellsEnd,
    inputStart,
    inputEnd,
    scratchStart,
    scratchEnd,
    outputStart,
    outputEnd,
    castsStart,
    castsEnd,
    foldedStart,
    textsStart,
    totalBytes: textsEnd + PAD_BYTES,
  }
}

function align(position: number): number {
  return Math.ceil(position / 64) * 64
}
