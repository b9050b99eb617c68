import { expect, test } from 'vitest'
import { TargetRenamer } from '../../src/commit/target-renamer.ts'

/** Renames that each take the given time by the renamer's own clock. @returns how each was done. */
async function renameEach(durationsMs: readonly number[]): Promise<string[]> {
  const ways: string[] = []
  let nowMs = 0
  const renamer = new TargetRenamer(
    {
      renameSync: () => {
        nowMs += durationsMs[ways.length] ?? 0
        ways.push('at once')
      },
      rename: async () => void ways.push('handed on'),
    },
    () => nowMs,
  )
  for (let index = 0; index < durationsMs.length; index++) await renamer.rename(`staged-${index}`, `target-${index}`)
  return ways
}

test('renames are done at once, also where one of them takes long', async () => {
  const durationsMs = Array.from({ length: 400 }, (_, index) => (index === 7 ? 100 : 0.02))
  expect(new Set(await renameEach(durationsMs))).toEqual(new Set(['at once']))
})

test('where a whole group of them was slow they are handed on', async () => {
  const ways = await renameEach(Array.from({ length: 300 }, () => 5))
  expect(ways.indexOf('handed on')).toBe(128)
  expect(new Set(ways.slice(128))).toEqual(new Set(['handed on']))
})

test('a rename that fails throws what the system says', async () => {
  const failing = new TargetRenamer({
    renameSync: () => {
      throw new Error('EXDEV')
    },
    rename: async () => {},
  })
  expect(() => failing.rename('a', 'b')).toThrow('EXDEV')
})
