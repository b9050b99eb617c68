import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BatchMemory } from '../batch/batch-memory.ts'

/**
 * The kernels of src/kernels/assembly over one batch memory. Every argument and result is a 32-bit number; positions are indexes
 * into that memory. What each one does stands in its source.
 * No compiler compares the two: if you change a parameter there, also change it here and at the caller, in the same place.
 */
export interface Kernels {
  scanSeparators(table: number, lineTable: number, start: number, end: number, delimiter: number, quote: number): void
  isCut(): number
  takeRows(
    rows: number,
    row: number,
    rowLimit: number,
    cell: number,
    firstCell: number,
    shape: number,
    record: number,
    firstLine: number,
    start: number,
    columnCount: number,
    quote: number,
    comment: number,
    maxRecordBytes: number,
    nullText: number,
    nullLength: number,
  ): number
  takenRows(): number
  takenEnd(): number
  takenLines(): number
  takeRecords(
    rows: number,
    row: number,
    rowLimit: number,
    cell: number,
    firstCell: number,
    record: number,
    line: number,
    start: number,
    end: number,
    root: number,
    separator: number,
    maxRecordBytes: number,
    depthLimit: number,
  ): number
  takenRecords(): number
  takenCells(): number
  takenRecordLines(): number
  takenRecordsEnd(): number
  unusedShapeNode(): number
  castRows(
    rows: number,
    row: number,
    rowLimit: number,
    cells: number,
    entries: number,
    entriesEnd: number,
    words: number,
  ): number
  encodeJsonRows(
    rows: number,
    row: number,
    rowLimit: number,
    cells: number,
    shapes: number,
    shapeCount: number,
    scratch: number,
    quote: number,
    escape: number,
    ending: number,
    endingBytes: number,
    outputStart: number,
    output: number,
    outputEnd: number,
  ): number
  encodeCsvRows(
    rows: number,
    row: number,
    rowLimit: number,
    cells: number,
    shapes: number,
    shapeCount: number,
    scratch: number,
    sourceQuote: number,
    sourceEscape: number,
    columnCount: number,
    delimiter: number,
    quote: number,
    hasCrLf: number,
    nullText: number,
    nullLength: number,
    outputStart: number,
    output: number,
    outputEnd: number,
  ): number
  foldChecksum(register: number, start: number, length: number, folded: number): number
  /** Signed: `>>> 0` makes a position of it. */
  encodedEnd(): number
  isOutputFull(): number
}

/**
 * Binds the kernels to a memory.
 * @returns null where this machine has no SIMD for WebAssembly, or a limit no room for it: the reference twins then do the work.
 */
export function loadKernels({ memory }: BatchMemory): Kernels | null {
  const module = memory === null ? null : compiledKernels()
  if (module === null || memory === null) return null
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels
}

/** True where `loadKernels` would not return null. */
export function hasKernels(): boolean {
  return compiledKernels() !== null
}

/** Compiled once a thread, whatever number of memories they are bound to. */
let compiled: WebAssembly.Module | null | undefined

function compiledKernels(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled
  const bytes = readFileSync(findKernels())
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

/** Beside this file in `dist`; seen from the source (unit tests) in `dist` too, since asc only writes there. */
function findKernels(): string {
  const beside = fileURLToPath(new URL('kernels.wasm', import.meta.url))
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/src/kernels/kernels.wasm', import.meta.url))
}
