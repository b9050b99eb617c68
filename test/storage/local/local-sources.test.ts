import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { LocalStorage } from '../../../src/storage/local/local-storage.ts'
import { localSources } from '../../../src/storage/local/local-sources.ts'
import { writeTree } from '../../discover/write-tree.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** `folder/file`, another name of it, links to it, to nothing and to themselves, and a FIFO. */
function place(): string {
  const top = realpathSync(temporaryFolder())
  writeTree(top, ['folder/file', 'other'])
  linkSync(join(top, 'folder/file'), join(top, 'hard'))
  symlinkSync('folder/file', join(top, 'link'))
  symlinkSync('nowhere', join(top, 'dangling'))
  execFileSync('mkfifo', [join(top, 'pipe')])
  return top
}

it.each([
  ['folder', 'folder'],
  ['folder/file', 'file'],
  ['link', 'link'],
  ['dangling', 'link'],
  ['pipe', 'other'],
  ['nothing', null],
  ['nothing/below', null],
  ['other/below', null],
])('at %s is: %s', (path, kind) => {
  expect(localSources.kindOf(join(place(), path))).toBe(kind)
})

it('that nothing is there is only said where it is certain', () => {
  const top = place()
  chmodSync(join(top, 'folder'), 0o000)
  onTestFinished(() => chmodSync(join(top, 'folder'), 0o755))
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    expect(() => localSources.kindOf(join(top, 'folder/gone'))).toThrow(expect.objectContaining({ code: 'EACCES' }))
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

it('a source and a target are one file by any of its names, and by no other', () => {
  const top = place()
  const source = localSources.identityOf(join(top, 'folder/file'))
  const target = new LocalStorage(top)
  const isSource = (name: string): boolean => target.identityOf(join(top, name)) === source
  expect(['folder/file', 'hard', 'link'].map(isSource)).toEqual([true, true, true])
  expect(['other', 'folder', 'pipe'].map(isSource)).toEqual([false, false, false])
  expect([target.identityOf(join(top, 'nothing')), localSources.identityOf(join(top, 'dangling'))]).toEqual([
    null,
    null,
  ])
})
