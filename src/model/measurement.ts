import { z } from 'zod'
import { BusyTimeSchema, StageTimesSchema } from './times.ts'

/** Shapes of what a run measured of itself, as they stand in its report. Times are nanoseconds unless the name says otherwise. */

const count = z.number().int().nonnegative()
/** A part of a whole, from 0 to 1. */
const share = z.number().min(0).max(1)

export const VERDICT_KINDS = [
  'cpu-bound',
  'io-bound-read',
  'io-bound-write',
  'sync-bound',
  'starved',
  'too-few-files',
  'mixed',
] as const

export type VerdictKind = (typeof VERDICT_KINDS)[number]

/** What bound a run or a file, with the evidence in one line and the advice that follows from it. */
export const VerdictSchema = z.object({
  kind: z.enum(VERDICT_KINDS),
  evidence: z.string(),
  advice: z.string(),
  /** Shares of the busy time of threads and, as waiting, of the time in which they stood still for commits. */
  shares: z.object({ onCpu: share, runQueue: share, waiting: share }),
})

export type Verdict = z.infer<typeof VerdictSchema>

/** One converted file. */
export const FileFiguresSchema = z.object({
  file: z.string(),
  thread: count,
  /** Milliseconds since the start of the run. */
  startMs: z.number(),
  endMs: z.number(),
  sourceBytes: count,
  targetBytes: count,
  records: count,
  rejected: count,
  attempt: count,
  stageNs: StageTimesSchema,
  busy: BusyTimeSchema,
  verdict: z.enum(VERDICT_KINDS),
})

export type FileFigures = z.infer<typeof FileFiguresSchema>

/** One thread of the pool over the whole run. */
export const ThreadFiguresSchema = z.object({
  thread: count,
  files: count,
  sourceBytes: count,
  busy: BusyTimeSchema,
})

export type ThreadFigures = z.infer<typeof ThreadFiguresSchema>

/** A moment of the run, some times a second. */
export const TimelinePointSchema = z.object({
  /** Milliseconds since the start of the run. */
  atMs: z.number(),
  /** Bytes of sources read until then. */
  readBytes: count,
  /** Threads that had work. */
  busyThreads: count,
  /** Shares of one CPU that the process used since the point before: 2 is two whole CPUs. */
  cpus: z.number().nonnegative(),
})

export type TimelinePoint = z.infer<typeof TimelinePointSchema>

/** What the system counted during the run; null where it does not tell. */
export const SystemFiguresSchema = z.object({
  /** CPUs that this process may use: affinity and control group. */
  cores: count,
  /** Quota of the control group, in CPUs. */
  cpuQuota: z.number().nullable(),
  /** Bytes that really came from and went to storage (/proc/self/io). */
  storage: z.object({ readBytes: count, writtenBytes: count }).nullable(),
  /** Milliseconds in which some task of the machine stalled (pressure stall information). */
  pressure: z.object({ cpuMs: z.number(), ioMs: z.number(), memoryMs: z.number() }).nullable(),
  /** Share of the machine's CPU time that its host took away. */
  stealShare: share.nullable(),
  peakMemoryBytes: count,
})

export type SystemFigures = z.infer<typeof SystemFiguresSchema>

/** A step of `--threads auto`. */
export const TuningStepSchema = z.object({
  atMs: z.number(),
  threads: count,
  megabytesPerSecond: z.number(),
  secondsPerGb: z.number(),
})

export const ThreadTuningSchema = z.object({
  steps: z.array(TuningStepSchema),
  /** The number of threads at the end. */
  chosen: count,
  /** Why it stayed there, in one line. */
  reason: z.string(),
})

export type ThreadTuning = z.infer<typeof ThreadTuningSchema>

export const MeasurementsSchema = z.object({
  /** Where CPU and waiting times come from: each thread's own figures, or those of the whole process. */
  source: z.enum(['thread-schedstat', 'process']),
  /** Null where nothing was converted. */
  verdict: VerdictSchema.nullable(),
  /** Of all threads together. */
  busy: BusyTimeSchema,
  threads: z.array(ThreadFiguresSchema),
  /** What one more thread would bring by the model: predicted speed over the speed of this run. Null where it cannot be told. */
  oneMoreThread: z.object({ threads: count, gain: z.number(), reason: z.string() }).nullable(),
  /** The time that merely reading the sources and writing the targets takes, and the run's time as a multiple of it. */
  copyFloor: z.object({ seconds: z.number(), ratio: z.number() }).nullable(),
  /** The files that took longest, and those that took longest for their size. */
  slowestFiles: z.array(FileFiguresSchema),
  costliestFiles: z.array(FileFiguresSchema),
  /** Every file up to a limit; the largest ones beyond it. */
  files: z.array(FileFiguresSchema),
  /** Files that `files` leaves out. */
  filesLeftOut: count,
  timeline: z.array(TimelinePointSchema),
  system: SystemFiguresSchema,
  /** Null where the number of threads was given. */
  tuning: ThreadTuningSchema.nullable(),
})

export type Measurements = z.infer<typeof MeasurementsSchema>
