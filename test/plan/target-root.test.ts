import { realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { resolveTargetRoot } from '../../src/plan/target-root.ts'
import { writeTree } from '../discover/write-tree.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A folder with `folder/`, `file`, `link` -> folder and `dangling` -> nowhere. */
function place(): string {
  const root = realpathSync(temporaryFolder())
  writeTree(root, ['folder/inner/', 'file'])
  symlinkSync('folder', join(root, 'link'))
  symlinkSync('nowhere', join(root, 'dangling'))
  return root
}

it.each([
  // --out, is the source a single file, target root, name of the only target
  ['folder', false, 'folder', null],
  ['new', false, 'new', null],
  ['new/deep/er/', false, 'new/deep/er', null],
  ['link', false, 'folder', null],
  ['link/inner/new', false, 'folder/inner/new', null],
  ['folder', true, 'folder', null],
  ['link', true, 'folder', null],
  ['new/', true, 'new', null],
  ['new', true, '', 'new'],
  ['file', true, '', 'file'],
  ['link/a.json', true, 'folder', 'a.json'],
  ['new/deep/a.json', true, 'new/deep', 'a.json'],
] as const)(
  '--out %s (single file: %j) means the tree %s and the name %j',
  async (out, isSingleFile, root, singleName) => {
    const top = place()
    const expected = { root: join(top, root).replace(/\/$/, ''), singleName }
    expect(await resolveTargetRoot(`${top}/${out}`, isSingleFile)).toEqual(expected)
  },
)

it.each([
  ['file', false, 'file'],
  ['file/deep/er', false, 'file'],
  ['dangling', false, 'dangling'],
  ['dangling/x', false, 'dangling'],
  ['file/a.json', true, 'file'],
] as const)('--out %s (single file: %j) is refused, because %s is no folder', async (out, isSingleFile, culprit) => {
  const top = place()
  await expect(resolveTargetRoot(`${top}/${out}`, isSingleFile)).rejects.toThrow(
    expect.objectContaining({
      code: 'TARGET_NOT_A_FOLDER',
      message: expect.stringContaining(`${join(top, culprit)} is not`),
    }),
  )
})

it('a pipe or a device is refused, by its absolute path', async () => {
  await expect(resolveTargetRoot('/dev/null', true)).rejects.toThrow(
    expect.objectContaining({ code: 'WRONG_USE', message: '--out /dev/null is neither a file nor a folder' }),
  )
})
