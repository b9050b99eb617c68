import type { DataPlan } from '../../model/data-plan.ts'

/** What JSON and NDJSON sources are told by the plan. Threads load this, and never the options that it is made of. */
export interface JsonSource {
  /** Levels of objects and arrays in a record, the record itself counted as 1. */
  readonly maxNesting: number
  readonly duplicateKeys: 'reject' | 'last'
}

/** The settings of JSON and NDJSON files. */
export function jsonSource(plan: DataPlan): JsonSource {
  return plan.formats['json'] as JsonSource
}

/** The plan with other settings for JSON values. */
export function withJsonSource(plan: DataPlan, source: JsonSource): DataPlan {
  return { ...plan, formats: { ...plan.formats, json: source } }
}
