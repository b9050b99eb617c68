import { z } from 'zod'
import { FileSpansSchema } from './file-spans.ts'
import { BusyTimeSchema, StageTimesSchema } from './times.ts'

/** Shapes of what comes back from a worker thread. Everything that crosses is checked against them. */

const count = z.number().int().nonnegative()

export const WireErrorSchema = z.object({
  code: z.string(),
  phase: z.enum(['options', 'discover', 'plan', 'lock', 'read', 'parse', 'map', 'encode', 'write', 'commit', 'worker']),
  message: z.string(),
  hint: z.string().optional(),
  position: z.object({
    file: z.string().optional(),
    record: count.optional(),
    line: count.optional(),
    byte: count.optional(),
  }),
  isRetryable: z.boolean(),
})

/** Records of one file: `read` is always `written + rejected + filtered`. */
export const RecordCountsSchema = z.object({ read: count, written: count, rejected: count, filtered: count })

export type RecordCounts = z.infer<typeof RecordCountsSchema>

/** What was passed over in a file, and what was read leniently. */
export const NoticeCountsSchema = z.object({
  blankLines: count,
  commentLines: count,
  skippedLines: count,
  quotesInUnquotedFields: count,
  renamedColumns: count,
  /** Records that were too short and got empty fields. Reports of earlier versions do not count them. */
  paddedRecords: count.default(0),
  /** Records that were too long and lost fields. */
  truncatedRecords: count.default(0),
})

export type NoticeCounts = z.infer<typeof NoticeCountsSchema>

/** A column that the user named and that did not occur, with the name that was probably meant. */
export const UnseenColumnSchema = z.object({ name: z.string(), nearest: z.string().nullable() })

export type UnseenColumn = z.infer<typeof UnseenColumnSchema>

/** Size and CRC-32 of a file. */
export const FileSumSchema = z.object({ sizeBytes: count, hash: count })

export type FileSum = z.infer<typeof FileSumSchema>

/** When and how a thread was busy with a file. */
const busyTimes = {
  /** When the file was begun, on the monotonic clock that all threads share (`process.hrtime`). */
  startNs: z.number().nonnegative(),
  /** Wall time of the whole file in its worker. */
  durationNs: z.number().nonnegative(),
  /**
   * What the thread did since its last slice, this file being the last one in it. Only where its figures were read after this file:
   * a read costs some microseconds, so several small files share one.
   */
  slice: BusyTimeSchema.optional(),
  /** Only with `--trace`. */
  spans: FileSpansSchema.optional(),
}

const fileTimes = { stageNs: StageTimesSchema, ...busyTimes }

const ConvertedFileSchema = z.object({
  index: count,
  isConverted: z.literal(true),
  sourceBytes: count,
  targetBytes: count,
  /** CRC-32 of the target's bytes: combinable over splits. */
  targetHash: count,
  /** CRC-32 of the source's bytes; only with `--checksum`. */
  sourceHash: count.nullable(),
  /** True where a staged rejects file was made. */
  hasRejects: z.boolean(),
  /** Of the rejects file, where there is one. */
  rejects: FileSumSchema.exactOptional(),
  rejectCodes: z.record(z.string(), count),
  records: RecordCountsSchema,
  notices: NoticeCountsSchema,
  /** What its rejects probably come from, and what to try. */
  advice: z.string().optional(),
  /** Named columns that no record of it has; none where it is not there. */
  unseenColumns: z.array(UnseenColumnSchema).optional(),
  ...fileTimes,
})

const FailedFileSchema = z.object({
  index: count,
  isConverted: z.literal(false),
  error: WireErrorSchema,
  ...fileTimes,
})

export const FileResultSchema = z.discriminatedUnion('isConverted', [ConvertedFileSchema, FailedFileSchema])

export type ConvertedFile = z.infer<typeof ConvertedFileSchema>
export type FailedFile = z.infer<typeof FailedFileSchema>
export type FileResult = ConvertedFile | FailedFile

/** A thread has helped with a file that another one leads. The error is null, or what cost the file. */
const HelpResultSchema = z.object({
  kind: z.literal('help'),
  index: count,
  error: WireErrorSchema.nullable(),
  threadNumber: count,
  ...busyTimes,
})

export type HelpResult = z.infer<typeof HelpResultSchema>

/** The answer to a task, by its kind. */
export const TaskResultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('convert'), files: z.array(FileResultSchema), threadNumber: count }),
  HelpResultSchema,
  z.object({
    kind: z.literal('sample'),
    sourceBytes: count,
    targetBytes: count,
    durationNs: z.number().nonnegative(),
  }),
  /** `thread` names the profile; null: the thread had none. */
  z.object({ kind: z.literal('profile'), thread: z.string().nullable() }),
  z.object({ kind: z.literal('hash'), hashes: z.array(count.nullable()) }),
])

export type TaskResult = z.infer<typeof TaskResultSchema>
