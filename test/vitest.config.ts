import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['build-once', 'shared-servers'].map(
      (name) => new URL(`support/${name}.ts`, import.meta.url).pathname,
    ),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Real processes, threads and disks: more at once only makes each slower on a small machine.
    maxWorkers: 2,
  },
})
