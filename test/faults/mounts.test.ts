import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { MountNamespace } from '../support/mount-namespace.ts'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectExit, runProgram, type Ended } from './run-program.ts'

/* What is mounted in a tree is somebody else's: it is neither emptied nor taken for the source tree that it hides. */

vi.setConfig({ testTimeout: 120_000 })

const WRONG_USE = 2

const noMountReason = MountNamespace.whyNot()
if (noMountReason !== null) console.log(`mounts is skipped: ${noMountReason}`)

/** A source tree that was converted. */
async function converted(): Promise<{ base: string; source: string; out: string }> {
  const base = temporaryFolder()
  const [source, out] = [join(base, 'in'), join(base, 'out')]
  mkdirSync(join(source, 'sub', 'deep'), { recursive: true })
  for (const name of ['a.csv', 'sub/b.csv', 'sub/deep/c.csv']) writeFileSync(join(source, name), 'id\n1\n')
  expectExit(await run(source, out), 0)
  return { base, source, out }
}

function run(source: string, out: string, mounts?: MountNamespace, flags: readonly string[] = []): Promise<Ended> {
  const args = ['--in', source, '--out', out, '--threads', '1', ...flags]
  return mounts === undefined ? runHere(args) : runProgram(args, { prefix: mounts.prefix })
}

function targetsOf(out: string): string[] {
  return readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson') && !name.startsWith('.migrate'))
    .sort()
}

describe.skipIf(noMountReason !== null)('what dead runs left is not removed where something is mounted', () => {
  it.each([
    ['at its top', 'staged/000001-abcdef', 'mount --bind "$1" "$2"'],
    ['below it', 'staged/000001-abcdef/local', 'mount --bind "$1" "$2"'],
    ['another file system', 'staged/000001-abcdef/local', 'mount -t tmpfs none "$2" && echo mine > "$2/file"'],
  ])('%s: %s', async (_, place, mount) => {
    const { base, source, out } = await converted()
    const victim = join(base, 'victim')
    mkdirSync(join(victim, 'deep'), { recursive: true })
    writeFileSync(join(victim, 'file'), 'mine\n')
    writeFileSync(join(victim, 'deep', 'file'), 'mine too\n')
    mkdirSync(join(out, '.migrate', place), { recursive: true })
    const mounts = await MountNamespace.open(mount, victim, join(out, '.migrate', place))
    writeFileSync(join(source, 'new.csv'), 'id\n2\n')
    const ended = await run(source, out, mounts)
    expectExit(ended, WRONG_USE)
    expect(ended.stderr).toContain(`${place} is a place where something is mounted`)
    expect(ended.stderr).toContain('unmount it')
    expect(readFileSync(join(mounts.inside(out), '.migrate', place, 'file'), 'utf8')).toBe('mine\n')
    expect(readdirSync(victim, { recursive: true, encoding: 'utf8' }).sort()).toEqual(['deep', 'deep/file', 'file'])
    // Without the mount it is what a dead run left.
    expectExit(await run(source, out), 0)
    expect(readdirSync(join(out, '.migrate', 'staged'))).toEqual([])
  })
})

describe.skipIf(noMountReason !== null)('--prune removes no target whose source is hidden by a mount', () => {
  const EMPTY = 'mount -t tmpfs none "$1"'
  const ALL = ['a.ndjson', 'sub/b.ndjson', 'sub/deep/c.ndjson']

  it.each([
    ['over its folder', 'sub/deep'],
    ['over a folder above it', 'sub'],
  ])('%s', async (_, place) => {
    const { source, out } = await converted()
    const mounts = await MountNamespace.open(EMPTY, join(source, place))
    const ended = await run(source, out, mounts, ['--prune'])
    expectExit(ended, 0)
    expect(ended.stderr).not.toContain('without a source')
    expect(targetsOf(out)).toEqual(ALL)
    // Nor later, when journals were put together by a run with the mount.
    const journals = (): string => readdirSync(join(out, '.migrate', 'journal')).join()
    const change = (count: number): void => writeFileSync(join(source, 'a.csv'), `id\n${count}${'0'.repeat(count)}\n`)
    // Those of runs without the mount say the same, where nothing is pruned.
    for (let count = 0; count < 11; count++) {
      change(count)
      expectExit(await run(source, out), 0)
      expect(journals()).not.toContain('.compacted')
    }
    for (let count = 11; count < 14; count++) {
      change(count)
      expectExit(await run(source, out, mounts, ['--prune']), 0)
    }
    expect(journals()).toContain('.compacted')
    expect(targetsOf(out)).toEqual(ALL)
    // What is gone from the tree itself is an orphan as ever.
    rmSync(join(source, 'sub', 'b.csv'))
    expectExit(await run(source, out, undefined, ['--prune']), 0)
    expect(targetsOf(out)).toEqual(place === 'sub' ? ALL : ['a.ndjson', 'sub/deep/c.ndjson'])
  })

  it('when another file system is mounted where theirs was', async () => {
    const { base, source, out } = await converted()
    const [disk, other] = [join(base, 'disk'), join(base, 'other')]
    for (const folder of [disk, other]) mkdirSync(folder)
    for (const name of ['d.csv', 'e.csv']) writeFileSync(join(disk, name), 'id\n1\n')
    const mounts = await MountNamespace.open('mount --bind "$1" "$2"', disk, join(source, 'sub'))
    expectExit(await run(source, out, mounts), 0)
    const wrong = await MountNamespace.open('mount --bind "$1" "$2"', other, join(source, 'sub'))
    expectExit(await run(source, out, wrong, ['--prune']), 0)
    expectExit(await run(source, out, undefined, ['--prune']), 0)
    expect(targetsOf(out)).toEqual(['a.ndjson', 'sub/b.ndjson', 'sub/d.ndjson', 'sub/deep/c.ndjson', 'sub/e.ndjson'])
    // With the right one, what is gone from it is an orphan.
    rmSync(join(disk, 'e.csv'))
    expectExit(await run(source, out, mounts, ['--prune']), 0)
    expect(targetsOf(out)).toEqual(['a.ndjson', 'sub/b.ndjson', 'sub/d.ndjson', 'sub/deep/c.ndjson'])
  })
})
