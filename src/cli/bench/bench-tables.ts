import type {
  BaselineComparison,
  BenchCost,
  BenchKind,
  BenchKindResult,
  BenchReport,
  Ladder,
} from '../../model/bench-report.ts'
import { countOf, formatBytes, threeDigits } from '../terminal/format-quantity.ts'

/** The results of a benchmark as tables and sentences: terminal, Markdown and page show the same ones. */

export interface BenchTable {
  readonly title: string
  /** What holds for the whole table, a sentence each. */
  readonly intro: readonly string[]
  readonly head: readonly string[]
  /** The first cell is text, the others are numbers unless they are listed here. */
  readonly textColumns: readonly number[]
  readonly rows: readonly (readonly string[])[]
  /** The row to stand out; null: none. */
  readonly bestRow: number | null
  readonly notes: readonly string[]
  /** The kind whose ladder it is. */
  readonly ladder?: BenchKind
}

const KIND_NAMES: Readonly<Record<BenchKind, string>> = { 'cpu-bound': 'CPU-bound', 'io-bound': 'I/O-bound' }

export function nameKind(kind: BenchKind): string {
  return KIND_NAMES[kind]
}

/** Below this a run is over before the threads are warm. */
const LITTLE_BYTES = 100e6
const LITTLE_DATA =
  'So little data says more about the start of a run than about its speed: some hundred megabytes tell more.'

/** Machine and work, a line each. */
export function describeSubject({ machine, work, runs, warmup, droverVersion, startedAt }: BenchReport): string[] {
  const memory = formatBytes(machine.memoryBytes)
  const warmups = warmup === 0 ? 'no warm-up' : countOf(warmup, 'warm-up')
  return [
    `${startedAt.slice(0, 10)}, Drover ${droverVersion}, ${machine.cpu}, ${countOf(machine.cores, 'core')}, ${memory} of memory, ` +
      `${machine.platform}, Node ${machine.node}, load ${machine.load.toFixed(2)} at the start.`,
    `${countOf(work.files, 'file')}, ${formatBytes(work.sourceBytes)} to ${formatBytes(work.targetBytes)} of ${work.targetFormat}, ` +
      `engine ${work.engine}, ${work.isDurable ? 'synced' : 'not synced (--no-fsync)'}; ` +
      `${countOf(runs, 'run')} of each after ${warmups}, interleaved, each a process of its own.`,
    `All runs made the same targets: tree hash ${work.treeHash.slice(0, 16)}.`,
    ...(work.sourceBytes < LITTLE_BYTES ? [LITTLE_DATA] : []),
  ]
}

/** The tables in the order in which they are shown. */
export function benchTables(report: BenchReport): BenchTable[] {
  return [
    ...report.kinds.map((kind) => pointsTable(kind)),
    ...(report.kinds.length > 1 ? [comparisonTable(report.kinds)] : []),
    ...report.ladders.map((ladder) => ladderTable(ladder)),
    ...(report.baseline === null ? [] : [baselineTable(report.baseline)]),
  ]
}

function pointsTable(result: BenchKindResult): BenchTable {
  const head = [
    'threads',
    'median',
    'mean ± sd',
    'min',
    'max',
    'user',
    'system',
    'memory',
    'MB/s',
    's/GB',
    'min/GB',
    'verdict',
  ]
  const rows = result.points.map((point) => {
    const { wall } = point
    const spread = `${seconds(wall.mean)} ± ${seconds(wall.standardDeviation)}`
    const walls = [seconds(wall.median), spread, seconds(wall.min), seconds(wall.max)]
    return [point.label, ...walls, ...costCells(point), threeDigits(point.minutesPerGb), point.verdict ?? '-']
  })
  const warnings = result.points.flatMap(({ label, warnings: found }) =>
    found.map((warning) => `${threadsOf(label)}: ${warning}.`),
  )
  return {
    title: nameKind(result.kind),
    intro: result.conditions,
    head,
    textColumns: [0, 11],
    rows,
    bestRow: result.points.findIndex(({ label }) => label === result.best),
    notes: [...warnings, describeModel(result)],
  }
}

function costCells(cost: BenchCost): string[] {
  return [
    seconds(cost.userSeconds),
    seconds(cost.systemSeconds),
    formatBytes(cost.peakBytes),
    threeDigits(cost.megabytesPerSecond),
    threeDigits(cost.secondsPerGb),
  ]
}

/** What the model says, with its error; or why there is none. */
export function describeModel({ model, modelNote, points }: BenchKindResult): string {
  if (model === null) return modelNote
  const { sigma, kappa, errorShare, largestErrorShare } = model
  const parameters = `contention ${(sigma * 100).toFixed(1)} %, coherency ${(kappa * 100).toFixed(2)} %`
  const error = `error ${(errorShare * 100).toFixed(1)} %, at most ${(largestErrorShare * 100).toFixed(1)} %`
  const law = kappa === 0 ? "Amdahl's law (no coherency cost)" : 'Universal Scalability Law'
  return `Model: ${law}, ${parameters}; ${describePeak(model, points)} (${error}).`
}

function describePeak(
  { bestThreads, gain, largestErrorShare }: NonNullable<BenchKindResult['model']>,
  points: BenchKindResult['points'],
): string {
  const most = Math.max(...points.map(({ threads }) => threads ?? 0))
  if (bestThreads === null) {
    const limit = gain === null ? 'without a limit in sight' : `towards ${threeDigits(gain)} x one thread`
    return `more threads bring more, ${limit}, as far as ${most} threads can tell`
  }
  if (bestThreads === 1) return 'one thread is the best, more are slower'
  const isUnsure = (gain ?? 1) - 1 <= largestErrorShare ? ', which is within its error' : ''
  const beyond = bestThreads > most ? ', which is beyond what was measured' : ''
  return `best with ${threadsOf(String(bestThreads))}, ${threeDigits(gain ?? 1)} x one thread${beyond}${isUnsure}`
}

/** Seconds per gigabyte of all kinds beside each other. */
function comparisonTable(kinds: readonly BenchKindResult[]): BenchTable {
  const labels = kinds[0]?.points.map(({ label }) => label) ?? []
  const rows = labels.map((label) => [
    label,
    ...kinds.map(({ points, best }) => {
      const point = points.find((one) => one.label === label)
      return point === undefined ? '-' : `${threeDigits(point.secondsPerGb)}${label === best ? ' *' : '  '}`
    }),
  ])
  return {
    title: 'Side by side, s/GB',
    intro: [],
    head: ['threads', ...kinds.map(({ kind }) => nameKind(kind))],
    textColumns: [0],
    rows,
    bestRow: null,
    notes: ['* the best number of threads.', ...kinds.map(describeBest)],
  }
}

/** One sentence: the best number of threads and what it brings. */
function describeBest(result: BenchKindResult): string {
  const { kind, best, points } = result
  const point = points.find(({ label }) => label === best)
  return `${nameKind(kind)}: best with ${threadsOf(best)}, ${threeDigits(point?.secondsPerGb ?? 0)} s/GB${describeGain(result)}.`
}

/** `, 1.9 x one thread`; empty where one thread is the best or was not measured. */
export function describeGain({ best, points }: BenchKindResult): string {
  const point = points.find(({ label }) => label === best)
  const one = points.find(({ threads }) => threads === 1)
  return point && one && point !== one ? `, ${threeDigits(one.secondsPerGb / point.secondsPerGb)} x one thread` : ''
}

function ladderTable({ kind, steps }: Ladder): BenchTable {
  const rows = steps.map(({ name, workers, cost, factor, factorOverFirst }) => [
    name,
    String(workers),
    ...costCells(cost),
    factor === null ? '-' : `${threeDigits(factor)} x`,
    factorOverFirst === null ? '-' : `${threeDigits(factorOverFirst)} x`,
  ])
  const notes = new Map<string, string[]>()
  for (const { name, note } of steps) if (note !== '') notes.set(note, [...(notes.get(note) ?? []), name])
  return {
    title: `Ladder, ${nameKind(kind)}`,
    intro: ['Each step changes one thing. Factors are those of s/GB: over the step before, and over the first.'],
    head: ['step', 'side by side', 'user', 'system', 'memory', 'MB/s', 's/GB', 'factor', 'over first'],
    textColumns: [0],
    rows,
    bestRow: null,
    ladder: kind,
    notes: [...notes].map(([note, named]) => `${named.join('; ')}: ${note}.`),
  }
}

function baselineTable({ file, rule, warnings, rows }: BaselineComparison): BenchTable {
  return {
    title: `Against ${file}`,
    intro: [rule],
    head: ['kind', 'threads', 's/GB then', 's/GB now', 'time', 'noise', 'outcome'],
    textColumns: [0, 6],
    rows: rows.map(({ kind, label, secondsPerGbBefore, secondsPerGb, ratio, noiseShare, outcome }) => [
      nameKind(kind),
      label,
      threeDigits(secondsPerGbBefore),
      threeDigits(secondsPerGb),
      `${threeDigits(ratio)} x`,
      `${Math.round(noiseShare * 100)} %`,
      outcome,
    ]),
    bestRow: null,
    notes: warnings.map((warning) => `Not the same as then: ${warning}.`),
  }
}

export function threadsOf(label: string): string {
  return label === 'auto' ? 'automatic threads' : `${label} ${label === '1' ? 'thread' : 'threads'}`
}

/** Runs of some milliseconds matter too. */
function seconds(amount: number): string {
  return `${amount < 1 ? amount.toFixed(3) : threeDigits(amount)} s`
}
