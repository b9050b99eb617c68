/** The suite takes a part of the random cases: other ones each time. `npm run test:random` takes all. */
const SHORT = 1 / 4
const FACTOR = Number(process.env.DROVER_FUZZ_RUNS ?? SHORT)

/** How many random cases a property gets: `DROVER_FUZZ_RUNS` times as many as it is worth, where somebody has the time. */
export function fuzzRuns(usualRuns: number): number {
  return Math.ceil(usualRuns * FACTOR)
}

/** The time that a test of so many cases gets. */
export const FUZZ_TIMEOUT_MS = 120_000 * Math.max(1, FACTOR)
