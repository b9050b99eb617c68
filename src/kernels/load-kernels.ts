import type { BatchMemory } from '../batch/batch-memory.ts'
import { findBuilt, readInstalled } from '../system/installed-files.ts'
import {
  CASTS_START,
  CELLS_START,
  FRAME_WORDS,
  KEYS_START,
  LINES_START,
  ROWS_START,
  SCRATCH_START,
  SEPARATORS_START,
  SHAPES_START,
} from './call-frame.ts'

/**
 * The kernels of src/kernels/assembly over one batch memory. What each one does stands in its source. All but one are told what to do, and
 * answer, in the call frame: call-frame.ts names its words, and both sides are compiled from it.
 */
export interface Kernels {
  /** The call frame. Negative numbers are written as they are, and read back as 32 bits without a sign. */
  readonly frame: Uint32Array
  readonly scanSeparators: () => void
  /** Why it ended, as of takeRecords: ENDED_FULL, ENDED_TEXT, ENDED_ODD or ENDED_SHAPE. */
  readonly takeRows: () => number
  readonly takeRecords: () => number
  readonly castRows: () => void
  /** Why it ended, as of encodeCsvRows: ENDED_ROWS or ENDED_OUTPUT. */
  readonly encodeJsonRows: () => number
  readonly encodeCsvRows: () => number
  /** A pure function of few numbers, so it needs no frame. */
  readonly foldChecksum: (register: number, start: number, length: number, folded: number) => number
}

/**
 * Binds the kernels to a memory.
 * @returns null where this machine has no SIMD for WebAssembly, or a limit no room for it: the reference twins then do the work.
 */
export function loadKernels(regions: BatchMemory): Kernels | null {
  const { memory } = regions
  const module = memory === null ? null : compiledKernels()
  if (module === null || memory === null) return null
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } })
  const frame = new Uint32Array(memory.buffer, 0, FRAME_WORDS)
  frame[ROWS_START] = regions.rowsStart
  frame[CELLS_START] = regions.cellsStart
  frame[SCRATCH_START] = regions.scratchStart
  frame[SEPARATORS_START] = regions.separatorsStart
  frame[LINES_START] = regions.linesStart
  frame[SHAPES_START] = regions.shapesStart
  frame[KEYS_START] = regions.keysStart
  frame[CASTS_START] = regions.castsStart
  return { ...(exports as unknown as Omit<Kernels, 'frame'>), frame }
}

/** True where `loadKernels` would not return null. */
export function hasKernels(): boolean {
  return compiledKernels() !== null
}

/** Beside this file in `dist`; seen from the source (unit tests) in `dist` too, since asc only writes there. */
const KERNELS = ['kernels.wasm', '../../dist/src/kernels/kernels.wasm']

/** Compiled once a thread, whatever number of memories they are bound to. */
let compiled: WebAssembly.Module | null | undefined

function compiledKernels(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled
  const bytes = readInstalled(findBuilt(KERNELS, import.meta.url))
  compiled = WebAssembly.validate(bytes) ? compile(bytes) : null
  return compiled
}

/** @returns null where there is no address space for the code. */
function compile(bytes: Uint8Array): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(bytes)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function abort(): never {
  throw new Error('a kernel aborted')
}
