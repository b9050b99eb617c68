import { z } from 'zod'
import { VERDICT_KINDS } from './measurement.ts'

/** What `migrate bench` measured: what it prints and `--export-json` holds. Rates count bytes of sources; 1 MB = 10^6 bytes, 1 GB = 10^9. */

const count = z.number().int().nonnegative()
const seconds = z.number().nonnegative()

/** `cpu-bound`: nothing waits for storage. `io-bound`: storage is slow. */
export const BENCH_KINDS = ['cpu-bound', 'io-bound'] as const

export type BenchKind = (typeof BENCH_KINDS)[number]

/** One run: a process of its own, from its start to its end. */
const SampleSchema = z.object({
  wallSeconds: seconds,
  userSeconds: seconds,
  systemSeconds: seconds,
  /** Largest resident size; of several processes, the sum. */
  peakBytes: count,
})

export type BenchSample = z.infer<typeof SampleSchema>

const CostSchema = z.object({
  samples: z.array(SampleSchema).min(1),
  wall: z.object({
    median: seconds,
    mean: seconds,
    standardDeviation: seconds,
    min: seconds,
    max: seconds,
  }),
  /** Medians. */
  userSeconds: seconds,
  systemSeconds: seconds,
  /** The largest of all runs. */
  peakBytes: count,
  /** By the median of the wall time. */
  megabytesPerSecond: z.number(),
  secondsPerGb: z.number(),
  minutesPerGb: z.number(),
  /** Outliers and noise, in words. */
  warnings: z.array(z.string()),
})

export type BenchCost = z.infer<typeof CostSchema>

/** What one number of threads cost. */
const PointSchema = CostSchema.extend({
  /** As the user gave it: `8`, `50%`, `auto`. */
  label: z.string(),
  /** Null for `auto`, which changes them while it runs. */
  threads: count.nullable(),
  /** What most runs said bound them; null where none told. */
  verdict: z.enum(VERDICT_KINDS).nullable(),
})

export type BenchPoint = z.infer<typeof PointSchema>

const ModelSchema = z.object({
  lambda: z.number(),
  sigma: z.number(),
  kappa: z.number(),
  errorShare: z.number(),
  largestErrorShare: z.number(),
  bestThreads: count.nullable(),
  gain: z.number().nullable(),
})

const KindSchema = z.object({
  kind: z.enum(BENCH_KINDS),
  /** Cache, pace and place of the targets, one sentence each. */
  conditions: z.array(z.string()),
  pacing: z.object({ bytesPerSecond: z.number().nullable(), latencyMs: z.number() }).nullable(),
  isCold: z.boolean(),
  points: z.array(PointSchema),
  /** The label of the point with the best median. */
  best: z.string(),
  /** The Universal Scalability Law through the points, in MB/s; null: `modelNote` says why. */
  model: ModelSchema.nullable(),
  modelNote: z.string(),
})

export type BenchKindResult = z.infer<typeof KindSchema>

const LadderStepSchema = z.object({
  name: z.string(),
  /** Threads or processes side by side. */
  workers: count,
  cost: CostSchema,
  /** Bytes of sources that the step converted. */
  sourceBytes: count,
  /** Seconds per gigabyte of the step before, over those of this one. */
  factor: z.number().nullable(),
  /** The same, against the first step. */
  factorOverFirst: z.number().nullable(),
  note: z.string(),
})

export type LadderStep = z.infer<typeof LadderStepSchema>

const LadderSchema = z.object({ kind: z.enum(BENCH_KINDS), steps: z.array(LadderStepSchema) })

export type Ladder = z.infer<typeof LadderSchema>

const BaselineSchema = z.object({
  file: z.string(),
  /** The rule that was applied, in words. */
  rule: z.string(),
  /** Why the comparison may not be fair: another machine, say. */
  warnings: z.array(z.string()),
  rows: z.array(
    z.object({
      kind: z.enum(BENCH_KINDS),
      label: z.string(),
      secondsPerGbBefore: z.number(),
      secondsPerGb: z.number(),
      /** Time now over time then: 1.1 is 10 % slower. */
      ratio: z.number(),
      noiseShare: z.number(),
      outcome: z.enum(['faster', 'same', 'slower']),
    }),
  ),
})

export type BaselineComparison = z.infer<typeof BaselineSchema>

export const BenchReportSchema = z.object({
  /** Raised when a field changes its meaning or goes away. */
  benchVersion: z.literal(1),
  droverVersion: z.string(),
  startedAt: z.string(),
  machine: z.object({
    cpu: z.string(),
    cores: count,
    memoryBytes: count,
    platform: z.string(),
    node: z.string(),
    /** Load of the last minute, at the start. */
    load: z.number(),
  }),
  work: z.object({
    sourceRoot: z.string(),
    files: count,
    sourceBytes: count,
    targetBytes: count,
    targetFormat: z.string(),
    engine: z.string(),
    isDurable: z.boolean(),
    planHash: z.string(),
    manifestHash: z.string(),
    /** The same for all runs. */
    treeHash: z.string(),
  }),
  runs: count,
  warmup: count,
  kinds: z.array(KindSchema),
  ladders: z.array(LadderSchema),
  baseline: BaselineSchema.nullable(),
})

export type BenchReport = z.infer<typeof BenchReportSchema>
