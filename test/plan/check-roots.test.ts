import { linkSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkRoots } from '../../src/plan/check-roots.ts'
import { targetNames } from '../../src/plan/target-names.ts'
import { resolveTargetRoot } from '../../src/plan/target-root.ts'
import { openTargetStorage } from '../../src/storage/storages.ts'
import { writeTree } from '../discover/write-tree.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { sourceListOf } from './source-list-of.ts'

/** Checks a plan from `in` to `out`, both below a fresh folder; returns the code and the message without that folder. */
async function check(given: {
  in: string
  out: string
  sources: string[]
  depth?: number
  isSingleFile?: boolean
  prepare?: (top: string) => void
}): Promise<string> {
  const top = realpathSync(temporaryFolder())
  writeTree(
    top,
    given.sources.map((path) => join(given.in, path)),
  )
  given.prepare?.(top)
  const isSingleFile = given.isSingleFile ?? false
  const source = { root: join(top, given.in), isSingleFile, depth: given.depth ?? Number.POSITIVE_INFINITY }
  try {
    const { root, singleName } = await resolveTargetRoot(`${top}/${given.out}`, isSingleFile)
    const targets = targetNames(sourceListOf(given.sources), { rule: 'replace', extension: 'ndjson', singleName })
    await checkRoots(source, given.sources[0] ?? '', openTargetStorage(root), targets)
    return 'fine'
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code}: ${message.replaceAll(`${top}/`, '')}`
  }
}

it.each([
  ['in', 'out', ['a.csv'], 'fine'],
  ['in', 'in-out', ['a.csv'], 'fine'],
  ['in', 'in', ['a.csv'], 'TARGET_INSIDE_SOURCE: the target tree in is the source tree itself'],
  ['in', 'in/out', ['a.csv'], 'TARGET_INSIDE_SOURCE: the target tree in/out is inside the source tree in'],
  ['in', 'link/out', ['a.csv'], 'TARGET_INSIDE_SOURCE: the target tree in/out is inside the source tree in'],
  // The source inside the target is fine while no target falls into it.
  ['out/in', 'out', ['a.csv', 'x/b.csv'], 'fine'],
  [
    'out/in',
    'out',
    ['a.csv', 'in/b.csv'],
    'TARGET_INSIDE_SOURCE: the target out/in/b.ndjson is inside the source tree out/in',
  ],
  [
    'out/in.ndjson',
    'out',
    ['in.csv'],
    'TARGET_INSIDE_SOURCE: the target out/in.ndjson is inside the source tree out/in.ndjson',
  ],
  ['out/in', 'out', ['inner/b.csv'], 'fine'],
])('from %s to %s with the sources %j: %s', async (from, out, sources, outcome) => {
  const prepare = (top: string) => symlinkSync(from, join(top, 'link'))
  expect(await check({ in: from, out, sources, prepare })).toBe(outcome)
})

it.each([
  ['in/out', 1, 'fine'],
  ['in/out', 2, 'TARGET_INSIDE_SOURCE: the target tree in/out is inside the source tree in'],
  ['in/out/deep', 2, 'fine'],
  ['in', 1, 'TARGET_INSIDE_SOURCE: the target tree in is the source tree itself'],
])('targets may go to %s from a pattern of depth %d: %s', async (out, depth, outcome) => {
  expect(await check({ in: 'in', out, depth, sources: ['a.csv'] })).toBe(outcome)
})

it.each<[string, string, ((top: string) => void) | undefined, string]>([
  ['in/a.ndjson', 'beside it', undefined, 'fine'],
  ['in/', 'into its folder', undefined, 'fine'],
  ['in/a.csv', 'itself', undefined, 'TARGET_INSIDE_SOURCE: the target in/a.csv is the source itself'],
  [
    'link.csv',
    'a link to it',
    (top) => symlinkSync('in/a.csv', join(top, 'link.csv')),
    'TARGET_INSIDE_SOURCE: the target link.csv is the source itself',
  ],
  [
    'hard.csv',
    'a hard link of it',
    (top) => linkSync(join(top, 'in/a.csv'), join(top, 'hard.csv')),
    'TARGET_INSIDE_SOURCE: the target hard.csv is the source itself',
  ],
])('a single file to %s, %s', async (out, _what, prepare, outcome) => {
  expect(await check({ in: 'in', out, sources: ['a.csv'], isSingleFile: true, ...(prepare && { prepare }) })).toBe(
    outcome,
  )
})

it.each<[string, (top: string) => void, string]>([
  ['a plain folder', (top) => writeTree(top, ['out/x/y/']), 'fine'],
  [
    'a link to a folder',
    (top) => {
      writeTree(top, ['out/', 'elsewhere/'])
      symlinkSync('../elsewhere', join(top, 'out/x'))
    },
    'TARGET_LINK: out/x is a symbolic link, and targets would be written through it',
  ],
  [
    'a link further down',
    (top) => {
      writeTree(top, ['out/x/', 'elsewhere/'])
      symlinkSync('../../elsewhere', join(top, 'out/x/y'))
    },
    'TARGET_LINK: out/x/y is a symbolic link, and targets would be written through it',
  ],
  [
    'a link where the bookkeeping belongs',
    (top) => {
      writeTree(top, ['out/', 'elsewhere/'])
      symlinkSync('../elsewhere', join(top, 'out/.migrate'))
    },
    'TARGET_LINK: out/.migrate is a symbolic link, and targets would be written through it',
  ],
  [
    'a file',
    (top) => writeTree(top, ['out/x']),
    'TARGET_NOT_A_FOLDER: out/x is not a folder, but targets belong below it',
  ],
  [
    'the top itself a link',
    (top) => {
      writeTree(top, ['elsewhere/x/'])
      symlinkSync('elsewhere', join(top, 'out'))
    },
    'fine',
  ],
  [
    'a link that no target goes through',
    (top) => {
      writeTree(top, ['out/'])
      symlinkSync('/', join(top, 'out/other'))
    },
    'fine',
  ],
])('on the way to a target there is %s', async (_what, prepare, outcome) => {
  expect(await check({ in: 'in', out: 'out', sources: ['x/y/a.csv', 'x/y/b.csv', 'c.csv'], prepare })).toBe(outcome)
})
