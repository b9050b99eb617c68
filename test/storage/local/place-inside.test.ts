import { realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { placeInside, realRoot } from '../../../src/storage/local/place-inside.ts'
import { writeTree } from '../../discover/write-tree.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A root with `folder/` and links: `inner` into it, `outer` out of it, `up` to what is above it; and a link to the root. */
function place(): { root: string; link: string } {
  const top = realpathSync(temporaryFolder())
  writeTree(top, ['root/folder/', 'other/'])
  symlinkSync('folder', join(top, 'root/inner'))
  symlinkSync('../other', join(top, 'root/outer'))
  symlinkSync('..', join(top, 'root/up'))
  symlinkSync('root', join(top, 'link'))
  return { root: join(top, 'root'), link: join(top, 'link') }
}

it.each([
  ['.', ''],
  ['folder', '/folder'],
  ['inner', '/folder'],
  ['outer', null],
  ['up', null],
  ['..', null],
  ['../other', null],
  ['up/root/folder', '/folder'],
])('the place %s below a root is %j', (path, below) => {
  const { root, link } = place()
  expect(realRoot(link)).toBe(root)
  expect(placeInside(root, path)).toBe(below === null ? null : `${root}${below}`)
})

it('where nothing is there is no place', () => {
  const { root } = place()
  expect(() => placeInside(root, 'nothing')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})
