// Covers: The warning that a disk has too little room, before a run begins.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { spacePreflight, spaceWarning } from '../../src/plan/space-preflight.ts'
import { openTargetStorage } from '../../src/storage/storages.ts'
import { MemoryTarget } from '../support/memory-storage/memory-target.ts'

it.each([
  [100, 100, null],
  [0, 0, null],
  [100, 101, 'the targets will probably need 101 bytes, but only 100 bytes are free in /out'],
  [1_500_000, 2_000_000_000, 'the targets will probably need 2.0 GB, but only 1.5 MB are free in /out'],
])('with %d bytes free and %d needed the warning is %j', (freeBytes, neededBytes, warning) => {
  expect(spaceWarning('/out', freeBytes, neededBytes)).toBe(warning)
})

it('a tree that does not exist yet is measured where it will lie', async () => {
  const target = openTargetStorage(join(tmpdir(), 'not', 'there', 'yet'))
  expect(await spacePreflight(target, 1, 1)).toBeNull()
  expect(await spacePreflight(target, 1e15, 1e6)).toContain(`are free in ${tmpdir()}`)
})

it('a storage that does not say what is free warns of nothing', async () => {
  const target = new MemoryTarget('/out')
  expect(await spacePreflight(target, 1e15, 1e6)).toBeNull()
  target.freeBytes = 100
  expect(await spacePreflight(target, 100, 1)).toBeNull()
  expect(await spacePreflight(target, 101, 1)).toContain('only 100 bytes are free in /out')
})
