// Covers: How many threads a limit of memory allows.
import { expect, it } from 'vitest'
import { isMemoryFull, threadsThatFit, warnOfLoweredThreads } from '../../src/schedule/memory-limit.ts'
import { plan } from '../../src/control/plan/plan-run.ts'
import { GOOD, SmallTree } from '../control/small-tree.ts'

const MIB = 1024 * 1024

it.each([
  [0, 1],
  [130, 1],
  [189, 2],
  [340, 8],
])('into %i MiB fit %i threads', (limitMib, threads) => {
  expect(threadsThatFit(limitMib * MIB)).toBe(threads)
})

it('memory is full where one thread more would exceed the limit', () => {
  expect(isMemoryFull(200 * MIB, 170 * MIB)).toBe(false)
  expect(isMemoryFull(200 * MIB, 171 * MIB)).toBe(true)
})

it.each<[limitMib: number | undefined, threads: string, wanted: number, warning: string | null]>([
  [undefined, '8', 8, null],
  [400, '8', 8, null],
  [200, '8', 8, '--memory-limit lowers --threads 8 to 3: a run takes about 100 MiB and 30 MiB a thread'],
  [200, 'auto', 4, '--memory-limit lowers --threads auto, here 4, to 3: a run takes about 100 MiB and 30 MiB a thread'],
  [50, '1', 1, '--memory-limit is less than one thread needs: a run takes about 100 MiB and 30 MiB a thread'],
])('a limit of %s MiB with --threads %s', (limitMib, threads, wanted, warning) => {
  expect(warnOfLoweredThreads(limitMib === undefined ? undefined : limitMib * MIB, threads, wanted)).toBe(warning)
})

it('a run and a plan say that the limit lowers the number of threads', async () => {
  const tree = new SmallTree({ 'a.csv': GOOD, 'b.csv': GOOD })
  const report = await tree.migrate({ threads: 8, memoryLimit: '170MiB' })
  expect(report.threads).toBe(2)
  const warnings = [{ code: 'THREADS_LOWERED', message: expect.stringContaining('--threads 8 to 2') }]
  expect(report.warnings).toEqual(warnings)
  const planned = await plan({ in: tree.source, out: `${tree.out}2`, threads: 8, memoryLimit: '170MiB' })
  expect(planned.warnings).toEqual(warnings)
})
