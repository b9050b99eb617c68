// Covers: How fast a number of threads is, compared with another.
import { expect, it } from 'vitest'
import { compareSpeeds, describeSpeed, yieldOfThreads } from '../../src/schedule/measured-speed.ts'

it.each([
  [2, 100, 4, 200, 1],
  [2, 100, 8, 200, 0.5],
  [2, 100, 8, 100, 0],
  [4, 100, 2, 100, 0],
])('%i threads at %i, %i at %i: more of them yield %f of what they could', (fewer, rate, more, otherRate, expected) => {
  expect(yieldOfThreads({ threads: fewer, rate }, { threads: more, rate: otherRate })).toBeCloseTo(expected)
})

it('a speed is told as seconds a gigabyte', () => {
  expect(describeSpeed({ threads: 1, rate: 5000 })).toBe('1 thread: 200 s/GB')
  expect(compareSpeeds({ threads: 4, rate: 25_000 }, { threads: 8, rate: 20_000 }, 'slower')).toBe(
    '4 threads: 40.0 s/GB; 8: 50.0, slower',
  )
})
