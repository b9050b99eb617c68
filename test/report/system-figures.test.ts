// Covers: Figures of the system for a run.
import { expect, it } from 'vitest'
import { watchSystem } from '../../src/report/system-figures.ts'

const CORES = { cores: 4, cpuQuota: 1.5 }

it('tells what the counters of Linux grew by', () => {
  let factor = 1
  const pressure = () =>
    `some avg10=1.00 avg60=0.50 avg300=0.10 total=${factor * 2000}\nfull avg10=0 avg60=0 avg300=0 total=7\n`
  const files: Readonly<Record<string, () => string>> = {
    '/proc/self/io': () =>
      `rchar: 9\nread_bytes: ${factor * 4096}\nwrite_bytes: ${factor * 8192}\ncancelled_write_bytes: 0\n`,
    '/proc/pressure/cpu': pressure,
    '/proc/pressure/io': pressure,
    '/proc/pressure/memory': pressure,
    '/proc/stat': () => `cpu  ${factor * 10} 0 20 60 0 0 0 ${factor * 10} 5 5\ncpu0 1 2 3\n`,
  }
  const read = watchSystem(CORES, (path) => files[path]?.() ?? '')
  factor = 3
  expect(read()).toEqual({
    ...CORES,
    storage: { readBytes: 8192, writtenBytes: 16_384 },
    pressure: { cpuMs: 4, ioMs: 4, memoryMs: 4 },
    stealShare: 0.5,
    peakMemoryBytes: expect.any(Number) as number,
  })
})

it('says null for what a system does not count', () => {
  const figures = watchSystem(CORES, () => '')()
  expect([figures.storage, figures.pressure, figures.stealShare]).toEqual([null, null, null])
  expect(figures.peakMemoryBytes).toBeGreaterThan(10e6)
})
