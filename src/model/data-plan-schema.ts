import { z } from 'zod'
import type { DataPlan } from './data-plan.ts'
import { isFormatName, type FormatName } from './format-name.ts'

/** The shape of a data plan that comes from a file: a node of a cluster runs nothing that was not looked at. It changes with DataPlan. */

const count = z.number().int().nonnegative()
const byte = z.number().int().min(-1).max(127)

const MappedColumnSchema = z.strictObject({
  name: z.string(),
  source: z.string(),
  type: z.enum(['string', 'integer', 'number', 'boolean', 'json']).nullable(),
  emptyIsNull: z.boolean(),
  isRequired: z.boolean(),
})

export const DataPlanSchema: z.ZodType<DataPlan> = z.strictObject({
  engine: z.enum(['kernel', 'reference', 'stream']),
  encoding: z.string(),
  delimitedSource: z.strictObject({
    delimiter: byte,
    quote: byte,
    escape: byte,
    comment: byte,
    hasHeader: z.boolean(),
    nullText: z.string().nullable(),
    skipLines: count,
    quotes: z.enum(['lenient', 'rfc']),
    trimAroundQuotes: z.boolean(),
    ragged: z.enum(['reject', 'pad', 'truncate']),
    duplicateColumns: z.enum(['fail', 'rename']),
    unterminatedQuote: z.enum(['fail', 'reject']),
  }),
  jsonSource: z.strictObject({ maxNesting: count, duplicateKeys: z.enum(['reject', 'last']) }),
  targetFormat: z.custom<FormatName>(isFormatName),
  delimitedTarget: z.strictObject({
    delimiter: byte,
    quote: byte,
    hasHeader: z.boolean(),
    lineEnd: z.enum(['lf', 'crlf']),
    nullText: z.string().nullable(),
    nested: z.enum(['json', 'flatten']),
  }),
  select: z.array(z.strictObject({ name: z.string(), source: z.string() })).nullable(),
  drop: z.array(z.string()),
  columns: z.array(MappedColumnSchema),
  maxRecordBytes: count,
  maxExpansion: z.number().positive().nullable(),
  maxRejects: z.union([z.strictObject({ count: z.number() }), z.strictObject({ share: z.number() })]).nullable(),
  chunkBytes: count,
  splitBytes: count,
  hashSources: z.boolean(),
  pacing: z.custom<DataPlan['pacing']>((value) => value === null || typeof value === 'object'),
})
