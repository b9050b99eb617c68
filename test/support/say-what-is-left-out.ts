/** What has a short form in the suite, and the script that runs the whole of it. */
const LEFT_OUT: readonly (readonly [variable: string, script: string, what: string])[] = [
  ['DROVER_FUZZ_RUNS', 'test:random', 'three of four random cases of formats, kernels, splits and patterns'],
  ['DROVER_FAULTS', 'test:faults', 'most of the kills and errors at single calls, and most random kills'],
  [
    'DROVER_CLUSTER',
    'test:cluster',
    'random kills on a cluster, what waits for locks to run out, and half of the tests of clusters on Postgres',
  ],
  ['DROVER_TRUST', 'test:trust', 'most attacks on the bookkeeping, limits of the system and hostile values'],
  ['DROVER_PACKAGE', 'test:package', 'two of four ways to resolve the types of the package'],
]

/** No run of the suite hides that it is a short one. */
export default function sayWhatIsLeftOut(): void {
  for (const [variable, script, what] of LEFT_OUT)
    if (process.env[variable] === undefined) console.log(`left out: ${what} (npm run ${script})`)
}
