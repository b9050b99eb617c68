import type { JsonSource } from '../../model/data-plan.ts'
import type { JsonOptions } from './json-options.ts'

/** What the options say of JSON and NDJSON sources. */
export function jsonSourceOf({ maxNesting, duplicateKeys }: JsonOptions): JsonSource {
  return { maxNesting, duplicateKeys }
}
