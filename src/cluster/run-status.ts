import { z } from 'zod'
import { VerdictSchema } from '../model/measurement.ts'
import { NodeFiguresSchema } from '../model/report.ts'
import { RecordCountsSchema } from '../model/task-result.ts'

/** What a coordinator tells of its run, once a second, in the register of the queue. Counts are of files that are settled: journalled. */

const count = z.number().int().nonnegative()

/** What the files that are settled tell of the run, before its end. */
const RunFindingsSchema = z.object({
  verdict: VerdictSchema.nullable(),
  /** Whether more nodes would help, in one line. */
  advice: z.string(),
  /** What each node has committed. */
  nodes: z.array(NodeFiguresSchema),
})

export type RunFindings = z.infer<typeof RunFindingsSchema>

export const RunStatusSchema = z.object({
  /** The run that this coordinator began; its report is named after the last generation. */
  runId: z.string(),
  /** The attempt at the plan that nodes work for; null before the first. */
  generation: z.string().nullable(),
  /** Relative to `--root`. */
  sourceRoot: z.string(),
  targetRoot: z.string(),
  coordinator: z.object({ host: z.string(), pid: count, version: z.string().max(100) }),
  /** `settling`: all files have ended, what is left staged is removed. */
  state: z.enum(['converting', 'settling', 'ended']),
  /** Why it ended before its end; null: it did not. */
  stopped: z.string().nullable(),
  startedAtMs: z.number(),
  /** Its last sign of life; for a run that has ended, its end. Milliseconds since 1970 by its own clock. */
  atMs: z.number(),
  /** Files to convert; shards of the plan that nodes work for. */
  total: z.object({ files: count, bytes: count, shards: count }),
  alreadyDoneFiles: count,
  settled: z.object({ files: count, bytes: count, shards: count }),
  records: RecordCountsSchema,
  rejectCodes: z.record(z.string(), count),
  failuresByCode: z.record(z.string(), count),
  /** Null before the first settled file. */
  findings: RunFindingsSchema.nullable().default(null),
})

export type RunStatus = z.infer<typeof RunStatusSchema>
