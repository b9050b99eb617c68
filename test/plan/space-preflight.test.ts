// Covers: The warning that a disk has too little room, before a run begins.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { spacePreflight, spaceWarning } from '../../src/plan/space-preflight.ts'

it.each([
  [100, 100, null],
  [0, 0, null],
  [100, 101, 'the targets will probably need 101 bytes, but only 100 bytes are free in /out'],
  [1_500_000, 2_000_000_000, 'the targets will probably need 2.0 GB, but only 1.5 MB are free in /out'],
])('with %d bytes free and %d needed the warning is %j', (freeBytes, neededBytes, warning) => {
  expect(spaceWarning('/out', freeBytes, neededBytes)).toBe(warning)
})

it('a tree that does not exist yet is measured where it will lie', () => {
  const root = join(tmpdir(), 'not', 'there', 'yet')
  expect(spacePreflight(root, 1, 1)).toBeNull()
  expect(spacePreflight(root, 1e15, 1e6)).toContain(`are free in ${tmpdir()}`)
})
