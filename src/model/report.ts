import { z } from 'zod'
import { isFormatName, type FormatName } from './format-name.ts'
import { MeasurementsSchema, VERDICT_KINDS } from './measurement.ts'
import { MergedShardsSchema, ShardReportSchema } from './shard.ts'
import { NoticeCountsSchema, RecordCountsSchema, UnseenColumnSchema, WireErrorSchema } from './task-result.ts'
import { StageTimesSchema } from './times.ts'

/** The report of a run: what the summary prints and `--report FILE.json` holds. */

const count = z.number().int().nonnegative()

/** One node of a cluster, over the files that it committed. */
export const NodeFiguresSchema = z.object({
  name: z.string(),
  host: z.string(),
  threads: count,
  cores: count,
  cpu: z.string().nullable().default(null),
  files: count,
  sourceBytes: count,
  /** From its first file to its last one. */
  busyMs: z.number(),
  megabytesPerSecond: z.number(),
  secondsPerGb: z.number().nullable(),
  verdict: z.enum(VERDICT_KINDS).nullable(),
})

export type NodeFigures = z.infer<typeof NodeFiguresSchema>

const ClusterFiguresSchema = z.object({
  backEnd: z.enum(['redis', 'postgres']),
  shards: count,
  /** Attempts at the plan that this run made or joined: more than one where committed targets were lost. */
  generations: count,
  nodes: z.array(NodeFiguresSchema),
  /** Bytes of the node with the most over those of the mean node; null with less than two nodes. */
  imbalance: z.number().nullable(),
  /** Whether more nodes would help, in one line. */
  advice: z.string(),
})

export type ClusterFigures = z.infer<typeof ClusterFiguresSchema>

const SkippedSchema = z.object({ count, examples: z.array(z.string()).readonly() })

export const ReportSchema = z.object({
  /** Raised when a field changes its meaning or goes away. */
  reportVersion: z.literal(1),
  droverVersion: z.string(),
  runId: z.string(),
  /** When the run began, in UTC (ISO 8601); null in reports of a Drover that did not tell. */
  startedAt: z.iso.datetime().nullable().default(null),
  /** The model of the CPUs; of several machines, each model once. Null where the system does not tell. */
  cpu: z.string().nullable().default(null),
  sourceRoot: z.string(),
  targetRoot: z.string(),
  targetFormat: z.custom<FormatName>(isFormatName),
  /** True where `--to` was not given. */
  isTargetFormatDefault: z.boolean(),
  engine: z.enum(['kernel', 'reference', 'stream']),
  threads: count,
  isDurable: z.boolean(),
  planHash: z.string(),
  manifestHash: z.string(),
  /** Merkle root over path, size and hash of all targets; null where some targets are missing, and for a shard. */
  treeHash: z.string().nullable(),
  /** Null but for one shard of several. */
  shard: ShardReportSchema.nullable().default(null),
  /** Null but where the reports of all shards were merged. */
  merged: MergedShardsSchema.nullable().default(null),
  files: z.object({
    /** Sources of the plan and entries that could not even be listed. */
    total: count,
    /** Converted by this run. */
    converted: count,
    /** Proved done by the journals of earlier runs. */
    alreadyDone: count,
    failed: count,
    /** Left because the run was stopped or halted. */
    notStarted: count,
  }),
  /** Files of this run that were given to several threads at once. */
  splitFiles: count,
  skipped: z.object({ unknownFormat: SkippedSchema, links: SkippedSchema, special: SkippedSchema, filteredOut: count }),
  /** Of the files converted by this run. */
  records: RecordCountsSchema,
  notices: NoticeCountsSchema,
  rejectCodes: z.record(z.string(), count),
  /** Columns that `--select`, `--drop` or the mapping names and that no record has; null: no record was read. */
  unseenColumns: z.array(UnseenColumnSchema).nullable().default(null),
  /** Files with rejects and their rejects, those of earlier runs that still stand included. */
  standingRejects: z.object({ files: count, records: count }),
  /** Folder of the rejects files. */
  rejectsFolder: z.string(),
  sourceBytes: count,
  targetBytes: count,
  /** Milliseconds: wall time, and CPU time of the process's threads in user and in system mode. */
  time: z.object({ realMs: z.number(), userMs: z.number(), systemMs: z.number() }),
  /** Null where nothing was converted. Rates count bytes of sources; 1 MB = 10^6 bytes, 1 GB = 10^9 bytes. */
  rates: z
    .object({
      megabytesPerSecond: z.number(),
      recordsPerSecond: z.number(),
      secondsPerGb: z.number(),
      minutesPerGb: z.number(),
    })
    .nullable(),
  /** Nanoseconds of wall time of all threads, by stage. */
  stageNs: StageTimesSchema,
  /** What bound the run; null where nothing was converted. */
  measured: MeasurementsSchema.nullable(),
  /** Of a run on a cluster, else null. */
  cluster: ClusterFiguresSchema.nullable().default(null),
  failures: z.array(WireErrorSchema),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  orphans: z.object({ count, examples: z.array(z.string()), arePruned: z.boolean() }),
  stopped: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP', 'abort', 'halt', 'fatal']).nullable(),
})

export type Report = z.infer<typeof ReportSchema>

/** What would happen: the result of `plan`. Files are given one at a time, since there may be millions of them. */
export interface PlanReport {
  readonly sourceRoot: string
  readonly targetRoot: string
  readonly targetFormat: FormatName
  readonly isTargetFormatDefault: boolean
  readonly engine: 'kernel' | 'reference' | 'stream'
  readonly threads: number
  readonly planHash: string
  readonly manifestHash: string
  /** Which part of the tree the files are; null: all of it. */
  readonly shard: {
    readonly index: number
    readonly count: number
    readonly treeFiles: number
    readonly treeBytes: number
  } | null
  readonly files: Iterable<PlannedFile>
  readonly fileCount: number
  readonly toConvert: number
  readonly alreadyDone: number
  readonly sourceBytes: number
  /** Bytes of the files that would be converted. */
  readonly bytesToConvert: number
  readonly failures: readonly z.infer<typeof WireErrorSchema>[]
  readonly skipped: Report['skipped']
  readonly warnings: Report['warnings']
  /** Targets whose sources are gone: with `--prune` all that it would remove, else the first ten. */
  readonly orphans: { readonly count: number; readonly examples: readonly string[]; readonly wouldBePruned: boolean }
  /** From a measured sample; null where there is nothing to measure. */
  readonly prediction: {
    readonly seconds: number
    readonly targetBytes: number
    readonly megabytesPerSecond: number
  } | null
}

export interface PlannedFile {
  readonly source: string
  readonly target: string
  readonly format: FormatName | 'bytes'
  readonly sizeBytes: number
  /** Which engine and which tier of it the file takes. */
  readonly tier: string
  /** `done`, or why the file would be converted. */
  readonly reason: string
}
