import type { RecordBatch } from '../batch/record-batch.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { getFormat } from '../formats/registry.ts'
import type { Trial } from '../formats/sample.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'

/** The start of a file, decoded. */
export interface SampleBytes {
  /** Free: what is in its input region is written over. */
  readonly batch: RecordBatch
  readonly bytes: Uint8Array
  /** True where it is the whole file. */
  readonly isWhole: boolean
  readonly file: string
}

/** Reads a sample as a plan says; nothing is mapped or written. The batch's input region is written over. */
export function tryReading({ batch, bytes, isWhole, file }: SampleBytes, plan: DataPlan, format: FormatName): Trial {
  const { memory } = batch
  memory.bytes.set(bytes, memory.inputStart)
  const end = memory.inputStart + bytes.length
  const reader = getFormat(format).createReader(plan, file)
  const codes = new Map<string, number>()
  let rejected = 0
  let columnCount = 0
  let failure: string | null = null
  let position = memory.inputStart
  try {
    for (;;) {
      batch.clear()
      batch.sourceOffset = -memory.inputStart
      const next = reader.parse(batch, position, end, isWhole)
      for (const { code } of batch.rejects) codes.set(code, (codes.get(code) ?? 0) + 1)
      rejected += batch.rejects.length
      columnCount ||= batch.shapes[0]?.keys.length ?? 0
      if (next === end || (next === position && !batch.isFull)) break
      position = next
    }
  } catch (error) {
    failure = error instanceof MigrationError ? error.code : 'UNEXPECTED'
  } finally {
    batch.clear()
  }
  return { records: reader.recordCount, rejected, codes, columnCount, failure }
}
