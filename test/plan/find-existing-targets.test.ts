// Covers: What already lies where targets will, and whose it is.
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findExistingTargets, refuseForeignTargets } from '../../src/plan/find-existing-targets.ts'
import { targetNames } from '../../src/plan/target-names.ts'
import { openTargetStorage } from '../../src/storage/storages.ts'
import { writeTree } from '../discover/write-tree.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { sourceListOf } from './source-list-of.ts'

function targetsOf(sources: readonly string[]) {
  return targetNames(sourceListOf(sources), { rule: 'replace', extension: 'json', singleName: null })
}

async function sizes(root: string, sources: readonly string[]) {
  const existing = await findExistingTargets(openTargetStorage(root), targetsOf(sources))
  return sources.map((_, index) => (existing.has(index) ? (existing.sizeBytes(index) ?? 'no file') : 'absent'))
}

it('targets that are there are found with their sizes', async () => {
  const root = temporaryFolder()
  writeTree(root, ['a.json', 'x/b.json', 'x/other.json', 'c.csv'])
  mkdirSync(join(root, 'x/d.json'))
  symlinkSync('b.json', join(root, 'x/e.json'))
  const sources = ['a.csv', 'c.csv', 'x/b.csv', 'x/d.csv', 'x/e.csv', 'x/f.csv', 'y/a.csv']
  expect(await sizes(root, sources)).toEqual([6, 'absent', 8, 'no file', 'no file', 'absent', 'absent'])
})

it('in a tree that does not exist there are none', async () => {
  expect(await sizes(join(temporaryFolder(), 'new'), ['a.csv', 'x/b.csv'])).toEqual(['absent', 'absent'])
})

async function refusal(
  targets: string[],
  rules: { claimed?: number[]; mayOverwrite?: boolean; damaged?: string },
  folder?: string,
): Promise<object | null> {
  const root = temporaryFolder()
  writeTree(root, targets)
  if (folder !== undefined) mkdirSync(join(root, folder))
  const names = targetsOf(['1', '2', '3', '4', '5', '6', '7'])
  const isClaimed = (index: number) => rules.claimed?.includes(index) ?? false
  try {
    refuseForeignTargets(await findExistingTargets(openTargetStorage(root), names), names, {
      isClaimed,
      mayOverwrite: rules.mayOverwrite ?? false,
      damaged: rules.damaged ?? null,
    })
    return null
  } catch (error) {
    return error as object
  }
}

it('targets that an earlier run claims, or that may be overwritten, are not refused', async () => {
  expect(await refusal([], {})).toBeNull()
  expect(await refusal(['1.json', '3.json'], { claimed: [0, 2] })).toBeNull()
  expect(await refusal(['1.json', '3.json'], { mayOverwrite: true })).toBeNull()
})

it.each<[string[], number[], string]>([
  [['2.json'], [0], '1 target is already there, and nothing here proves that Drover made it: 2.json'],
  [
    ['1.json', '2.json', '3.json'],
    [0],
    '2 targets are already there, and nothing here proves that Drover made them: 2.json, 3.json',
  ],
  [
    ['1.json', '2.json', '3.json', '4.json', '5.json', '6.json'],
    [],
    '6 targets are already there, and nothing here proves that Drover made them: 1.json, 2.json, 3.json, 4.json, 5.json, ...',
  ],
])('with %j there, of which %j are claimed: %s', async (targets, claimed, message) => {
  expect(await refusal(targets, { claimed })).toMatchObject({
    code: 'TARGET_EXISTS',
    message,
    hint: expect.stringContaining('--overwrite'),
  })
})

it('where the books are damaged they are named in place of a stranger, with what was proved perhaps', async () => {
  expect(await refusal(['2.json', '3.json'], { claimed: [1], damaged: 'J is damaged from byte 7 on' })).toMatchObject({
    code: 'BOOKKEEPING_DAMAGED',
    message: 'J is damaged from byte 7 on, so nothing proves any more that Drover made 1 target that is there: 3.json',
    hint: expect.stringContaining('make sure that none of these targets is yours'),
  })
})

it('a folder in the place of a target is refused whatever is claimed or allowed', async () => {
  expect(await refusal([], { claimed: [0], mayOverwrite: true }, '1.json')).toMatchObject({
    code: 'TARGET_EXISTS',
    message: '1 target is already there, and nothing here proves that Drover made it: 1.json (no regular file)',
  })
})
