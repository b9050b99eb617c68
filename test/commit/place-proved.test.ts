import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  type PathLike,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { realFileSystem } from '../../src/storage/local/placing-file-system.ts'
import { LocalStorage } from '../../src/storage/local/local-storage.ts'
import { Publisher } from '../../src/commit/publish/publisher.ts'
import { openTarget } from '../../src/commit/publish/target-access.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CONTENT = 'id\n1\n'

/** Places `a/b.csv`, and does something at the moment at which it is about to get its name. @returns what failed, by code. */
async function placeWhile(happens: (out: string, staged: string) => void): Promise<{ out: string; failed: string[] }> {
  const out = temporaryFolder()
  const staged = join(out, '.migrate/staged/b.csv')
  mkdirSync(join(out, '.migrate/staged'), { recursive: true })
  writeFileSync(staged, CONTENT)
  let hasHappened = false
  const fileSystem = {
    ...realFileSystem,
    linkSync: (from: PathLike, to: PathLike) => {
      if (!hasHappened) happens(out, staged)
      hasHappened = true
      linkSync(from, to)
    },
  }
  const target = openTarget({
    targetRoot: out,
    sourceRoot: null,
    mayOverwrite: false,
    isDurable: false,
    storage: new LocalStorage(out, { fileSystem }),
  })
  const publisher = new Publisher(target, { mayHaveStaleRejects: false, onUnplaced: () => {} })
  const file = {
    source: 'a/b.csv',
    target: 'a/b.csv',
    seen: null,
    stagedTarget: staged,
    stagedRejects: null,
    targetBytes: CONTENT.length,
    targetHash: crc32(CONTENT),
    proved: null,
  }
  const failures = await publisher.place([file], new Set())
  const failed = [...failures.values()].map(({ code }) => code)
  return { out, failed }
}

const takeFolder = (out: string): void => rmSync(join(out, 'a'), { recursive: true })
const placeByAnother = (out: string, staged: string): void => {
  mkdirSync(join(out, 'a'), { recursive: true })
  linkSync(staged, join(out, 'a/b.csv'))
  unlinkSync(staged)
}

it.each<[string, (out: string, staged: string) => void]>([
  ['another placer was faster', placeByAnother],
  ['its folder is taken away', takeFolder],
  [
    'another placer makes a folder again that was taken away, and is faster',
    (out, staged) => {
      takeFolder(out)
      placeByAnother(out, staged)
    },
  ],
])('a target is in its place and nothing has failed where %s', async (_, happens) => {
  const { out, failed } = await placeWhile(happens)
  expect(failed).toEqual([])
  expect(readFileSync(join(out, 'a/b.csv'), 'utf8')).toBe(CONTENT)
})

it('a target that was taken away with its staged file is void', async () => {
  const { out, failed } = await placeWhile((_, staged) => rmSync(staged))
  expect(failed).toEqual(['COMMIT_VOID'])
  expect(existsSync(join(out, 'a/b.csv'))).toBe(false)
})
