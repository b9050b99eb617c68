import { z } from 'zod'

// The options of delimited files. Only who checks options loads this: threads never load zod.

const oneByte = (what: string) =>
  z.string().refine((text) => /^[\0-\x7f]$/.test(text), { error: `${what} must be one ASCII character` })

const oneByteOrNone = (what: string) =>
  z.string().refine((text) => text === 'none' || /^[\0-\x7f]$/.test(text), {
    error: `${what} must be one ASCII character, or "none"`,
  })

/** How sources are written. */
export const delimitedSourceOptions = {
  delim: oneByte('a delimiter').default(','),
  quote: oneByteOrNone('a quote').default('"'),
  escape: oneByteOrNone('an escape character').optional(),
  comment: oneByteOrNone('a comment character').default('none'),
  header: z.boolean().default(true),
  nullstr: z.string().optional(),
  skip: z.coerce.number().int().nonnegative().default(0),
  quotes: z.enum(['lenient', 'rfc']).default('lenient'),
  trimAroundQuotes: z.boolean().default(false),
  ragged: z.enum(['reject', 'pad', 'truncate']).default('reject'),
  duplicateColumns: z.enum(['fail', 'rename']).default('fail'),
  unterminatedQuote: z.enum(['fail', 'reject']).default('fail'),
}

/** How targets are written. */
export const delimitedTargetOptions = {
  outDelim: oneByte('a delimiter').default(','),
  outQuote: oneByteOrNone('a quote').default('"'),
  outHeader: z.boolean().default(true),
  outCrlf: z.boolean().default(false),
  nested: z.enum(['json', 'flatten']).default('json'),
}

/** After validation. */
export type DelimitedOptions = z.output<z.ZodObject<typeof delimitedSourceOptions & typeof delimitedTargetOptions>>
