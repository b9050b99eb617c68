// Covers: The course of a run, as some hundred points.
import { expect, it } from 'vitest'
import { Timeline } from '../../src/report/timeline.ts'
import { TopList } from '../../src/report/top-list.ts'

it('tells the CPUs that were used between two points', () => {
  let at = 0
  const timeline = new Timeline(() => ({ atMs: at, readBytes: at * 10, busyThreads: 2, cpuMs: at * 1.5 }))
  timeline.tick()
  at = 100
  timeline.tick()
  expect(timeline.points()).toEqual([
    { atMs: 0, readBytes: 0, busyThreads: 2, cpus: 0 },
    { atMs: 100, readBytes: 1000, busyThreads: 2, cpus: 1.5 },
  ])
})

it('keeps some hundred points of a run of any length, evenly', () => {
  let at = 0
  const timeline = new Timeline(() => ({ atMs: at, readBytes: 0, busyThreads: 1, cpuMs: 0 }))
  for (; at < 100_000; at++) timeline.tick()
  const times = timeline.points().map(({ atMs }) => atMs)
  expect(times.length).toBeGreaterThan(200)
  expect(times.length).toBeLessThan(600)
  expect(times.at(-1)).toBeGreaterThan(99_000)
  const steps = times.slice(1).map((time, index) => time - times[index]!)
  expect(new Set(steps).size).toBe(1)
})

it('keeps the highest of many items, in order', () => {
  const top = new TopList<number>(3, (item) => item)
  for (let item = 0; item < 1000; item++) top.add((item * 7919) % 1000)
  expect(top.read()).toEqual([999, 998, 997])
})
