import { mkdirSync } from 'node:fs'
import { availableParallelism, loadavg, release, totalmem, type } from 'node:os'
import { join, resolve } from 'node:path'
import { plan } from '../control/plan/plan-run.ts'
import { MigrationError } from '../errors/migration-error.ts'
import type { BenchKindResult, BenchPoint, BenchReport, BenchSample, Ladder } from '../model/bench-report.ts'
import type { MigrateOptions } from '../options/options.ts'
import type { PlanReport } from '../model/report.ts'
import { readCpuModel } from '../report/cpu-model.ts'
import { readDroverVersion } from '../report/drover-version.ts'
import { resolveThreadCount } from '../schedule/thread-count.ts'
import type { Bench, BenchHooks, BenchRequest } from './bench.ts'
import { arrangeConditions, paceOptions, type Conditions } from './conditions.ts'
import { summarizeCost } from './costs.ts'
import { FEWEST_POINTS, fitScaling } from './fit-scaling.ts'
import { climbLadder, countLadderRuns } from './ladder.ts'
import { stopped } from './measure-process.ts'
import { requireSame, runWork, type WorkResult } from './run-work.ts'
import { Scratch } from './scratch.ts'

/**
 * The same work at several numbers of threads, for CPU-bound and I/O-bound runs, interleaved. Targets are compared and removed.
 * @throws MigrationError for options that a run refuses, BENCH_RUN_FAILED, RESULTS_DIFFER, STOPPED.
 */
export async function runBench(request: BenchRequest, hooks: BenchHooks): Promise<BenchReport> {
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  const scratch = new Scratch()
  try {
    const planned = await planWork(request, scratch, hooks.signal)
    const files = [...planned.files]
    const bench: Bench = { request, hooks, planned, files, tick: countRuns(request, hooks) }
    const conditions = await arrangeConditions(
      {
        ...request,
        sourcePaths: files.map(({ source }) => resolve(planned.sourceRoot, source)),
        // Without a sample (an engine that is not sampled, files that cannot be), as much as JSON usually makes of CSV.
        targetBytes: planned.prediction?.targetBytes ?? planned.sourceBytes * 3,
        signal: hooks.signal,
      },
      scratch,
    )
    const results = await sweepThreads(bench, conditions)
    const first = results[0]?.points[0]?.results[0]
    if (first === undefined) throw new Error('a benchmark without a run')
    const kinds = results.map(describeKind)
    const ladders: Ladder[] = []
    if (request.hasLadder) {
      for (const [index, condition] of conditions.entries()) {
        ladders.push(await climbLadder(bench, condition, bestThreads(kinds[index]), first.treeHash, scratch))
      }
    }
    return {
      benchVersion: 1,
      droverVersion: readDroverVersion(),
      startedAt,
      machine,
      work: {
        sourceRoot: planned.sourceRoot,
        files: planned.fileCount,
        sourceBytes: planned.sourceBytes,
        targetBytes: first.targetBytes,
        targetFormat: planned.targetFormat,
        engine: planned.engine,
        isDurable: request.options.fsync ?? true,
        planHash: planned.planHash,
        manifestHash: planned.manifestHash,
        treeHash: first.treeHash,
      },
      runs: request.runs,
      warmup: request.warmup,
      kinds,
      ladders,
      baseline: null,
    }
  } finally {
    scratch.remove()
  }
}

/** Finds wrong options and missing sources before any process is started. */
async function planWork(request: BenchRequest, scratch: Scratch, signal: AbortSignal): Promise<PlanReport> {
  const folder = join(scratch.open(request.out).path, 'plan')
  mkdirSync(folder)
  const options: MigrateOptions = { ...request.options, out: `${folder}/`, threads: 1 }
  const planned = await plan(options, { signal })
  if (signal.aborted) throw stopped()
  if (planned.sourceBytes > 0) return planned
  throw new MigrationError('EMPTY_SOURCE', 'the source holds nothing to convert, so there is nothing to measure', {
    phase: 'plan',
    hint: 'check --in, the filters and the extensions',
  })
}

function countRuns(request: BenchRequest, hooks: BenchHooks): (text: string) => void {
  const sweep = 2 * (request.runs + request.warmup) * request.threads.length
  const total = sweep + (request.hasLadder ? 2 * countLadderRuns(request.runs) : 0)
  let done = 0
  return (text) => hooks.onRun(++done, total, text)
}

interface KindRuns {
  readonly conditions: Conditions
  readonly points: readonly { readonly label: string; readonly results: WorkResult[] }[]
}

/** A B C A B C: what slows the machine down for a while then meets all of them alike. */
async function sweepThreads(bench: Bench, conditions: readonly Conditions[]): Promise<KindRuns[]> {
  const { runs, warmup, threads, options, program } = bench.request
  const kinds = conditions.map((condition) => ({
    conditions: condition,
    points: threads.map((label) => ({ label, results: [] as WorkResult[] })),
  }))
  let treeHash: string | null = null
  for (let round = -warmup; round < runs; round++) {
    for (const { conditions: condition, points } of kinds) {
      for (const { label, results } of points) {
        await condition.prepare()
        const work = { ...options, ...paceOptions(condition.pacing), threads: label }
        const result = await runWork(program, [work], condition.folder, bench.hooks.signal)
        const name = `${condition.kind}, ${label} ${label === '1' ? 'thread' : 'threads'}`
        requireSame(treeHash, result.treeHash, name)
        treeHash = result.treeHash
        if (round >= 0) results.push(result)
        bench.tick(`${name}: ${result.sample.wallSeconds.toFixed(2)} s${round < 0 ? ' (warm-up)' : ''}`)
      }
    }
  }
  return kinds
}

function describeKind({ conditions, points }: KindRuns): BenchKindResult {
  const described = points.map(({ label, results }) => describePoint(label, results))
  const best = described.reduce((a, b) => (b.wall.median < a.wall.median ? b : a))
  const fixed = described.flatMap(({ threads, megabytesPerSecond }) =>
    threads === null ? [] : [{ threads, throughput: megabytesPerSecond }],
  )
  const model = fitScaling(fixed)
  return {
    kind: conditions.kind,
    conditions: [...conditions.sentences],
    pacing: conditions.pacing,
    isCold: conditions.isCold,
    points: described,
    best: best.label,
    model,
    modelNote: model
      ? 'Universal Scalability Law through the medians, by least squares of the relative errors.'
      : `No model is fitted to fewer than ${FEWEST_POINTS} numbers of threads.`,
  }
}

function describePoint(label: string, results: readonly WorkResult[]): BenchPoint {
  const samples: BenchSample[] = results.map(({ sample }) => sample)
  return {
    label,
    threads: label === 'auto' ? null : resolveThreadCount(label),
    verdict: mostCommon(results.flatMap(({ verdict }) => (verdict ? [verdict.kind] : []))),
    ...summarizeCost(samples, results[0]?.sourceBytes ?? 0),
  }
}

function mostCommon<Value>(values: readonly Value[]): Value | null {
  const counts = new Map<Value, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null
}

/** How many threads, or processes, the ladder sets side by side: more than one, or it would tell nothing. */
function bestThreads(kind: BenchKindResult | undefined): number {
  const threads = kind?.points.find(({ label }) => label === kind.best)?.threads
  return Math.max(2, threads ?? availableParallelism())
}

function describeMachine(): BenchReport['machine'] {
  return {
    cpu: readCpuModel() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${type()} ${release()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
  }
}
