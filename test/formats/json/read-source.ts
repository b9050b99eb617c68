import { createBatchMemory } from '../../../src/batch/batch-memory.ts'
import type { BatchMemory } from '../../../src/batch/batch-memory.ts'
import {
  CELL_BOOLEAN,
  CELL_ESCAPED_STRING,
  CELL_KIND_SHIFT,
  CELL_LENGTH_MASK,
  CELL_NESTED,
  CELL_NULL,
  CELL_NUMBER,
  CELL_SPACED_NESTED,
  CELL_STRING,
} from '../../../src/batch/cell.ts'
import { OutputBuffer } from '../../../src/batch/output-buffer.ts'
import { RecordBatch } from '../../../src/batch/record-batch.ts'
import { identityView } from '../../../src/batch/shape.ts'
import { MigrationError } from '../../../src/errors/migration-error.ts'
import type { Format } from '../../../src/formats/format.ts'
import { ROW } from '../../../src/kernels/call-frame.ts'
import { loadKernels } from '../../../src/kernels/load-kernels.ts'
import type { Kernels } from '../../../src/kernels/load-kernels.ts'
import type { DataPlan } from '../../../src/model/data-plan.ts'
import { chunkSizesFor } from '../../support/chunk-sizes.ts'
import { smallPlan } from '../small-plan.ts'

// A caller like the real one: bytes come in chunks, what is not consumed is kept in front of the next ones. Every source is read
// twice, by the reference and with the kernels, and nothing may differ.

export interface PlanChanges {
  readonly maxNesting?: number
  readonly duplicateKeys?: 'reject' | 'last'
  readonly maxRecordBytes?: number
  readonly targetFormat?: DataPlan['targetFormat']
  readonly nested?: 'json' | 'flatten'
}

export interface ReadSource {
  /** One line each: `record:line start-end {cells}`. */
  readonly rows: string[]
  /** One line each: `CODE record:line start-end column`. */
  readonly rejects: string[]
  readonly raws: string[]
  readonly messages: string[]
  readonly blankLines: number
  readonly recordCount: number
  /** `CODE record:line byte` where the file failed. */
  readonly failure: string | null
  /** What the writer of the same format made of the rows. */
  readonly target: string
  /** The names of each shape, batch after batch, in the order of first use. */
  readonly shapes: string[]
}

export interface ReadByBoth extends ReadSource {
  /** Rows that came through the kernel when it was there. */
  readonly kernelRowCount: number
}

export function createPlan(changes: PlanChanges, chunkBytes: number): DataPlan {
  const { nested = 'json', maxNesting = 512, duplicateKeys = 'reject' } = changes
  const { targetFormat = 'ndjson', maxRecordBytes = 10_000 } = changes
  return smallPlan(
    { targetFormat, maxRecordBytes, chunkBytes },
    { target: { nested }, json: { maxNesting, duplicateKeys } },
  )
}

/** Reads with and without kernels and throws where that makes a difference. */
export function readSource(
  format: Format,
  source: string | Uint8Array,
  changes: PlanChanges = {},
  chunkBytes = 65_536,
): ReadByBoth {
  const input = Buffer.from(source)
  const { memory, kernels } = placeFor(changes.maxRecordBytes ?? 10_000, chunkBytes)
  const reference = readWith(new RecordBatch(memory), format, input, changes, chunkBytes)
  const counting = new RowCounter(kernels)
  const fast = readWith(new RecordBatch(memory, counting.kernels), format, input, changes, chunkBytes)
  const [a, b] = [reference, fast].map((read) => JSON.stringify(read))
  if (a !== b) throw new Error(`with kernels: ${b} instead of ${a}`)
  return { ...reference, kernelRowCount: counting.rowCount }
}

/** Kernels that count the records they take. */
class RowCounter {
  rowCount = 0
  readonly kernels: Kernels

  constructor(kernels: Kernels) {
    const takeRecords = (): number => {
      const before = kernels.frame[ROW]!
      const ended = kernels.takeRecords()
      this.rowCount += kernels.frame[ROW]! - before
      return ended
    }
    this.kernels = { ...kernels, takeRecords }
  }
}

function readWith(
  batch: RecordBatch,
  format: Format,
  input: Buffer,
  changes: PlanChanges,
  chunkBytes: number,
): ReadSource {
  const plan = createPlan(changes, chunkBytes)
  const { memory } = batch
  const reader = format.createReader(plan, 'f')
  const writer = format.createWriter(plan)
  const target: Buffer[] = []
  const output = new OutputBuffer(memory, (bytes, start, end) => target.push(Buffer.from(bytes.slice(start, end))))
  const rows: string[] = []
  const rejects: string[] = []
  const raws: string[] = []
  const messages: string[] = []
  const shapes: string[] = []
  let failure: string | null = null
  let end = memory.inputStart
  try {
    for (let read = 0, isLast = false; !isLast;) {
      const chunk = input.subarray(read, read + chunkBytes)
      memory.bytes.set(chunk, end)
      read += chunk.length
      end += chunk.length
      isLast = read === input.length
      let start = memory.inputStart
      let wasFull = true
      while (wasFull) {
        batch.clear()
        batch.sourceOffset = read - end
        start = reader.parse(batch, start, end, isLast)
        batch.views = batch.shapes.map(identityView)
        shapes.push(...batch.shapes.map(({ keys }) => keys.map(({ name }) => name).join(',')))
        for (let row = 0; row < batch.rowCount; row++) rows.push(describeRow(batch, row))
        for (const reject of batch.rejects) {
          const { code, record, line, byteStart, byteEnd, column, hasRaw } = reject
          rejects.push(`${code} ${record}:${line} ${byteStart}-${byteEnd}${column === undefined ? '' : ` ${column}`}`)
          messages.push(reject.message)
          if (hasRaw) raws.push(textAt(batch, byteStart - batch.sourceOffset, byteEnd - batch.sourceOffset))
        }
        writer.learnColumns(batch)
        writer.write(batch, output)
        wasFull = batch.isFull
      }
      if (isLast && start !== end) throw new Error(`${end - start} bytes are left`)
      memory.bytes.copyWithin(memory.inputStart, start, end)
      end = memory.inputStart + end - start
    }
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error
    failure = `${error.code} ${error.position.record ?? '-'}:${error.position.line ?? '-'} ${error.position.byte ?? '-'}`
    messages.push(error.message)
  }
  writer.finish(output)
  output.flush()
  const { recordCount, notices } = reader
  const { blankLines } = notices
  const written = Buffer.concat(target).toString()
  return { rows, rejects, raws, messages, blankLines, recordCount, failure, target: written, shapes }
}

/** Memories are used again with what is left in them, as a worker does from file to file. */
const places = new Map<string, Place>()

interface Place {
  readonly memory: BatchMemory
  readonly kernels: Kernels
}

function placeFor(maxRecordBytes: number, chunkBytes: number): Place {
  const key = `${maxRecordBytes} ${chunkBytes}`
  const known = places.get(key)
  if (known !== undefined) return known
  const memory = createBatchMemory(maxRecordBytes, chunkBytes)
  const kernels = loadKernels(memory)
  if (kernels === null) throw new Error('this machine has no SIMD for WebAssembly')
  const place = { memory, kernels }
  places.set(key, place)
  return place
}

/** Reads with chunks that end behind each byte, and throws where that makes a difference. */
export function readAtAllChunkSizes(
  format: Format,
  source: string | Uint8Array,
  changes: PlanChanges = {},
  chunkSizes: readonly number[] = chunkSizesFor(Buffer.byteLength(source)),
): ReadByBoth {
  const whole = readSource(format, source, changes)
  for (const chunkBytes of chunkSizes) {
    const cut = readSource(format, source, changes, chunkBytes)
    // The rows before a failure are not part of the promise: they depend on what was read together. So do batches.
    const [a, b] = [whole, cut].map((read) =>
      JSON.stringify(
        read.failure === null ? { ...read, shapes: [], kernelRowCount: 0 } : [read.failure, read.messages.at(-1)],
      ),
    )
    if (a !== b) throw new Error(`chunks of ${chunkBytes} bytes: ${b} instead of ${a}`)
  }
  return whole
}

function textAt(batch: RecordBatch, start: number, end: number): string {
  return Buffer.from(batch.memory.bytes.slice(start, end)).toString('latin1')
}

function describeRow(batch: RecordBatch, row: number): string {
  const { keys } = batch.shapes[batch.rowShape[row]!]!
  const cells = keys.map((key, index) => `${key.name}=${describeCell(batch, batch.rowFirstCell[row]! + index)}`)
  const [start, end] = [batch.rowStart[row]!, batch.rowEnd[row]!]
  const place = `${batch.recordBase + batch.rowRecord[row]!}:${batch.lineBase + batch.rowLine[row]!}`
  return `${place} ${start + batch.sourceOffset}-${end + batch.sourceOffset} ${cells.join(' ')}`.trimEnd()
}

function describeCell(batch: RecordBatch, cell: number): string {
  const start = batch.memory.cells[2 * cell]!
  const word = batch.memory.cells[2 * cell + 1]!
  const text = Buffer.from(batch.memory.bytes.slice(start, start + (word & CELL_LENGTH_MASK))).toString()
  const describe = DESCRIPTIONS[word >>> CELL_KIND_SHIFT]
  return describe === undefined ? `?${text}` : describe(text)
}

const DESCRIPTIONS: Readonly<Record<number, (text: string) => string>> = {
  [CELL_STRING]: (text) => `"${text}"`,
  [CELL_ESCAPED_STRING]: (text) => `escaped"${text}"`,
  [CELL_NUMBER]: (text) => `number:${text}`,
  [CELL_BOOLEAN]: (text) => `boolean:${text}`,
  [CELL_NULL]: () => 'null',
  [CELL_NESTED]: (text) => `nested:${text}`,
  [CELL_SPACED_NESTED]: (text) => `spaced:${text}`,
}
