import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Ladder, LadderStep } from '../model/bench-report.ts'
import type { Bench } from './bench.ts'
import { paceOptions, type Conditions } from './conditions.ts'
import { summarizeCost } from './costs.ts'
import { dropFiles, warmFiles } from './page-cache.ts'
import { requireSame, runWork, type WorkOptions, type WorkResult } from './run-work.ts'
import { sampleSources } from './sample-sources.ts'
import type { Scratch } from './scratch.ts'

/**
 * The story of this program in one table: from the program that most people would write first to kernels on threads, one change at a
 * time. What asynchronous I/O, processes, threads and better code each bring differs with what a run waits for, so there is one table
 * for each kind.
 */

/** How the work of a step is divided. */
type Division = 'one thread' | 'asynchronous' | 'processes' | 'threads' | 'split'

interface Step {
  readonly name: string
  readonly engine: 'stream' | 'reference' | 'auto'
  readonly division: Division
}

const STEPS: readonly Step[] = [
  { name: 'stream engine, one thread', engine: 'stream', division: 'one thread' },
  { name: 'stream engine, files overlapped asynchronously', engine: 'stream', division: 'asynchronous' },
  { name: 'stream engine, separate processes', engine: 'stream', division: 'processes' },
  { name: 'stream engine, threads', engine: 'stream', division: 'threads' },
  { name: 'reference engine, one thread', engine: 'reference', division: 'one thread' },
  { name: 'kernels, one thread', engine: 'auto', division: 'one thread' },
  { name: 'kernels, threads', engine: 'auto', division: 'threads' },
  { name: 'kernels, threads, large files split', engine: 'auto', division: 'split' },
  { name: 'kernels, static shards in separate processes', engine: 'auto', division: 'processes' },
]

/** Files that the asynchronous step overlaps. */
const OVERLAPPED_FILES = 8

/** No file is larger. */
const NEVER_SPLIT = '1024T'

export function countLadderRuns(runs: number): number {
  return runs * STEPS.length
}

/** Sources of a step: all, or a sample where the engine is slow. */
interface Sources {
  readonly root: string
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[]
  readonly options: WorkOptions
  readonly note: string
}

/**
 * Measures all steps under the conditions of one kind, interleaved.
 * @param workers threads or processes side by side.
 * @param treeHash what all engines but the stream engine must make of the whole sources.
 */
export async function climbLadder(
  bench: Bench,
  conditions: Conditions,
  workers: number,
  treeHash: string,
  scratch: Scratch,
): Promise<Ladder> {
  const { request, hooks } = bench
  const whole = wholeSources(bench)
  const slow = slowSources(bench, whole, scratch)
  const measured = STEPS.map((step) => ({ step, results: [] as WorkResult[] }))
  let streamTreeHash: string | null = null
  for (let round = 0; round < request.runs; round++) {
    for (const { step, results } of measured) {
      const isStream = step.engine === 'stream'
      const sources = isStream ? slow : whole
      await prepare(conditions, sources, hooks.signal)
      const parts = divide(sources, step, workers, conditions)
      const result = await runWork(request.program, parts, conditions.folder, hooks.signal)
      requireSame(isStream ? streamTreeHash : treeHash, result.treeHash, step.name)
      if (isStream) streamTreeHash = result.treeHash
      results.push(result)
      bench.tick(`${conditions.kind}, ${step.name}: ${result.sample.wallSeconds.toFixed(2)} s`)
    }
  }
  const rows = measured.map(({ step, results }) =>
    describeStep(step, results, step.engine === 'stream' ? slow : whole, workers),
  )
  return { kind: conditions.kind, steps: addFactors(rows) }
}

function wholeSources({ request, planned, files }: Bench): Sources {
  return {
    root: planned.sourceRoot,
    files: files.map(({ source, sizeBytes }) => ({ path: source, sizeBytes })),
    options: { ...request.options, to: planned.targetFormat },
    note: '',
  }
}

/** A sample, made once; each byte of it costs what a byte of the whole does. */
function slowSources({ request, planned, files }: Bench, whole: Sources, scratch: Scratch): Sources {
  const { encoding = 'utf-8', quote = '"' } = request.options
  // Line ends of other encodings cannot be found by their bytes.
  if (!/^utf-?8$/i.test(encoding)) return whole
  const folder = join(scratch.open(request.out).path, 'sample')
  const sample = sampleSources(planned.sourceRoot, files, folder, quote === 'none' ? null : quote.charCodeAt(0))
  if (sample === null) return whole
  const sizes = new Map(files.map(({ source, sizeBytes }) => [source, sizeBytes]))
  return {
    root: sample.root,
    files: sample.files.map((path) => ({ path, sizeBytes: sizes.get(path) ?? 0 })),
    options: { ...withoutFilters(request.options), in: sample.root, to: planned.targetFormat },
    note: `measured on ${(sample.bytes / 1e6).toFixed(0)} MB of ${(planned.sourceBytes / 1e6).toFixed(0)} MB`,
  }
}

async function prepare(conditions: Conditions, sources: Sources, signal: AbortSignal): Promise<void> {
  const paths = sources.files.map(({ path }) => resolve(sources.root, path))
  if (conditions.isCold) await dropFiles(paths, signal)
  else await warmFiles(paths, signal)
}

/** The options of each process of a step. */
function divide(sources: Sources, step: Step, workers: number, conditions: Conditions): WorkOptions[] {
  const engine = { engine: step.engine, ...(step.engine === 'stream' ? { lossy: true } : {}) }
  const common = { ...sources.options, ...engine, ...paceOptions(conditions.pacing) }
  switch (step.division) {
    case 'one thread':
      return [{ ...common, threads: 1 }]
    case 'asynchronous':
      return [{ ...common, threads: 1, overlap: OVERLAPPED_FILES }]
    case 'threads':
      return [{ ...common, threads: workers, splitSize: NEVER_SPLIT }]
    case 'split':
      return [{ ...common, threads: workers }]
    case 'processes':
      return packLists(sources, workers, conditions).map((list) => ({
        ...withoutFilters(common),
        ...shareOfPace(conditions, workers),
        in: sources.root,
        filesFrom0: [list],
        threads: 1,
      }))
  }
}

/** Processes have no clock in common: each gets its share of the bandwidth. */
function shareOfPace({ pacing }: Conditions, workers: number): Pick<WorkOptions, 'bwlimit' | 'latency'> {
  if (pacing === null || pacing.bytesPerSecond === null) return paceOptions(pacing)
  return paceOptions({ ...pacing, bytesPerSecond: Math.max(1, Math.round(pacing.bytesPerSecond / workers)) })
}

/** A list of files for each process: the longest first, each to the process with the least to do. */
function packLists({ files }: Sources, workers: number, conditions: Conditions): string[] {
  const shares = Array.from({ length: Math.min(workers, files.length) }, () => ({ bytes: 0, paths: [] as string[] }))
  for (const { path, sizeBytes } of files.toSorted((a, b) => b.sizeBytes - a.sizeBytes)) {
    const least = shares.reduce((a, b) => (b.bytes < a.bytes ? b : a))
    least.bytes += sizeBytes
    least.paths.push(path)
  }
  const folder = join(conditions.folder, 'lists')
  mkdirSync(folder, { recursive: true })
  return shares.map(({ paths }, number) => {
    const list = join(folder, `list-${number}`)
    writeFileSync(list, paths.join('\0'))
    return list
  })
}

const FILTERS: ReadonlySet<string> = new Set<keyof WorkOptions>([
  'include',
  'exclude',
  'filter',
  'filterFrom',
  'filesFrom',
  'filesFrom0',
  'minSize',
  'maxSize',
  'minAge',
  'maxAge',
  'maxDepth',
])

/** Options for a list of files or another tree: what was filtered stays filtered, since it is not in there. */
function withoutFilters(options: WorkOptions): WorkOptions {
  const entries = Object.entries(options).filter(([key]) => !FILTERS.has(key))
  return { ...Object.fromEntries(entries), in: options.in }
}

type UnratedStep = Omit<LadderStep, 'factor' | 'factorOverFirst'>

function describeStep(
  { name, division }: Step,
  results: readonly WorkResult[],
  sources: Sources,
  workers: number,
): UnratedStep {
  const sourceBytes = results[0]?.sourceBytes ?? 0
  const isAlone = division === 'one thread' || division === 'asynchronous'
  return {
    name,
    workers: isAlone ? 1 : workers,
    cost: summarizeCost(
      results.map(({ sample }) => sample),
      sourceBytes,
    ),
    sourceBytes,
    note: division === 'split' ? describeSplits(results) : sources.note,
  }
}

/** Without a split the step is the one before once more: whoever reads its factor must know. */
function describeSplits([first]: readonly WorkResult[]): string {
  const splitFiles = first?.splitFiles ?? 0
  if (splitFiles === 0) return 'no file was split: none is larger than --split-size and would end late'
  return splitFiles === 1 ? '1 file was split' : `${splitFiles} files were split`
}

function addFactors(steps: readonly UnratedStep[]): LadderStep[] {
  const rates = steps.map(({ cost }) => cost.secondsPerGb)
  return steps.map((step, index) => {
    const over = (other: number | undefined): number | null =>
      other === undefined ? null : other / step.cost.secondsPerGb
    return { ...step, factor: over(rates[index - 1]), factorOverFirst: index === 0 ? null : over(rates[0]) }
  })
}
