const FACTOR = Number(process.env.DROVER_FUZZ_RUNS ?? 1)

/** How many random cases a property gets: few by default, `DROVER_FUZZ_RUNS` times as many where somebody has the time. */
export function fuzzRuns(usualRuns: number): number {
  return Math.ceil(usualRuns * FACTOR)
}

/** The time that a test of so many cases gets. */
export const FUZZ_TIMEOUT_MS = 120_000 * Math.max(1, FACTOR)
