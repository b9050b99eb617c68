import { z } from 'zod'
import { PathInsideSchema, TargetInsideSchema } from './paths/path-schemas.ts'
import { RecordCountsSchema } from './task-result.ts'
import { StageTimesSchema } from './times.ts'

const count = z.number().int().nonnegative()
const crc32Hex = z.string().regex(/^[0-9a-f]{8}$/)

/**
 * One commit as the journal records it: proof that a target was made, and from what. Paths are relative, `/` between parts. Old journals must
 * still be read, so a new field is optional. If you change it, also change who makes entries (make-journal-entry.ts, record-sums.ts, settle-shard.ts).
 */
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
  /** Size and CRC-32 of the rejects file. Journals of older versions do not tell, and a file without rejects has none. */
  rejects: z.object({ sizeBytes: count, hash: crc32Hex }).exactOptional(),
  records: RecordCountsSchema,
  /** `sync` includes the file's share of what its commit group waited for before the journal was written. */
  stageNs: StageTimesSchema,
  host: z.string(),
  /** Counts from 1. */
  attempt: count,
})

export type JournalEntry = z.infer<typeof JournalEntrySchema>

/** A source tree as a journal names it, so that a later run can tell whether it looks at the same one. */
export const SourceTreeSchema = z.object({
  /** Absolute real path. */
  root: z.string(),
  /** Inode and time of birth of the root: they stay when it is moved. Null where the file system does not tell. */
  identity: z.string().nullable(),
  /** Mount points in it, relative to the root: what lies below one that is not mounted any more, or was not mounted then, is not gone. */
  mounts: z.array(z.string()),
  /** Of each of them the identity of what is mounted; null: not known; SEVERAL: not the same all the time. Missing in older journals. */
  mounted: z.array(z.string().nullable()).optional(),
})

/** Stands for what was mounted at some of the time only, or was more than one: no mount is the same. */
export const SEVERAL = 'several'

export type SourceTree = z.infer<typeof SourceTreeSchema>

/** What is mounted at a point of a source tree; undefined: nothing; null: something that cannot be told from others. */
export function mountedAt({ mounts, mounted }: SourceTree, mount: string): string | null | undefined {
  const index = mounts.indexOf(mount)
  return index < 0 ? undefined : (mounted?.[index] ?? null)
}

/** The first line of a journal. Null stands for a source tree that an older version did not write down. */
export const JournalHeaderSchema = z.object({
  version: z.literal(2),
  sourceTrees: z.array(SourceTreeSchema.nullable()),
})

export type JournalHeader = z.infer<typeof JournalHeaderSchema>

/** The last line of a journal: without it, the end may be missing. */
export const JournalEndSchema = z.object({ entries: count })

/** A commit in a compacted journal, with what the name and the header of its first journal said. */
export const CompactedEntrySchema = JournalEntrySchema.extend({
  run: z.string(),
  /** Its place in `sourceTrees` of the header. */
  tree: count,
})
