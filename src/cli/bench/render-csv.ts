import type { BenchCost, BenchReport } from '../../model/bench-report.ts'

const COLUMNS = [
  'kind',
  'step',
  'threads',
  'runs',
  'median_s',
  'mean_s',
  'standard_deviation_s',
  'min_s',
  'max_s',
  'user_s',
  'system_s',
  'peak_bytes',
  'mb_per_s',
  's_per_gb',
  'min_per_gb',
  'verdict',
] as const

/** A benchmark as CSV (RFC 4180): a row for each number of threads, with an empty step, and for each step of a ladder. */
export function renderCsv({ kinds, ladders }: BenchReport): string {
  const points = kinds.flatMap(({ kind, points: measured }) =>
    measured.map((point) => [kind, '', point.label, ...costCells(point), point.verdict ?? '']),
  )
  const steps = ladders.flatMap(({ kind, steps: climbed }) =>
    climbed.map(({ name, workers, cost }) => [kind, name, String(workers), ...costCells(cost), '']),
  )
  return [[...COLUMNS], ...points, ...steps].map((row) => `${row.map(quote).join(',')}\r\n`).join('')
}

function costCells(cost: BenchCost): string[] {
  const { samples, wall, userSeconds, systemSeconds, peakBytes, megabytesPerSecond, secondsPerGb, minutesPerGb } = cost
  const walls = [wall.median, wall.mean, wall.standardDeviation, wall.min, wall.max]
  const rates = [megabytesPerSecond, secondsPerGb, minutesPerGb]
  return [samples.length, ...walls, userSeconds, systemSeconds, peakBytes, ...rates].map((number) =>
    String(Number(number.toPrecision(9))),
  )
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
