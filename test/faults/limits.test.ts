import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectExit, runProgram, type Ended } from './run-program.ts'
import { writeSources } from './source-tree.ts'
import { suiteFolder } from './suite-folder.ts'
import { contentsOf, expectGold, expectNothingLeft, expectNothingWrong } from './tree-state.ts'

/* Limits of the system that are really there: full disks, rights, open files, file sizes; and sources that change. */

const DONE = 12
const isRoot = process.getuid?.() === 0

function hasCommand(...words: readonly [string, ...string[]]): boolean {
  return spawnSync(words[0], words.slice(1)).status === 0
}

function mountReason(): string | null {
  if (!isRoot) return 'not root'
  const folder = temporaryFolderForMount()
  const canMount = hasCommand('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder)
  if (canMount) spawnSync('umount', [folder])
  rmSync(folder, { recursive: true, force: true })
  return canMount ? null : 'cannot mount'
}

function temporaryFolderForMount(): string {
  const folder = join('/tmp', `drover-mount-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  return folder
}

const noMount = mountReason()
const noRights = isRoot && hasCommand('setpriv', '--version') ? null : 'not root, or no setpriv'
const noLimits = hasCommand('prlimit', '--version') ? null : 'no prlimit'
for (const [what, reason] of Object.entries({
  'full disks': noMount,
  rights: noRights,
  'limits of the process': noLimits,
})) {
  if (reason !== null) console.log(`tests of ${what} are skipped: ${reason}`)
}

const folder = suiteFolder()
const source = join(folder, 'in')
let gold: Record<string, string> = {}

beforeAll(async () => {
  writeSources(source, { fileCount: 24, sizeBytes: (index) => (index % 8) * 30_000 })
  // Everybody may read it: some runs have fewer rights than this test.
  chmodSync(folder, 0o755)
  const ended = await runHere(['--in', source, '--out', join(folder, 'gold')])
  expectExit(ended, DONE)
  gold = contentsOf(join(folder, 'gold'))
})

const argsFor = (out: string, ...more: string[]): string[] => ['--in', source, '--out', out, '--threads', '2', ...more]

async function expectResumed(out: string, ...more: string[]): Promise<void> {
  const resumed = await runHere(argsFor(out, ...more))
  expectExit(resumed, DONE)
  await expectGold(out, gold)
}

function expectClear({ stderr, signal }: Ended): void {
  expect(signal, `it said ${stderr}`).toBe(null)
  expect(stderr).not.toMatch(/\n\s+at .*:\d+|node:|unhandled|UNEXPECTED|a fault of Drover/i)
}

/** A small file system of its own. */
function mountSmall(options: string): string {
  const mount = temporaryFolder()
  expect(hasCommand('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', mount)).toBe(true)
  onTestFinished(() => void spawnSync('umount', [mount]))
  return mount
}

describe.skipIf(noMount !== null)('a disk that is full', () => {
  it.each([
    ['of bytes', 'size=1400k', 'size=64m'],
    ['of files', 'nr_inodes=40', 'nr_inodes=4000'],
  ])(
    '%s fails the files that do not fit, keeps the others, and the next run goes on from there',
    async (_, small, large) => {
      const mount = mountSmall(small)
      const out = join(mount, 'out')
      const ended = await runProgram(argsFor(out))
      expectClear(ended)
      expectExit(ended, 11)
      expect(ended.stderr).toMatch(/file-\d+\.\w+: ENOSPC/)
      await expectNothingWrong(out, gold)
      expectNothingLeft(out)
      expect(Object.keys(contentsOf(out)).length).toBeGreaterThan(0)

      expect(hasCommand('mount', '-o', `remount,${large}`, mount)).toBe(true)
      await expectResumed(out)
    },
  )

  it('to the last byte is told before anything is converted', async () => {
    const mount = mountSmall('size=64k')
    spawnSync('dd', ['if=/dev/zero', `of=${join(mount, 'filler')}`, 'bs=4k'])
    const ended = await runProgram(argsFor(join(mount, 'out')))
    expectClear(ended)
    expect(ended.exitCode).toBeGreaterThan(0)
    expect(ended.stderr).toContain('ENOSPC')
    rmSync(join(mount, 'filler'))
    hasCommand('mount', '-o', 'remount,size=64m', mount)
    await expectResumed(join(mount, 'out'))
  })

  it('or mounted read-only is told by its name', async () => {
    const mount = mountSmall('size=8m,ro')
    const ended = await runProgram(argsFor(join(mount, 'out')))
    expectClear(ended)
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining('EROFS')])
  })
})

describe.skipIf(noRights !== null)('without the right', () => {
  // Root without the power to pass over modes: `nobody` may have no way to the program, where the clone lies below a folder of root's own.
  const asOther = ['setpriv', '--bounding-set=-dac_override,-dac_read_search']

  it('to write the target tree, one clear line says so', async () => {
    const parent = temporaryFolder()
    chmodSync(parent, 0o555)
    const ended = await runProgram(argsFor(join(parent, 'out')), { prefix: asOther })
    expectClear(ended)
    expect(ended.exitCode).toBe(1)
    expect(ended.stderr).toMatch(/^migrate: the target tree cannot be used: mkdir failed: EACCES/)
    expect(existsSync(join(parent, 'out'))).toBe(false)
  })

  it('to read a source file, that file fails and the others are done', async () => {
    const parent = temporaryFolder()
    const own = join(parent, 'in')
    writeSources(own, { fileCount: 4, sizeBytes: () => 500 })
    chmodSync(join(own, 'file-2.json'), 0)
    const ended = await runProgram(['--in', own, '--out', join(parent, 'out')], { prefix: asOther })
    expectClear(ended)
    expect([ended.exitCode, ended.stderr]).toEqual([11, expect.stringContaining('file-2.json: EACCES')])
    expect(Object.keys(contentsOf(join(parent, 'out'))).filter((path) => !path.startsWith('.'))).toHaveLength(3)
  })

  it('to write one target folder, its files fail and the others are done', async () => {
    const parent = temporaryFolder()
    mkdirSync(join(parent, 'out/a'), { recursive: true })
    chmodSync(join(parent, 'out/a'), 0o555)
    const ended = await runProgram(argsFor(join(parent, 'out')), { prefix: asOther })
    expectClear(ended)
    expect([ended.exitCode, ended.stderr]).toEqual([11, expect.stringMatching(/a\/file-\d+\.\w+: EACCES/)])
    await expectNothingWrong(join(parent, 'out'), gold)
    expectNothingLeft(join(parent, 'out'))
    chmodSync(join(parent, 'out/a'), 0o777)
    await expectResumed(join(parent, 'out'))
  })
})

describe.skipIf(noLimits !== null)('a limit of the process', () => {
  it('on the size of files fails the files that are larger', async () => {
    const out = join(temporaryFolder(), 'out')
    const ended = await runProgram(argsFor(out), { prefix: ['prlimit', '--fsize=150000'] })
    expectClear(ended)
    expect([ended.exitCode, ended.stderr]).toEqual([11, expect.stringMatching(/file-\d+\.\w+: EFBIG/)])
    await expectNothingWrong(out, gold)
    expectNothingLeft(out)
    await expectResumed(out)
  })

  it('on open files is told by its name, or does no harm', async () => {
    const parent = temporaryFolder()
    const own = join(parent, 'in')
    // Each file is a task of its own, so that there are as many threads as files.
    writeSources(own, { fileCount: 24, sizeBytes: () => 300_000 })
    const args = ['--in', own, '--retries', '1']
    await runHere([...args, '--out', join(parent, 'gold')])
    const ownGold = contentsOf(join(parent, 'gold'))
    const out = join(parent, 'out')

    const ended = await runProgram([...args, '--threads', '24', '--out', out], { prefix: ['prlimit', '--nofile=110'] })
    expectClear(ended)
    expect(ended.exitCode === DONE || ended.stderr.includes('EMFILE'), `it said ${ended.stderr}`).toBe(true)
    expectNothingLeft(out)
    await expectNothingWrong(out, ownGold)
    expect((await runHere([...args, '--out', out])).exitCode).toBe(DONE)
    await expectGold(out, ownGold)
  })
})

/** About 40 reads of the large file: some seconds, of which next to nothing is computed. */
const SLOWLY = ['--latency', '50ms', '--chunk-size', '64KiB']

/** Large enough to be at work for a while, where it is read slowly. */
function writeLarge(parent: string): string {
  const path = join(parent, 'in/large.csv')
  mkdirSync(join(parent, 'in'))
  writeFileSync(path, `id,text\n${'1,"some text that is repeated"\n'.repeat(80_000)}`)
  writeFileSync(join(parent, 'in/small.csv'), 'id\n1\n')
  return path
}

describe('a source that changes', () => {
  it.each([
    ['grows while it is read', 'SOURCE_CHANGED', (path: string) => appendFileSync(path, '2,x\n')],
    ['is cut off while it is read', 'SOURCE_', (path: string) => writeFileSync(path, 'id,text\n')],
  ])('fails: it %s (%s)', async (_, code, change) => {
    const parent = temporaryFolder()
    const path = writeLarge(parent)
    const out = join(parent, 'out')
    let isChanged = false
    const ended = await runProgram(
      ['--in', join(parent, 'in'), '--out', out, '--use-json-log', '--log-level', 'debug', ...SLOWLY],
      {
        onText: (_, text) => {
          if (isChanged || !text.includes('file-started')) return
          isChanged = true
          change(path)
        },
      },
    )
    expectExit(ended, 11)
    expect(ended.stderr).toContain(code)
    expect(existsSync(join(out, 'large.ndjson'))).toBe(false)
    expect(existsSync(join(out, 'small.ndjson'))).toBe(true)
    expectNothingLeft(out)
    expect((await runHere(['--in', join(parent, 'in'), '--out', out])).exitCode).toBe(0)
  })
})
