// Covers: Folders that are held open, also where others remove or replace them.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { GuardedTree } from '../../../src/storage/local/guarded-tree.ts'
import { FolderHolder } from '../../../src/storage/local/held-folders.ts'
import { HeldSources } from '../../../src/storage/local/held-sources.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const modeOf = () => 0o700
const onMade = () => {}

it('a folder as deep as a path can be is made and held', async () => {
  const root = temporaryFolder()
  const deep = root + '/d'.repeat(Math.floor((4095 - root.length) / 2))
  const holder = new FolderHolder(new GuardedTree(root), fs)
  const held = await holder.holdOrMake(deep, modeOf, onMade)
  held.release()
  const isThere = existsSync(deep)
  // Node's own removal calls itself for each folder, and its stack ends before.
  execFileSync('rm', ['-rf', join(root, 'd')])
  expect(isThere).toBe(true)
})

it('a folder that is there and is not, over and over, is an error and no endless search', () => {
  const root = temporaryFolder()
  // As for somebody who looks in the moments in which it is there, and opens it in the others.
  class Flickering extends GuardedTree {
    override hasFolder(): boolean {
      return true
    }
  }
  expect(() => new FolderHolder(new Flickering(root), fs).hold(join(root, 'a'))).toThrow(/^ENOENT: /)
})

it('a folder that is removed each time when it was made is an error and no endless making', async () => {
  const root = temporaryFolder()
  let made = 0
  const makesAndRemoves = {
    mkdir: async (path: Parameters<typeof fs.mkdir>[0]) => {
      mkdirSync(String(path))
      rmdirSync(String(path))
      made++
      return undefined
    },
  } as unknown as typeof fs
  const holder = new FolderHolder(new GuardedTree(root), makesAndRemoves)
  await expect(holder.holdOrMake(join(root, 'a/b'), modeOf, onMade)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(made).toBeGreaterThan(1)
})

it('nothing is taken out of a folder that is not there', () => {
  const root = temporaryFolder()
  const sources = new HeldSources(new FolderHolder(new GuardedTree(root), fs))
  expect(() => sources.pathOf(join(root, 'gone/a.csv'))).toThrow(`ENOENT: no such folder, open '${join(root, 'gone')}'`)
})
