import { describe, expect, it } from 'vitest'
import { compareBaseline, requireComparable } from '../../src/bench/compare-baseline.ts'
import { benchReportOf } from './bench-report-of.ts'

describe('a benchmark against its baseline', () => {
  it.each([
    ['the same times', [10, 10.1, 9.9], [10, 10.1, 9.9], 'same'],
    ['4 % on a quiet machine', [10, 10, 10], [10.4, 10.4, 10.4], 'same'],
    ['6 % on a quiet machine', [10, 10, 10], [10.6, 10.6, 10.6], 'slower'],
    ['6 % less on a quiet machine', [10, 10, 10], [9.4, 9.4, 9.4], 'faster'],
    ['6 % on a noisy machine', [10, 11, 9], [10.6, 11.6, 9.6], 'same'],
    ['half as fast on a noisy machine', [10, 11, 9], [20, 22, 18], 'slower'],
    ['15 % of two runs', [10, 10], [11.5, 11.5], 'same'],
    ['25 % of one run', [10], [12.5], 'slower'],
  ] as const)('%s: %j, %j', (_, then, now, outcome) => {
    const comparison = compareBaseline(benchReportOf({ 1: now }), benchReportOf({ 1: then }), 'old.json')
    expect(comparison.rows).toMatchObject([{ kind: 'cpu-bound', label: '1', outcome }])
    expect(comparison.warnings).toEqual([])
  })

  it('compares what both have, and nothing else', () => {
    const { rows } = compareBaseline(benchReportOf({ 1: [1], 4: [1] }), benchReportOf({ 4: [1], 8: [1] }), 'old.json')
    expect(rows.map(({ label }) => label)).toEqual(['4'])
  })

  it('says what was different then', () => {
    const then = benchReportOf({ 1: [1] })
    const other = { ...then, machine: { ...then.machine, cpu: 'Another' }, work: { ...then.work, sourceBytes: 5 } }
    const { warnings } = compareBaseline(then, other, 'old.json')
    expect(warnings).toEqual([
      'CPU differs: Another then, A CPU now',
      'bytes of sources differs: 5 then, 1000000000 now',
    ])
  })

  it('is refused before anything is measured where there will be nothing to compare', () => {
    const before = benchReportOf({ 1: [1], 2: [1] })
    requireComparable(before, { labels: ['2', '8'] }, 'old.json')
    expect(() => requireComparable(before, { labels: ['8'] }, 'old.json')).toThrow('none of these numbers of threads')
  })
})
