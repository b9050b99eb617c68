import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { MountNamespace } from '../support/mount-namespace.ts'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { faultEnvironment, noShimReason, type Fault } from './fault-shim.ts'
import { expectExit, runProgram, type Ended } from './run-program.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { writeSources } from './source-tree.ts'
import { suiteFolder } from './suite-folder.ts'
import { contentsOf, expectGold, expectNothingLeft, listFiles, provedInodes } from './tree-state.ts'

/* What not every machine has: targets on another mount, a file system without hard links, no /proc. */

vi.setConfig({ testTimeout: 120_000 })

const WRONG_USE = 2
const ALL_BUT_SOME = 11
const DONE = 12

const noMountReason = noShimReason ?? MountNamespace.whyNot()
if (noMountReason !== null) console.log(`file-systems is skipped where it takes mounts: ${noMountReason}`)
if (noShimReason !== null) console.log(`file-systems is skipped where it takes faults: ${noShimReason}`)

const folder = suiteFolder()
const source = join(folder, 'in')
let gold: Record<string, string> = {}

beforeAll(async () => {
  // Some lie in the folders a, "a/b c" and d.
  writeSources(source, { fileCount: 20, sizeBytes: (index) => index * 300 })
  expectExit(await runHere(['--in', source, '--out', join(folder, 'gold')]), DONE)
  gold = contentsOf(join(folder, 'gold'))
})

/** A target tree and how it is seen from here. */
interface Place {
  readonly out: string
  readonly seen: string
  readonly prefix: readonly string[]
}

type Kill = Pick<Fault, 'calls' | 'from' | 'hasNoLinks'> & { readonly path: string }

const TWO_THREADS = ['--threads', '2']

function run({ out, prefix }: Place, env: NodeJS.ProcessEnv = {}, flags = ['--threads', '1']): Promise<Ended> {
  const args = ['--in', source, '--out', out, ...flags]
  return prefix.length === 0 && Object.keys(env).length === 0 ? runHere(args) : runProgram(args, { prefix, env })
}

async function killAt(place: Place, kill: Kill): Promise<void> {
  const ended = await run(place, faultEnvironment({ ...kill, times: 1, action: 'kill' }), TWO_THREADS)
  expect(ended.signal ?? ended.exitCode, `it said ${ended.stderr}`).toBe('SIGKILL')
}

/** Converts all, and then finds all done. */
async function expectTwoGoodRuns(place: Place, env: NodeJS.ProcessEnv = {}): Promise<void> {
  expectExit(await run(place, env, TWO_THREADS), DONE)
  await expectGold(place.seen, gold)
  expectNothingLeft(place.seen)
  const inodes = await provedInodes(place.seen)
  const again = await run(place, env)
  expectExit(again, DONE)
  expect(again.stderr).toMatch(/^Nothing left to do/)
  expect(await provedInodes(place.seen)).toEqual(inodes)
}

/** A tree whose folder `a` lies on a mount of its own. */
async function onTwoMounts(sizeKiB = 10_000): Promise<Place> {
  const out = join(temporaryFolder(), 'out')
  mkdirSync(join(out, 'a'), { recursive: true })
  const mounts = await MountNamespace.open('mount -t tmpfs -o "size=$2k" none "$1"', join(out, 'a'), String(sizeKiB))
  return { out, seen: mounts.inside(out), prefix: mounts.prefix }
}

describe.skipIf(noMountReason !== null)('targets below which another file system is mounted', () => {
  it('are staged beside their places, and nothing of it stays', async () => {
    const place = await onTwoMounts()
    await expectTwoGoodRuns(place)
    expect(readdirSync(join(place.out, 'a'))).toEqual([])
  })

  it.each<Kill & { what: string }>([
    { what: 'before the first of them has its name', calls: 'link', path: '/out/a/' },
    { what: 'while they have their names', calls: 'link', path: '/out/a/', from: 3 },
    { what: 'while one is written', calls: 'close', path: '/out/a/', from: 2 },
    { what: 'before the journal says so', calls: 'write', path: '/journal/', from: 2 },
  ])(
    'are made again after a kill $what, and what it left staged beside them goes',
    async ({ calls, path, from = 1 }) => {
      const place = await onTwoMounts()
      await killAt(place, { calls, path, from })
      expectExit(await run(place), DONE)
      await expectGold(place.seen, gold)
      expectNothingLeft(place.seen)
    },
  )

  it('fail by name where that one is full, and all others are done', async () => {
    const place = await onTwoMounts(4)
    const ended = await run(place)
    expectExit(ended, ALL_BUT_SOME)
    expect(ended.stderr).toMatch(/ENOSPC/)
    expect(ended.stderr).not.toMatch(/UNEXPECTED|a fault of Drover/)
    const others = Object.entries(gold).filter(([path]) => !/^(?:\.migrate\/rejects\/)?a\//.test(path))
    expect(contentsOf(place.seen)).toMatchObject(Object.fromEntries(others))
    expectNothingLeft(place.seen)
  })

  it('never replace what appears there meanwhile', async () => {
    const place = await onTwoMounts()
    const mine = join(place.seen, 'a/file-5.ndjson')
    const ended = await runUntilStopped(
      ['--in', source, '--out', place.out, '--threads', '1'],
      { calls: 'link', path: '/out/a/' },
      () => writeFileSync(mine, 'MINE\n'),
      { prefix: place.prefix },
    )
    expect(ended.wasStopped).toBe(true)
    expectExit(ended, ALL_BUT_SOME)
    expect(ended.stderr).toMatch(/a\/file-5\.ndjson: TARGET_EXISTS/)
    expect(readFileSync(mine, 'utf8')).toBe('MINE\n')
  })
})

function newPlace(): Place {
  const out = join(temporaryFolder(), 'out')
  return { out, seen: out, prefix: [] }
}

const NO_LINKS = faultEnvironment({ calls: '', action: 'none', hasNoLinks: true })

describe.skipIf(noShimReason !== null)('a file system without hard links', () => {
  it('is no reason to fail, and nothing is done twice', async () => {
    await expectTwoGoodRuns(newPlace(), NO_LINKS)
  })

  // The first is the manifest's, and one file in five has rejects. All of them with DROVER_FAULTS=full.
  it.each(process.env['DROVER_FAULTS'] === 'full' ? [1, 2, 3, 7, 12, 24] : [1, 12])(
    'a kill before rename %i is made good by the next run',
    async (from) => {
      const place = newPlace()
      await killAt(place, { calls: 'rename', path: '/out/', from, hasNoLinks: true })
      expectExit(await run(place, NO_LINKS), DONE)
      await expectGold(place.out, gold)
      expectNothingLeft(place.out)
    },
  )

  it('what appears in the place of a target meanwhile is not replaced', async () => {
    const place = newPlace()
    const mine = join(place.out, 'file-1.ndjson')
    const ended = await runUntilStopped(
      ['--in', source, '--out', place.out, '--threads', '1'],
      { calls: 'write', path: '/journal/', hasNoLinks: true },
      () => writeFileSync(mine, 'MINE\n'),
    )
    expectExit(ended, ALL_BUT_SOME)
    expect(ended.stderr).toMatch(/file-1\.ndjson: TARGET_EXISTS/)
    expect(readFileSync(mine, 'utf8')).toBe('MINE\n')
  })

  it('there is one run at a time all the same', async () => {
    const place = newPlace()
    let second: Ended | undefined
    const first = await runUntilStopped(
      ['--in', source, '--out', place.out],
      { calls: 'write', path: '/journal/', hasNoLinks: true },
      async () => {
        second = await run(place, NO_LINKS)
      },
    )
    expectExit(first, DONE)
    expectExit(second!, WRONG_USE)
    expect(second!.stderr).toMatch(/is working on this target tree/)
  })
})

/** A machine, or a bare chroot, that has no /proc. */
async function withoutProc(): Promise<Place> {
  const out = join(temporaryFolder(), 'out')
  const mounts = await MountNamespace.open('mount -t tmpfs none /proc')
  return { out, seen: out, prefix: mounts.prefix }
}

describe.skipIf(noMountReason !== null)('a system without /proc', () => {
  it('is no reason to fail', async () => {
    await expectTwoGoodRuns(await withoutProc())
  })

  it.each(['1', 'auto'])('nor with --threads %s', async (threads) => {
    const { out, prefix } = await withoutProc()
    const ended = await runProgram(['--in', source, '--out', out, '--threads', threads], { prefix })
    expectExit(ended, DONE)
    expect(contentsOf(out)).toEqual(gold)
  })

  it('what a killed run left staged goes, without a link being followed', async () => {
    const place = await withoutProc()
    await killAt(place, { calls: 'link', path: '/out/file-' })
    const staged = join(place.out, '.migrate/staged')
    const [left] = readdirSync(staged)
    const victim = temporaryFolder()
    writeFileSync(join(victim, 'keep'), 'MINE\n')
    symlinkSync(victim, join(staged, left!, 'link'))
    // Nobody sees here whether the dead run's process lives.
    expectExit(await run(place, {}, ['--threads', '1', '--unlock']), DONE)
    await expectGold(place.out, gold)
    expectNothingLeft(place.out)
    expect(listFiles(victim)).toEqual(['keep'])
  })

  it('a folder of targets that is a link is not followed', async () => {
    const place = await withoutProc()
    const victim = temporaryFolder()
    mkdirSync(place.out)
    symlinkSync(victim, join(place.out, 'a'))
    const ended = await run(place)
    expect(ended.stderr).toMatch(/TARGET_LINK|is a (?:symbolic )?link/)
    expect(listFiles(victim)).toEqual([])
  })
})
