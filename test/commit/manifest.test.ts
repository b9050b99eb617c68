import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  readManifests,
  settleManifests,
  settleShardManifests,
  writeManifest,
  type ManifestHeader,
} from '../../src/commit/journal/manifest.ts'
import { assertOwned, lostAfter, writeTree } from './staged-files.ts'
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

const proofs: Readonly<Record<string, string>> = { a: FIRST, b: SECOND, both: SECOND }
const isProved = (target: string, runId: string): boolean => (proofs[target] ?? '') >= runId

describe('manifests', () => {
  it('what a run claims is read back with its header, run after run', async () => {
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

  it('a manifest larger than what is written at once is whole', async () => {
    const root = makeTargetRoot()
    const targets = Array.from({ length: 30_000 }, (_, i) => `folder/${i}.ndjson`)
    await write(root, FIRST, ...targets)
    expect(await claimsOf(root)).toEqual(targets.map((target) => `${FIRST} ${target}`))
  })

  it('a manifest that is cut off at any byte, or has any one byte changed, is damaged, and claims only what it says', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'a', 'b')
    const path = join(root, `.migrate/manifests/${FIRST}.ndjson`)
    const whole = readFileSync(path)
    const look = async (bytes: Buffer): Promise<void> => {
      writeFileSync(path, bytes)
      const claims: string[] = []
      const damage = await readManifests(root, ({ target }) => claims.push(target))
      expect(damage).toMatchObject([{ path, runNumber: 1 }])
      expect(['a', 'b']).toEqual(expect.arrayContaining(claims))
    }
    for (let at = 0; at < whole.length - 1; at += 3) {
      await look(whole.subarray(0, at))
      const bytes = Buffer.from(whole)
      bytes[at]! ^= 1
      await look(bytes)
    }
  })

  const OLD = `${JSON.stringify(header(FIRST))}\n{"target":"a"}\n{"target":"b"}\n`
  it.each<[string, string, string[], boolean]>([
    ['whole', OLD, ['a', 'b'], false],
    ['torn in a claim', OLD.slice(0, -8), ['a'], true],
    ['torn in its header', OLD.slice(0, 9), [], true],
    ['with a damaged line', OLD.replace('{"target":"a"', '{"t\u0000rget":"a"'), ['b'], true],
  ])('a manifest of an older version, without checksums, still counts: %s', async (_, text, claims, isDamaged) => {
    const root = makeTargetRoot()
    writeTree(root, { [`.migrate/manifests/${FIRST}.ndjson`]: text })
    expect(await claimsOf(root)).toEqual(claims.map((target) => `${FIRST} ${target}`))
    expect(await readManifests(root, () => {})).toHaveLength(isDamaged ? 1 : 0)
  })

  it('a kill while a manifest is written leaves none, and nothing that stays', async () => {
    const root = makeTargetRoot()
    await expect(writeManifest({ targetRoot: root, isDurable: false }, header(FIRST), killed())).rejects.toThrow(
      'killed',
    )
    expect(await readManifests(root, () => {})).toEqual([])
    await settleManifests({ targetRoot: root, isDurable: false, assertOwned }, header(SECOND), isProved)
    expect(readdirSync(join(root, '.migrate/manifests'))).toEqual([])
  })

  it('a tree without manifests claims nothing', async () => {
    expect(await claimsOf(makeTargetRoot())).toEqual([])
  })
})

describe('settleManifests', () => {
  it('when all is proved no manifest is left', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'a', 'both')
    await write(root, SECOND, 'b', 'both')
    await settleManifests({ targetRoot: root, isDurable: true, assertOwned }, header(SECOND), isProved)
    expect(readdirSync(join(root, '.migrate/manifests'))).toEqual([])
  })

  it('what is not proved since it was claimed is kept, once, in the manifest of the run that ends', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'a', 'gone', 'failed')
    // The proof of `a` is of the first run: what the second made of it is not known.
    await write(root, SECOND, 'a', 'b', 'failed')
    await settleManifests({ targetRoot: root, isDurable: true, assertOwned }, header(SECOND), isProved)
    expect((await claimsOf(root)).sort()).toEqual([`${SECOND} a`, `${SECOND} failed`, `${SECOND} gone`])
    expect(readdirSync(join(root, '.migrate/manifests'))).toEqual([`${SECOND}.ndjson`])
  })

  it('where all of the own claims are proved, only those of other runs are read', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'gone')
    await write(root, SECOND, 'b')
    const asked: string[] = []
    const options = { targetRoot: root, isDurable: true, areOwnProved: true, assertOwned }
    await settleManifests(options, header(SECOND), (target) => {
      asked.push(target)
      return false
    })
    expect(asked).toEqual(['gone'])
    expect(await claimsOf(root)).toEqual([`${SECOND} gone`])
  })

  it('a run that had nothing to do, and wrote no manifest, keeps what dead runs claim', async () => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'gone')
    await settleManifests({ targetRoot: root, isDurable: true, assertOwned }, header(SECOND), isProved)
    expect(await claimsOf(root)).toEqual([`${SECOND} gone`])
  })

  it.each([0, 1])('no manifest is changed or removed once the tree is lost, after %i changes', async (changes) => {
    const root = makeTargetRoot()
    await write(root, FIRST, 'both')
    await write(root, SECOND, 'b')
    const options = { targetRoot: root, isDurable: true, assertOwned: lostAfter(changes) }
    await expect(settleManifests(options, header(SECOND), isProved)).rejects.toMatchObject({ code: 'LOCK_LOST' })
    expect(await claimsOf(root)).toEqual([`${FIRST} both`, `${SECOND} b`].slice(changes))
  })
})

it.each([
  ['the last shard removes what others left that were killed while they wrote', true, []],
  ['a shard beside others leaves alone what they may be writing', false, [`${SECOND}.ndjson.next`]],
])('%s', async (_, isLast, left) => {
  const root = makeTargetRoot()
  await write(root, FIRST, 'a')
  writeFileSync(join(root, '.migrate/manifests', `${SECOND}.ndjson.next`), 'cut')
  const options = { targetRoot: root, isDurable: false, assertOwned, areOwnProved: true, runId: FIRST, isLast }
  await settleShardManifests(options, async () => {})
  expect(readdirSync(join(root, '.migrate/manifests'))).toEqual(left)
})

function* killed(): Generator<{ target: string }> {
  yield { target: 'a' }
  throw new Error('killed')
}
