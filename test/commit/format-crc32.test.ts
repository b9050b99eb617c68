// Covers: Checksums as text.
import { expect, it } from 'vitest'
import { formatCrc32 } from '../../src/commit/journal/format-crc32.ts'

it.each([0, 1, 0xff, 0x100, 0xabcdef, 0x7fffffff, 0x80000000, 0xffffffff])('has eight digits: %i', (crc) => {
  expect(formatCrc32(crc)).toBe(crc.toString(16).padStart(8, '0'))
})
