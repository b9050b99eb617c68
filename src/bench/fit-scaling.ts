/**
 * How throughput grows with threads, by the Universal Scalability Law:
 *
 *     X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * lambda: throughput of one thread; sigma: contention, the share that cannot run side by side; kappa: coherency, what threads cost
 * each other. With kappa = 0 it is Amdahl's law, which only levels off; with kappa > 0 there is a number of threads beyond which
 * more make it slower.
 * @see N. J. Gunther, A General Theory of Computational Scalability Based on Rational Functions, https://arxiv.org/abs/0808.1431
 */

export interface ScalingPoint {
  readonly threads: number
  /** In any unit. */
  readonly throughput: number
}

export interface ScalingFit {
  /** In the unit of the points. */
  readonly lambda: number
  readonly sigma: number
  readonly kappa: number
  /** Root mean square and largest difference between model and points, as shares of the points. */
  readonly errorShare: number
  readonly largestErrorShare: number
  /** The number of threads with the highest throughput by the model; null: it only levels off or grows for ever. */
  readonly bestThreads: number | null
  /** Throughput of that number over that of one thread; without such a number, what it comes to (null: it grows for ever). */
  readonly gain: number | null
}

/** Three parameters go through any three points: below this many, a fit would claim what it cannot know. */
export const FEWEST_POINTS = 4

/** @returns null for fewer than four different numbers of threads. */
export function fitScaling(points: readonly ScalingPoint[]): ScalingFit | null {
  const usable = points.filter(({ threads, throughput }) => threads >= 1 && throughput > 0)
  if (new Set(usable.map(({ threads }) => threads)).size < FEWEST_POINTS) return null
  const parameters = fitParameters(usable)
  if (parameters === null) return null
  const errors = usable.map(({ threads, throughput }) => predictThroughput(parameters, threads) / throughput - 1)
  return {
    ...parameters,
    errorShare: Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length),
    largestErrorShare: Math.max(...errors.map(Math.abs)),
    ...findBest(parameters),
  }
}

type Parameters = Pick<ScalingFit, 'lambda' | 'sigma' | 'kappa'>

export function predictThroughput({ lambda, sigma, kappa }: Parameters, threads: number): number {
  return (lambda * threads) / (1 + sigma * (threads - 1) + kappa * threads * (threads - 1))
}

/** The peak is at sqrt((1 - sigma) / kappa); the better one of the whole numbers beside it counts. */
function findBest(parameters: Parameters): Pick<ScalingFit, 'bestThreads' | 'gain'> {
  const { sigma, kappa } = parameters
  if (kappa === 0 && sigma < 1) return { bestThreads: null, gain: sigma === 0 ? null : 1 / sigma }
  const peak = sigma >= 1 ? 1 : Math.sqrt((1 - sigma) / kappa)
  const [below, above] = [Math.max(1, Math.floor(peak)), Math.max(1, Math.ceil(peak))]
  const bestThreads = predictThroughput(parameters, above) > predictThroughput(parameters, below) ? above : below
  return { bestThreads, gain: predictThroughput(parameters, bestThreads) / predictThroughput(parameters, 1) }
}

/**
 * N / X(N) = a + b (N - 1) + c N (N - 1) is linear in a = 1 / lambda, b = sigma / lambda, c = kappa / lambda. Least squares of the
 * relative errors, none of them negative: with so few unknowns every choice of b and c at 0 or free can be tried.
 */
function fitParameters(points: readonly ScalingPoint[]): Parameters | null {
  let best: { readonly rest: number; readonly solution: readonly number[] } | null = null
  for (const free of [[0, 1, 2], [0, 1], [0, 2], [0]]) {
    const solution = solveLeastSquares(points, free)
    if (solution === null || solution.some((value) => value < 0) || !(solution[0]! > 0)) continue
    const rest = points.reduce((sum, point) => sum + residual(point, solution) ** 2, 0)
    if (best === null || rest < best.rest) best = { rest, solution }
  }
  if (best === null) return null
  const [a = 0, b = 0, c = 0] = best.solution
  return { lambda: 1 / a, sigma: b / a, kappa: c / a }
}

function termsOf(threads: number): readonly number[] {
  return [1, threads - 1, threads * (threads - 1)]
}

/** The relative error of N / X(N). */
function residual({ threads, throughput }: ScalingPoint, solution: readonly number[]): number {
  const predicted = termsOf(threads).reduce((sum, term, column) => sum + term * (solution[column] ?? 0), 0)
  return (predicted * throughput) / threads - 1
}

/** The three unknowns, those that are not free being 0; null where the points do not determine them. */
function solveLeastSquares(points: readonly ScalingPoint[], free: readonly number[]): number[] | null {
  // Each row is divided by its right side, which makes all right sides 1; each column by its largest entry, for the precision.
  const rows = points.map(({ threads, throughput }) =>
    free.map((column) => ((termsOf(threads)[column] ?? 0) * throughput) / threads),
  )
  const scales = free.map((_, column) => Math.max(...rows.map((row) => row[column] ?? 0)))
  const scaled = rows.map((row) => row.map((entry, column) => entry / (scales[column] ?? 1)))
  const normal = free.map((_, i) => [
    ...free.map((_, j) => scaled.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
    scaled.reduce((sum, row) => sum + (row[i] ?? 0), 0),
  ])
  const solved = eliminate(normal)
  if (solved === null) return null
  const solution = [0, 0, 0]
  free.forEach((column, position) => {
    solution[column] = (solved[position] ?? 0) / (scales[position] ?? 1)
  })
  return solution
}

/** Gauss-Jordan elimination with pivots. Each row ends in its right side. */
function eliminate(matrix: number[][]): number[] | null {
  const size = matrix.length
  for (let column = 0; column < size; column++) {
    const candidates = matrix.slice(column).map((row) => Math.abs(row[column] ?? 0))
    const pivotAt = column + candidates.indexOf(Math.max(...candidates))
    const pivot = matrix[pivotAt]
    if (pivot === undefined || Math.abs(pivot[column] ?? 0) < 1e-12) return null
    matrix[pivotAt] = matrix[column] ?? []
    matrix[column] = pivot
    for (const row of matrix) {
      if (row === pivot) continue
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1)
      for (let entry = column; entry <= size; entry++) row[entry] = (row[entry] ?? 0) - factor * (pivot[entry] ?? 0)
    }
  }
  return matrix.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1))
}
