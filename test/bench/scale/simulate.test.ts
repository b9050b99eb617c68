// Covers: The model by which the benchmark of scale tells how long shards and queues take on many nodes.
import { expect, it } from 'vitest'
import { simulate, type Simulation } from './simulate.ts'

const NEVER = Number.POSITIVE_INFINITY

function run(speeds: readonly number[], shards: readonly number[], rest: Partial<Simulation> = {}): number {
  return simulate({
    nodes: speeds.map((speed) => ({ speed, lostAt: NEVER })),
    shards: Float64Array.from(shards),
    isDynamic: false,
    storageNodes: NEVER,
    recoverySeconds: 10,
    queueRate: NEVER,
    ...rest,
  })
}

it('static shards end with the slowest node', () => {
  expect(run([1, 1], [5, 7])).toBe(7)
  expect(run([1, 0.5], [5, 5])).toBe(10)
})

it('from a queue, a fast node takes more than a slow one', () => {
  expect(run([1, 0.5], [2, 2, 2, 2, 2], { isDynamic: true })).toBe(8)
})

it('storage that feeds half of the nodes makes all half as fast, until fewer are at work', () => {
  expect(run([1, 1], [4, 4], { storageNodes: 1 })).toBe(8)
  expect(run([1, 1], [2, 4], { storageNodes: 1 })).toBe(6)
})

it('the queue hands out one shard after the other', () => {
  expect(run([1, 1], [1, 1], { isDynamic: true, queueRate: 2 })).toBe(2)
})

it('what a lost node left is done after the recovery: by its successor, or by whoever is free', () => {
  const nodes = [
    { speed: 1, lostAt: 3 },
    { speed: 1, lostAt: NEVER },
  ]
  expect(run([], [8, 8], { nodes })).toBe(3 + 10 + 5)
  expect(run([], [8, 8], { nodes, isDynamic: true, recoverySeconds: 6 })).toBe(3 + 6 + 5)
})
