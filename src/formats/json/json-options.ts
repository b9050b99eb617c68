import { z } from 'zod'
import { JSON_DEFAULTS } from './json-defaults.ts'

/** The options of JSON and NDJSON sources. Only who checks options loads this: threads never load zod. */
export const jsonSourceOptions = {
  maxNesting: z.coerce.number().int().min(1).max(100_000).default(JSON_DEFAULTS.maxNesting),
  duplicateKeys: z.enum(['reject', 'last']).default(JSON_DEFAULTS.duplicateKeys),
}

/** After validation. */
export type JsonOptions = z.output<z.ZodObject<typeof jsonSourceOptions>>
