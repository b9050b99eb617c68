import { z } from 'zod'
import { PathInsideSchema, TargetInsideSchema } from './path-schemas.ts'
import { RecordCountsSchema } from './task-result.ts'
import { StageTimesSchema } from './times.ts'

const count = z.number().int().nonnegative()
const crc32Hex = z.string().regex(/^[0-9a-f]{8}$/)

/** One commit as the journal records it: proof that a target was made, and from what. Paths are relative, `/` between parts. */
export const JournalEntrySchema = z.object({
  source: PathInsideSchema,
  sizeBytes: count,
  /** As a string: nanoseconds since 1970 do not fit a JSON number. */
  mtimeNs: z.string().regex(/^-?\d+$/),
  /** CRC-32 of the source, eight hex digits; only with `--checksum`. */
  sourceHash: crc32Hex.nullable(),
  /** Hash of everything in the plan that concerns this file. */
  filePlanHash: z.string(),
  target: TargetInsideSchema,
  targetBytes: count,
  targetHash: crc32Hex,
  hasRejects: z.boolean(),
  records: RecordCountsSchema,
  /** `sync` includes the file's share of what its commit group waited for before the journal was written. */
  stageNs: StageTimesSchema,
  host: z.string(),
  /** Counts from 1. */
  attempt: count,
})

export type JournalEntry = z.infer<typeof JournalEntrySchema>
