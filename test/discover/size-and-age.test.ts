// Covers: --min-size, --max-size, --min-age and --max-age.
import { expect, it } from 'vitest'
import { sizeAndAgeRule } from '../../src/discover/size-and-age.ts'
import type { SizeAndAgeOptions } from '../../src/discover/size-and-age.ts'

const NOW_MS = 1_700_000_000_000

function atAge(ageMs: number): bigint {
  return BigInt(NOW_MS - ageMs) * 1_000_000n
}

it.each<[SizeAndAgeOptions, number, number, string | null]>([
  // options, size in bytes, age in ms, the flag that leaves it out
  [{}, 0, 0, null],
  [{ minSize: 10 }, 9, 0, '--min-size'],
  [{ minSize: 10 }, 10, 0, null],
  [{ maxSize: 10 }, 10, 0, null],
  [{ maxSize: 10 }, 11, 0, '--max-size'],
  [{ minAge: 1000 }, 0, 999, '--min-age'],
  [{ minAge: 1000 }, 0, 1000, null],
  [{ maxAge: 1000 }, 0, 1000, null],
  [{ maxAge: 1000 }, 0, 1001, '--max-age'],
  [{ minAge: 500, maxAge: 1000 }, 0, 700, null],
])('with %j a file of %d bytes, %d ms old, is left out by %j', (options, sizeBytes, ageMs, flag) => {
  expect(sizeAndAgeRule(options, NOW_MS)(sizeBytes, atAge(ageMs))).toBe(flag)
})

it.each([
  { minSize: 2, maxSize: 1 },
  { minAge: 2, maxAge: 1 },
])('%j lets nothing pass and is refused', (options) => {
  expect(() => sizeAndAgeRule(options, NOW_MS)).toThrow(expect.objectContaining({ code: 'WRONG_USE' }))
})
