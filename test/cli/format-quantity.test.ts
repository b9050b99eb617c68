// Covers: Bytes, durations and counts, as people read them.
import { expect, it } from 'vitest'
import { countOf, formatBytes, formatDuration } from '../../src/cli/terminal/format-quantity.ts'

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [12_345, '12.3 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [1_230_000_000, '1.23 GB'],
  [5e17, '500 PB'],
  [5e18, '5,000 PB'],
])('writes %i bytes as %s', (sizeBytes, text) => {
  expect(formatBytes(sizeBytes)).toBe(text)
})

it.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [12_340, '12.3 s'],
  [59_949, '59.9 s'],
  [59_999, '1m00s'],
  [125_000, '2m05s'],
  [3_599_600, '1h00m'],
  [10_920_000, '3h02m'],
  [86_399_000, '1d00h'],
  [363_600_000, '4d05h'],
])('writes %d milliseconds as %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text)
})

it.each([
  [0, '0 files'],
  [1, '1 file'],
  [1234, '1,234 files'],
])('counts %i as %s', (count, text) => {
  expect(countOf(count, 'file')).toBe(text)
})
