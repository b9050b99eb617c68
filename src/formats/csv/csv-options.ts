import { z } from 'zod'
import { CSV_DEFAULTS } from './csv-defaults.ts'

// The options of delimited files. Only who checks options loads this: threads never load zod.

const oneByte = (what: string) =>
  z.string().refine((text) => /^[\0-\x7f]$/.test(text), { error: `${what} must be one ASCII character` })

const oneByteOrNone = (what: string) =>
  z.string().refine((text) => text === 'none' || /^[\0-\x7f]$/.test(text), {
    error: `${what} must be one ASCII character, or "none"`,
  })

/** How sources are written. */
export const delimitedSourceOptions = {
  delim: oneByte('a delimiter').default(CSV_DEFAULTS.delim),
  quote: oneByteOrNone('a quote').default(CSV_DEFAULTS.quote),
  escape: oneByteOrNone('an escape character').optional(),
  comment: oneByteOrNone('a comment character').default(CSV_DEFAULTS.comment),
  header: z.boolean().default(CSV_DEFAULTS.header),
  nullstr: z.string().optional(),
  skip: z.coerce.number().int().nonnegative().default(CSV_DEFAULTS.skip),
  quotes: z.enum(['lenient', 'rfc']).default(CSV_DEFAULTS.quotes),
  trimAroundQuotes: z.boolean().default(false),
  ragged: z.enum(['reject', 'pad', 'truncate']).default(CSV_DEFAULTS.ragged),
  duplicateColumns: z.enum(['fail', 'rename']).default(CSV_DEFAULTS.duplicateColumns),
  unterminatedQuote: z.enum(['fail', 'reject']).default(CSV_DEFAULTS.unterminatedQuote),
}

/** How targets are written. */
export const delimitedTargetOptions = {
  outDelim: oneByte('a delimiter').default(CSV_DEFAULTS.outDelim),
  outQuote: oneByteOrNone('a quote').default(CSV_DEFAULTS.outQuote),
  outHeader: z.boolean().default(CSV_DEFAULTS.outHeader),
  outCrlf: z.boolean().default(false),
  nested: z.enum(['json', 'flatten']).default(CSV_DEFAULTS.nested),
}

/** After validation. */
export type DelimitedOptions = z.output<z.ZodObject<typeof delimitedSourceOptions & typeof delimitedTargetOptions>>
