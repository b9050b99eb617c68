import { z } from 'zod'
import type { JsonOptions } from './json-options.ts'
import type { JsonSource } from './json-settings.ts'

/** The options of JSON and NDJSON sources, as both find them in the plan. */
export const jsonPlanSettings = {
  /** The shape of settings that come from a file: a frozen plan. */
  schema: z.strictObject({ maxNesting: z.number().int().nonnegative(), duplicateKeys: z.enum(['reject', 'last']) }),
  make: ({ maxNesting, duplicateKeys }: JsonOptions): JsonSource => ({ maxNesting, duplicateKeys }),
} as const
