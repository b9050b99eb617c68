import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['say-what-is-left-out', 'build-once', 'shared-servers'].map(
      (name) => new URL(`support/${name}.ts`, import.meta.url).pathname,
    ),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Real processes, threads and disks: many at once only make each slower on a small machine. One more than it has cores, since tests of
    // clusters wait for most of their time.
    maxWorkers: 3,
  },
})
