import { describe, expect, it } from 'vitest'
import { describeNoise, findOutliers, median, summarize } from '../../src/bench/statistics.ts'

describe('summarize', () => {
  it.each([
    [[2], { median: 2, mean: 2, standardDeviation: 0, min: 2, max: 2 }],
    [[3, 1], { median: 2, mean: 2, standardDeviation: Math.SQRT2, min: 1, max: 3 }],
    [[4, 1, 1, 2], { median: 1.5, mean: 2, standardDeviation: Math.SQRT2, min: 1, max: 4 }],
  ])('%j', (samples, expected) => expect(summarize(samples)).toEqual(expected))

  it('leaves the samples in their order', () => {
    const samples = [3, 1, 2]
    expect(median(samples)).toBe(2)
    expect(samples).toEqual([3, 1, 2])
  })
})

describe('findOutliers', () => {
  it.each([
    ['nothing among equal samples', [1, 1, 1, 1], []],
    ['nothing among samples that merely differ', [1, 1.2, 0.9, 1.1, 1.05], []],
    ['a sample far away', [1, 1.01, 5, 0.99, 1], [2]],
    ['a sample that is far too fast', [1, 1.01, 0.2, 0.99, 1], [2]],
    ['nothing that is as close as 5 %, however alike the others are', [1, 1, 1, 1.04], []],
    ['nothing in a single sample', [1], []],
  ])('finds %s', (_, samples, expected) => expect(findOutliers(samples)).toEqual(expected))
})

describe('describeNoise', () => {
  it.each([
    ['quiet runs', [1, 1.01, 0.99], ''],
    ['a slow first run', [9, 1, 1.01, 0.99, 1], 'first run was slower: a cold cache?'],
    ['a slow run in between', [1, 1.01, 9, 0.99, 1], '1 of 5 runs are far from the others'],
    ['a fast first run', [0.1, 1, 1.01, 0.99, 1], '1 of 5 runs are far from the others'],
    ['runs that all differ', [1, 1.3, 0.8], 'noisy: the runs differ by 24 %'],
  ])('says of %s what is to be known', (_, samples, expected) => {
    expect(describeNoise(samples).join('; ')).toContain(expected)
    expect(describeNoise(samples)).toHaveLength(expected === '' ? 0 : 1)
  })
})
