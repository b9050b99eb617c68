import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderModesOf } from '../../src/storage/folder-modes.ts'
import { MemorySources } from '../support/memory-storage/memory-sources.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

it('a new folder has the mode of the source folder, and its owner all rights', () => {
  const source = temporaryFolder()
  mkdirSync(join(source, 'a'))
  chmodSync(join(source, 'a'), 0o551)
  const modeOf = folderModesOf(source, '/out')
  expect(modeOf('/out/a')).toBe(0o751)
  // Nobody else may enter where it is not known who may enter the source.
  expect(modeOf('/out/gone')).toBe(0o700)
  expect(folderModesOf(null, '/out')('/out/a')).toBe(0o700)
})

it('a storage may answer later, and have no modes of its own', async () => {
  const sources = new MemorySources({ latencyMs: 0 })
  sources.put('/in/a/file', '')
  const modeOf = folderModesOf('/in', '/out', sources)
  expect(await modeOf('/out/a')).toBe(0o777)
  expect(await modeOf('/out/gone')).toBe(0o700)
})
