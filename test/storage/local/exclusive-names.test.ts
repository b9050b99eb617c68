// Covers: How a name is won by one only where there are hard links, where there are none, and where an answer got lost.
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeExclusiveNames, winName } from '../../../src/storage/local/exclusive-names.ts'
import { GuardedTree } from '../../../src/storage/local/guarded-tree.ts'
import { suiteFolder } from '../../faults/suite-folder.ts'

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))

const linkWithoutAnswer = async (from: string, to: string): Promise<void> => {
  await fs.link(from, to)
  throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
}

describe('a name', () => {
  const folder = suiteFolder()
  const tree = new GuardedTree(folder)

  it('is won where the answer to the link got lost and its repetition found the name taken (NFS)', async () => {
    const existing = join(folder, 'existing')
    await fs.writeFile(existing, '')
    expect(
      await winName(existing, join(folder, 'name'), 'link', { ...fs, link: linkWithoutAnswer as typeof fs.link }),
    ).toBe(true)
  })

  it('needs hard links, or symbolic ones', async () => {
    expect(await probeExclusiveNames(tree, folder)).toBe('link')
    const noLinks = { ...fs, link: failing('EPERM') }
    expect(await probeExclusiveNames(tree, folder, noLinks)).toBe('symlink')
    expect(await probeExclusiveNames(tree, folder, { ...noLinks, symlink: failing('EPERM') })).toBeNull()
  })
})
