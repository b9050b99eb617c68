import type { BaselineComparison, BenchPoint, BenchReport } from '../model/bench-report.ts'
import { MigrationError } from '../errors/migration-error.ts'

/** A difference below this is not worth a word, however quiet the machine. */
const LEAST_SHARE = 0.05
/** The same where there are too few runs to know how much they differ by chance. */
const LEAST_SHARE_OF_FEW_RUNS = 0.2
const FEW_RUNS = 3
/** Standard deviations of a difference that count as noise. */
const NOISE_DEVIATIONS = 2

const RULE =
  'The medians of wall time are compared. A difference counts where it is more than 5 % (20 % with fewer than 3 runs on either ' +
  'side) and more than twice the standard deviation of a difference, the square root of the sum of both variances.'

/**
 * Compares with an earlier benchmark, number of threads by number of threads.
 * @param file the name of the earlier one, for the report.
 * @throws MigrationError WRONG_USE where the two have not measured the same work.
 */
export function compareBaseline(now: BenchReport, before: BenchReport, file: string): BaselineComparison {
  const rows = now.kinds.flatMap(({ kind, points }) => {
    const earlier = before.kinds.find((other) => other.kind === kind)
    return points.flatMap((point) => {
      const twin = earlier?.points.find(({ label }) => label === point.label)
      return twin === undefined ? [] : [{ kind, label: point.label, ...comparePoints(twin, point) }]
    })
  })
  return { file, rule: RULE, warnings: describeDifferences(now, before), rows }
}

/**
 * Asked before anything is measured.
 * @throws MigrationError WRONG_USE where the baseline says nothing about the work that is to be measured.
 */
export function requireComparable(
  before: BenchReport,
  work: { readonly labels: readonly string[] },
  file: string,
): void {
  const known = before.kinds.flatMap(({ points }) => points.map(({ label }) => label))
  if (work.labels.some((label) => known.includes(label))) return
  throw new MigrationError('WRONG_USE', `--baseline ${file} has none of these numbers of threads`, {
    phase: 'options',
    hint: `it has ${[...new Set(known)].join(', ')}: say --threads ${[...new Set(known)].join(',')}`,
  })
}

function comparePoints(
  before: BenchPoint,
  now: BenchPoint,
): Omit<BaselineComparison['rows'][number], 'kind' | 'label'> {
  const ratio = now.secondsPerGb / before.secondsPerGb
  const isOfFewRuns = Math.min(before.samples.length, now.samples.length) < FEW_RUNS
  const deviation = Math.hypot(relativeDeviation(before), relativeDeviation(now))
  const noiseShare = Math.max(isOfFewRuns ? LEAST_SHARE_OF_FEW_RUNS : LEAST_SHARE, NOISE_DEVIATIONS * deviation)
  return {
    secondsPerGbBefore: before.secondsPerGb,
    secondsPerGb: now.secondsPerGb,
    ratio,
    noiseShare,
    outcome: ratio > 1 + noiseShare ? 'slower' : ratio < 1 - noiseShare ? 'faster' : 'same',
  }
}

function relativeDeviation({ wall }: BenchPoint): number {
  return wall.standardDeviation / wall.mean
}

/** Rates per gigabyte can be compared across other data, but a reader must know. */
function describeDifferences(now: BenchReport, before: BenchReport): string[] {
  const warnings: string[] = []
  const tell = (what: string, then: string | number, today: string | number): void => {
    if (then !== today) warnings.push(`${what} differs: ${then} then, ${today} now`)
  }
  tell('CPU', before.machine.cpu, now.machine.cpu)
  tell('number of cores', before.machine.cores, now.machine.cores)
  tell('Node', before.machine.node, now.machine.node)
  tell('engine', before.work.engine, now.work.engine)
  tell('bytes of sources', before.work.sourceBytes, now.work.sourceBytes)
  tell('durability', before.work.isDurable ? 'synced' : 'not synced', now.work.isDurable ? 'synced' : 'not synced')
  for (const { kind, conditions } of now.kinds) {
    const then = before.kinds.find((other) => other.kind === kind)?.conditions.join(' ')
    if (then !== undefined) tell(`the setting of the ${kind} runs`, `"${then}"`, `"${conditions.join(' ')}"`)
  }
  return warnings
}
