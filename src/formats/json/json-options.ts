import { z } from 'zod'

/** The options of JSON and NDJSON sources. Only who checks options loads this: threads never load zod. */
export const jsonSourceOptions = {
  maxNesting: z.coerce.number().int().min(1).max(100_000).default(512),
  duplicateKeys: z.enum(['reject', 'last']).default('reject'),
}

/** After validation. */
export type JsonOptions = z.output<z.ZodObject<typeof jsonSourceOptions>>
