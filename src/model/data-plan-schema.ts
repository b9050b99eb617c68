import { z } from 'zod'
import type { DataPlan } from './data-plan.ts'
import { isFormatName, type FormatName } from './format-name.ts'

/** The shape of a data plan that comes from a file: a node of a cluster runs nothing that was not looked at. It changes with DataPlan. */

const count = z.number().int().nonnegative()

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
  /** What is in them, only formats know (src/options/format-settings.ts). */
  formats: z.record(z.string(), z.record(z.string(), z.unknown())),
  targetFormat: z.custom<FormatName>(isFormatName),
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
