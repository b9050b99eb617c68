import type { RecordBatch } from '../batch/record-batch.ts'
import type { DataPlan } from '../model/data-plan.ts'
import { BatchCaster } from './batch-caster.ts'
import { createProjection } from './projection.ts'

/** Does to a batch what the mapping says: sets its views, casts its cells, and rejects the rows that it cannot take. */
export type Mapper = (batch: RecordBatch) => void

/**
 * Makes the mapper of one file.
 * @param isTable true for delimited sources, where every record has every column and every cell is text.
 */
export function createMapper(plan: DataPlan, isTable: boolean): Mapper {
  const project = createProjection({ ...plan, isTable })
  if (plan.columns.length === 0) return project
  const caster = new BatchCaster(plan, isTable)
  return (batch) => {
    project(batch)
    caster.cast(batch)
  }
}
