// Drives the csv reader and writer as the conversion does: chunk by chunk, what is left of a chunk carried to the next.
import { expect } from 'vitest'
import { identityView } from '../../../src/batch/shape.ts'
import { createBatchMemory } from '../../../src/batch/batch-memory.ts'
import { decodeCellText } from '../../../src/batch/cell-text.ts'
import { CELL_ESCAPED_TEXT, CELL_KIND_SHIFT, CELL_LENGTH_MASK, CELL_NULL } from '../../../src/batch/cell.ts'
import { OutputBuffer } from '../../../src/batch/output-buffer.ts'
import { RecordBatch } from '../../../src/batch/record-batch.ts'
import { MigrationError } from '../../../src/errors/migration-error.ts'
import type { Position } from '../../../src/errors/migration-error.ts'
import type { DelimitedFormatName } from '../../../src/formats/csv/csv-dialect.ts'
import { CsvReader } from '../../../src/formats/csv/csv-reader.ts'
import type { DelimitedSource, DelimitedTarget } from '../../../src/formats/csv/csv-settings.ts'
import type { RecordWriter } from '../../../src/formats/format.ts'
import { loadKernels } from '../../../src/kernels/load-kernels.ts'
import type { DataPlan } from '../../../src/model/data-plan.ts'
import type { NoticeCounts } from '../../../src/model/task-result.ts'
import { smallPlan } from '../small-plan.ts'

export type SourceOptions = Partial<DelimitedSource> & { readonly maxRecordBytes?: number }

export function createPlan(source: SourceOptions = {}, target: Partial<DelimitedTarget> = {}): DataPlan {
  const { maxRecordBytes = 1000, ...delimitedSource } = source
  return smallPlan({ maxRecordBytes }, { source: delimitedSource, target })
}

export interface Outcome {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Record, line, first byte and raw text of each row. */
  readonly places: readonly (readonly [record: number, line: number, byteStart: number, raw: string])[]
  readonly rejects: readonly {
    readonly code: string
    readonly message: string
    readonly record: number
    readonly line: number
    readonly byteStart: number
    readonly byteEnd: number
    /** Null where the bytes are not at hand. */
    readonly raw: string | null
  }[]
  readonly notices: Partial<NoticeCounts>
  readonly recordCount: number
  readonly error?: { readonly code: string; readonly message: string; readonly position: Position }
}

interface Run {
  readonly format?: DelimitedFormatName
  readonly chunkBytes?: number
  readonly onBatch?: (batch: RecordBatch) => void
}

/**
 * Parses a whole source, and makes sure that the kernels see in it what the reference sees. Text stands for its bytes in latin1, so
 * that any byte can be written in a case.
 */
export function parseCsv(source: string, options: SourceOptions = {}, run: Run = {}): Outcome {
  const outcome = parseWith('reference', source, options, run)
  // Who looks at batches wants to see them once.
  if (!run.onBatch) expect(parseWith('kernel', source, options, run), 'the kernel').toEqual(outcome)
  return outcome
}

function parseWith(engine: 'reference' | 'kernel', source: string, options: SourceOptions, run: Run): Outcome {
  const chunkBytes = run.chunkBytes ?? 4096
  const plan = createPlan(options)
  const batch = batchFor(engine, plan.maxRecordBytes, chunkBytes)
  const { memory } = batch
  const input = Buffer.from(source, 'latin1')
  const reader = new CsvReader(plan, run.format ?? 'csv', 'in.csv')
  let columns: readonly string[] = []
  const rows: (string | null)[][] = []
  const places: [number, number, number, string][] = []
  const rejects: Outcome['rejects'][number][] = []
  const text = (start: number, end: number) => Buffer.from(memory.bytes.subarray(start, end)).toString('latin1')

  const takeBatch = () => {
    for (const shape of batch.shapes) columns = shape.keys.map(({ name }) => name)
    for (let row = 0; row < batch.rowCount; row++) {
      const cells: (string | null)[] = []
      for (let index = 0; index < batch.shapes[batch.rowShape[row]!]!.keys.length; index++) {
        cells.push(cellText(batch, batch.rowFirstCell[row]! + index))
      }
      rows.push(cells)
      places.push([
        batch.recordBase + batch.rowRecord[row]!,
        batch.lineBase + batch.rowLine[row]!,
        batch.sourceOffset + batch.rowStart[row]!,
        text(batch.rowStart[row]!, batch.rowEnd[row]!),
      ])
    }
    for (const { hasRaw, ...reject } of batch.rejects) {
      const raw = hasRaw ? text(reject.byteStart - batch.sourceOffset, reject.byteEnd - batch.sourceOffset) : null
      rejects.push({ ...reject, raw })
    }
    batch.views = batch.shapes.map(identityView)
    run.onBatch?.(batch)
  }

  const parseAll = () => {
    let carried = 0
    for (let offset = 0; ;) {
      const length = Math.min(chunkBytes, input.length - offset, memory.inputEnd - memory.inputStart - carried)
      if (length === 0 && offset < input.length) throw new Error('the reader keeps more than the memory can hold')
      input.copy(memory.bytes, memory.inputStart + carried, offset, offset + length)
      batch.sourceOffset = offset - carried - memory.inputStart
      offset += length
      const end = memory.inputStart + carried + length
      const isLast = offset === input.length
      let position = memory.inputStart
      do {
        batch.clear()
        position = reader.parse(batch, position, end, isLast)
        takeBatch()
      } while (batch.isFull)
      carried = end - position
      if (isLast && carried > 0) throw new Error(`${carried} bytes were never consumed`)
      if (isLast) return
      memory.bytes.copyWithin(memory.inputStart, position, end)
    }
  }

  try {
    parseAll()
  } catch (thrown) {
    if (!(thrown instanceof MigrationError)) throw thrown
    // Where a file fails, what was seen before depends on the chunks and counts for nothing.
    return { ...NOTHING, error: { code: thrown.code, message: thrown.message, position: thrown.position } }
  }
  const notices = Object.fromEntries(Object.entries(reader.notices).filter(([, count]) => count > 0))
  return { columns, rows, places, rejects, notices, recordCount: reader.recordCount }
}

const batches = new Map<string, RecordBatch>()

/** One batch for each pair of sizes, as one serves a thread for all its files. */
function batchFor(engine: 'reference' | 'kernel', maxRecordBytes: number, chunkBytes: number): RecordBatch {
  const name = `${engine} ${maxRecordBytes} ${chunkBytes}`
  const known = batches.get(name)
  if (known) return known
  const memory = createBatchMemory(maxRecordBytes, chunkBytes)
  const batch = new RecordBatch(memory, engine === 'kernel' ? loadKernels(memory) : null)
  batches.set(name, batch)
  return batch
}

const NOTHING: Outcome = { columns: [], rows: [], places: [], rejects: [], notices: {}, recordCount: 0 }

function cellText(batch: RecordBatch, cell: number): string | null {
  const { bytes, cells, scratchStart } = batch.memory
  const start = cells[2 * cell]!
  const kind = cells[2 * cell + 1]! >>> CELL_KIND_SHIFT
  const length = cells[2 * cell + 1]! & CELL_LENGTH_MASK
  if (kind === CELL_NULL) return null
  if (kind !== CELL_ESCAPED_TEXT) return Buffer.from(bytes.subarray(start, start + length)).toString('latin1')
  const end = decodeCellText(batch, kind, start, length)
  return Buffer.from(bytes.subarray(scratchStart, end)).toString('latin1')
}

/** Collects what a writer makes. */
export function createTarget(batch: RecordBatch): { readonly output: OutputBuffer; readonly text: () => string } {
  const parts: Buffer[] = []
  const output = new OutputBuffer(batch.memory, (bytes, start, end) =>
    parts.push(Buffer.from(bytes.subarray(start, end))),
  )
  return {
    output,
    text: () => {
      output.flush()
      return Buffer.concat(parts).toString('latin1')
    },
  }
}

/** Parses a source and writes it with a writer, batch by batch. */
export function rewriteCsv(source: string, writer: RecordWriter, options: SourceOptions = {}, run: Run = {}): string {
  let target: ReturnType<typeof createTarget> | undefined
  parseCsv(source, options, {
    ...run,
    onBatch: (batch) => {
      target ??= createTarget(batch)
      if (!writer.learnColumns(batch)) throw new Error('a table has all its columns from the start')
      writer.write(batch, target.output)
    },
  })
  if (target === undefined) throw new Error('no batch was parsed')
  writer.finish(target.output)
  return target.text()
}
