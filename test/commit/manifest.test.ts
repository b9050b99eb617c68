import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readManifests, settleManifests, writeManifest, type ManifestHeader } from '../../src/commit/manifest.ts'
import { writeTree } from './staged-files.ts'
import { makeTargetRoot } from './temporary-tree.ts'

const [FIRST, SECOND] = ['000001-aaaaaa', '000002-bbbbbb']

function header(runId: string): ManifestHeader {
  return { runId, manifestHash: `m of ${runId}`, planHash: 'p' }
}

async function claimsOf(root: string): Promise<string[]> {
  const claims: string[] = []
  await readManifests(root, ({ target, stagedFolder }, { runId }) =>
    claims.push([runId, target, stagedFolder ?? []].flat().join(' ')),
  )
  return claims
}

async function write(root: string, runId: string, ...targets: readonly string[]): Promise<void> {
  await writeManifest(
    { targetRoot: root, isDurable: true },
    header(runId),
    targets.map((target) => ({ target })),
  )
}

describe('manifests', () => {
  test('what a run claims is read back with its header, run after run', async () => {
    const root = makeTargetRoot()
    await write(root, SECOND, 'b')
    await writeManifest({ targetRoot: root, isDurable: false }, header(FIRST), [
      { target: 'a\n"x"', stagedFolder: 'mount' },
    ])
    expect(await claimsOf(root)).toEqual([`${FIRST} a\n"x" mount`, `${SECOND} b`])
    const headers: ManifestHeader[] = []
    await readManifests(root, (_, seen) => headers.push(seen))
    expect(headers[0]).toEqual(header(FIRST))
  })

  test('a manifest larger than what is written at once is whole', async () => {
    const root = makeTargetRoot()
    const targets = Array.from({ length: 30_000 }, (_, i) => `folder/${i}.ndjson`)
    await write(root, FIRST, ...targets)
    expect(await claimsOf(root)).toEqual(targets.map((target) => `${FIRST} ${target}`))
  })

  test.each([
    ['an empty one', ''],
    ['a torn header', '{"runId":"0000'],
    ['a torn claim', `${JSON.stringify(header(FIRST))}\n{"target":"a"}\n{"targ`],
  ])('a manifest that died young (%s) claims only what it says', async (_, text) => {
    const root = makeTargetRoot()
    writeTree(root, { [`.migrate/manifests/${FIRST}.ndjson`]: text })
    expect(await claimsOf(root)).toEqual(text.includes('"a"') ? [`${FIRST} a`] : [])
  })

  test('a tree without manifests claims nothing', async () => {
    expect(await claimsOf(makeTargetRoot())).toEqual([])
  })
})

describe('settleManifests', () => {
  const proofs: Readonly<Record<string, string>> = { a: FIRST, b: SECOND, both: SECOND }
  const isProved = (target: string, runId: string): boolean => (proofs[target] ?? '') >= runId

  test('when all is proved no manifest is left', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'a', 'both')
    await write(root, SECOND, 'b', 'both')
    await settleManifests({ targetRoot: root, isDurable: true }, header(SECOND), isProved)
    expect(readdirSync(join(root, '.migrate/manifests'))).toEqual([])
  })

  test('what is not proved since it was claimed is kept, once, in the manifest of the run that ends', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'a', 'gone', 'failed')
    // The proof of `a` is of the first run: what the second made of it is not known.
    await write(root, SECOND, 'a', 'b', 'failed')
    await settleManifests({ targetRoot: root, isDurable: true }, header(SECOND), isProved)
    expect((await claimsOf(root)).sort()).toEqual([`${SECOND} a`, `${SECOND} failed`, `${SECOND} gone`])
    expect(readdirSync(join(root, '.migrate/manifests'))).toEqual([`${SECOND}.ndjson`])
  })

  test('where all of the own claims are proved, only those of other runs are read', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'gone')
    await write(root, SECOND, 'b')
    const asked: string[] = []
    const options = { targetRoot: root, isDurable: true, areOwnProved: true }
    await settleManifests(options, header(SECOND), (target) => {
      asked.push(target)
      return false
    })
    expect(asked).toEqual(['gone'])
    expect(await claimsOf(root)).toEqual([`${SECOND} gone`])
  })

  test('a run that had nothing to do, and wrote no manifest, keeps what dead runs claim', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'gone')
    await settleManifests({ targetRoot: root, isDurable: true }, header(SECOND), isProved)
    expect(await claimsOf(root)).toEqual([`${SECOND} gone`])
  })
})
