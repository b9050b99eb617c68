import { assert, double, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitScaling, predictThroughput, type ScalingPoint } from '../../src/bench/fit-scaling.ts'

const COUNTS = [1, 2, 4, 8, 16]

function curve(lambda: number, sigma: number, kappa: number, counts: readonly number[] = COUNTS): ScalingPoint[] {
  return counts.map((threads) => ({ threads, throughput: predictThroughput({ lambda, sigma, kappa }, threads) }))
}

/** Points that are off by up to a share, in a pattern without a trend. */
function disturb(points: readonly ScalingPoint[], share: number): ScalingPoint[] {
  return points.map(({ threads, throughput }, index) => ({
    threads,
    throughput: throughput * (1 + share * ([1, -1, 0.5, -0.5, 0.2][index % 5] ?? 0)),
  }))
}

describe('fitScaling', () => {
  it.each([
    ['contention and coherency', 100, 0.05, 0.01, 10],
    ['strong coherency', 480, 0.1, 0.09, 3],
    ['little of both', 7, 0.001, 0.0005, 45],
  ])('finds the parameters of exact points: %s', (_, lambda, sigma, kappa, bestThreads) => {
    const fit = fitScaling(curve(lambda, sigma, kappa))!
    expect(fit.lambda).toBeCloseTo(lambda, 6)
    expect(fit.sigma).toBeCloseTo(sigma, 6)
    expect(fit.kappa).toBeCloseTo(kappa, 6)
    expect(fit.bestThreads).toBe(bestThreads)
    expect(fit.errorShare).toBeLessThan(1e-9)
  })

  it('finds them wherever they are', () => {
    const parameters = [
      double({ min: 1, max: 1e4, noNaN: true }),
      double({ min: 0.001, max: 0.9, noNaN: true }),
      double({ min: 0.0001, max: 0.5, noNaN: true }),
    ] as const
    assert(
      property(...parameters, (lambda, sigma, kappa) => {
        const fit = fitScaling(curve(lambda, sigma, kappa))!
        expect(fit.sigma).toBeCloseTo(sigma, 5)
        expect(fit.kappa).toBeCloseTo(kappa, 5)
        const best = COUNTS.concat(fit.bestThreads!).map((threads) => predictThroughput(fit, threads))
        expect(Math.max(...best)).toBeCloseTo(predictThroughput(fit, fit.bestThreads!), 6)
      }),
    )
  })

  it("finds Amdahl's law, which has no peak but a limit", () => {
    // Exactly representable numbers, so that the parameter comes out as 0 and not as next to nothing.
    const fit = fitScaling([1, 2, 4, 8].map((threads) => ({ threads, throughput: threads / (1 + (threads - 1) / 4) })))!
    expect(fit.sigma).toBeCloseTo(0.25, 9)
    expect([fit.kappa, fit.bestThreads, fit.gain]).toEqual([0, null, expect.closeTo(4, 6)])
  })

  it('never has a negative parameter: more than linear growth counts as linear', () => {
    const fit = fitScaling(COUNTS.map((threads) => ({ threads, throughput: threads ** 1.2 })))!
    expect([fit.sigma, fit.kappa, fit.bestThreads, fit.gain]).toEqual([0, 0, null, null])
    expect(fit.errorShare).toBeGreaterThan(0.1)
  })

  it('says that one thread is best where more only hurt', () => {
    const fit = fitScaling([1, 2, 4, 8].map((threads) => ({ threads, throughput: 100 / threads })))!
    expect([fit.bestThreads, fit.gain]).toEqual([1, 1])
  })

  it.each([0.02, 0.05])('stays near the truth with noise of %d, and shows its error', (share) => {
    const fit = fitScaling(disturb(curve(100, 0.05, 0.01), share))!
    expect(Math.abs(fit.bestThreads! - 10)).toBeLessThanOrEqual(3)
    expect(fit.errorShare).toBeGreaterThan(0)
    expect(fit.errorShare).toBeLessThan(share)
    expect(fit.largestErrorShare).toBeGreaterThanOrEqual(fit.errorShare)
  })

  it.each([
    ['three numbers of threads', [1, 2, 4]],
    ['four points of three numbers', [1, 2, 4, 4]],
    ['nothing', []],
  ])('claims nothing from %s', (_, counts) => expect(fitScaling(curve(100, 0.05, 0.01, counts))).toBe(null))
})
