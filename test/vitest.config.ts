import { defineConfig } from 'vitest/config'

/** Times only end what hangs: a machine that is busy may be ten times as slow. */
const COMMON = {
  root: new URL('..', import.meta.url).pathname,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
}

/** Files that change what other files of their process would see. All others share processes, so that modules are loaded once. */
const ALONE = [
  // Registers a format for good.
  'test/formats/ltsv/ltsv.test.ts',
]

export default defineConfig({
  test: {
    root: COMMON.root,
    globalSetup: ['say-what-is-left-out', 'build-once', 'scratch-folder', 'shared-servers'].map(
      (name) => new URL(`support/${name}.ts`, import.meta.url).pathname,
    ),
    // Real processes, threads and disks: many at once only make each slower on a small machine. One more than it has cores, since tests of
    // clusters wait for most of their time.
    maxWorkers: 3,
    projects: [
      { test: { ...COMMON, name: 'alone', include: ALONE } },
      {
        test: {
          ...COMMON,
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          isolate: false,
          unstubEnvs: true,
        },
      },
    ],
  },
})
