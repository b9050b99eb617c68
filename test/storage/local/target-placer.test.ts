import { expect, it } from 'vitest'
import { TargetPlacer } from '../../../src/storage/local/target-placer.ts'
import { realFileSystem } from '../../../src/storage/local/placing-file-system.ts'

/** Targets that each take the given time by the placer's own clock. @returns how each was placed. */
async function placeEach(durationsMs: readonly number[]): Promise<string[]> {
  const ways: string[] = []
  let nowMs = 0
  const fileSystem = {
    ...realFileSystem,
    linkSync: () => {
      nowMs += durationsMs[ways.length] ?? 0
      ways.push('at once')
    },
    link: async () => void ways.push('handed on'),
    unlinkSync: () => {},
    unlink: async () => {},
  }
  const placer = new TargetPlacer(fileSystem, () => nowMs)
  for (let index = 0; index < durationsMs.length; index++)
    await placer.place(`staged-${index}`, {
      path: `target-${index}`,
      shown: `target-${index}`,
      seen: null,
      orAnyFile: false,
    })
  return ways
}

it('targets are placed at once, also where one of them takes long', async () => {
  const durationsMs = Array.from({ length: 400 }, (_, index) => (index === 7 ? 100 : 0.02))
  expect(new Set(await placeEach(durationsMs))).toEqual(new Set(['at once']))
})

it('where a whole group of them was slow they are handed on', async () => {
  const ways = await placeEach(Array.from({ length: 300 }, () => 5))
  expect(ways.indexOf('handed on')).toBe(128)
  expect(new Set(ways.slice(128))).toEqual(new Set(['handed on']))
})

function failingBy(code: string) {
  return (): never => {
    throw Object.assign(new Error(code), { code })
  }
}

const PLACE = { path: 'b', shown: 'b', seen: null, orAnyFile: false }

it('a link that fails throws what the system says', () => {
  const failing = new TargetPlacer({ ...realFileSystem, linkSync: failingBy('EIO') })
  expect(() => failing.place('a', PLACE)).toThrow('EIO')
})

it('where files cannot be linked into another folder they are renamed, and a rename that fails throws', () => {
  const names: string[] = []
  const fileSystem = { ...realFileSystem, linkSync: failingBy('EXDEV') }
  const renameSync = (from: unknown, to: unknown): void => void names.push(`${String(from)} -> ${String(to)}`)
  void new TargetPlacer({ ...fileSystem, renameSync }).place('a', PLACE)
  expect(names).toEqual(['a -> b'])
  const failing = new TargetPlacer({ ...fileSystem, renameSync: failingBy('EXDEV') })
  expect(() => failing.place('a', PLACE)).toThrow('EXDEV')
})
