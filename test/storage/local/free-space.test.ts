import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freeSpaceAt } from '../../../src/storage/local/free-space.ts'
import { nearestFolder } from '../../../src/storage/local/nearest-folder.ts'
import { writeTree } from '../../discover/write-tree.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

it('the nearest folder of a path that is not there is above it', () => {
  const top = realpathSync(temporaryFolder())
  writeTree(top, ['folder/', 'file'])
  expect(nearestFolder(join(top, 'folder/a/b/c'))).toBe(join(top, 'folder'))
  expect(nearestFolder(join(top, 'file/a'))).toBe(top)
  expect(nearestFolder(top)).toBe(top)
})

it('what is free is asked of the nearest folder', () => {
  const top = realpathSync(temporaryFolder())
  expect(freeSpaceAt(join(top, 'a/b'))).toEqual({ folder: top, bytes: expect.any(Number) })
})
