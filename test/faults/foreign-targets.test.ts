import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { noShimReason, type Fault } from './fault-shim.ts'
import { expectExit } from './run-program.ts'
import { runUntilStopped } from './run-until-stopped.ts'

/*
 * The process stands still when all its targets are staged, and somebody else puts things where targets and their folders belong. Then it
 * goes on.
 */

vi.setConfig({ testTimeout: 600_000 })

if (noShimReason !== null) console.log(`foreign-targets is skipped: ${noShimReason}`)

const DONE = 0
const SOME_FAILED = 11

/** What can appear in a place. @returns what must still be there afterwards. */
const THINGS: Readonly<Record<string, (path: string, elsewhere: string) => void>> = {
  file: (path) => writeFileSync(path, 'MINE\n'),
  folder: (path) => {
    mkdirSync(path)
    writeFileSync(join(path, 'inside'), 'MINE\n')
  },
  link: (path, elsewhere) => symlinkSync(join(elsewhere, 'victim'), path),
  'dangling-link': (path, elsewhere) => symlinkSync(join(elsewhere, 'nothing'), path),
  fifo: (path) => void execFileSync('mkfifo', [path]),
}

interface Scene {
  readonly source: string
  readonly out: string
  readonly elsewhere: string
  readonly args: readonly string[]
}

const NAMES = [...Object.keys(THINGS), 'untouched']

function makeScene(folders: readonly string[] = []): Scene {
  const top = temporaryFolder()
  const [source, out, elsewhere] = ['in', 'out', 'elsewhere'].map((name) => join(top, name))
  writeSources(source!, folders, 1)
  mkdirSync(elsewhere!)
  writeFileSync(join(elsewhere!, 'victim'), 'MINE\n')
  return { source: source!, out: out!, elsewhere: elsewhere!, args: ['--in', source!, '--out', out!, '--threads', '1'] }
}

function writeSources(source: string, folders: readonly string[], value: number): void {
  mkdirSync(source, { recursive: true })
  for (const name of NAMES) writeFileSync(join(source, `${name}.csv`), `a\n${value}\n`)
  for (const folder of folders) {
    mkdirSync(join(source, folder), { recursive: true })
    writeFileSync(join(source, folder, 'x.csv'), `a\n${value}\n`)
  }
}

/** Everything below a folder: kind, content and where links lead to. */
function describeTree(folder: string): Record<string, string> {
  const all: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name)
    const stats = lstatSync(path)
    if (stats.isFile()) all[name] = readFileSync(path, 'utf8')
    else if (stats.isSymbolicLink()) all[name] = `-> ${readlinkSync(path)}`
    else if (!stats.isDirectory()) all[name] = 'special'
  }
  return all
}

interface Told {
  readonly exitCode: number | null
  /** Codes by source. */
  readonly codes: Readonly<Record<string, string>>
}

/** Runs until all is staged, does what is given, and runs on. */
async function runWhile({ args, out }: Scene, flags: readonly string[], meanwhile: () => void): Promise<Told> {
  const report = join(temporaryFolder(), 'report.json')
  const fileCount = (args.length && countSources(args[1]!)) || 0
  const ended = await runUntilStopped(
    [...args, ...flags, '--report', report],
    { calls: 'close', path: join(out, '.migrate/staged/'), from: fileCount },
    meanwhile,
  )
  expect(ended.wasStopped, `said: ${ended.stderr}`).toBe(true)
  const { failures } = JSON.parse(readFileSync(report, 'utf8')) as {
    failures: { code: string; position: { file: string } }[]
  }
  return {
    exitCode: ended.exitCode,
    codes: Object.fromEntries(failures.map(({ code, position }) => [position.file, code])),
  }
}

function countSources(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.csv')).length
}

function putThings({ out, elsewhere }: Scene): Record<string, string> {
  for (const [name, put] of Object.entries(THINGS)) {
    rmSync(join(out, `${name}.ndjson`), { force: true })
    put(join(out, `${name}.ndjson`), elsewhere)
  }
  const { 'untouched.ndjson': _, ...things } = withoutBooks(describeTree(out))
  return things
}

function withoutBooks(tree: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => !name.startsWith('.migrate')))
}

describe.skipIf(noShimReason !== null)("what appears in a target's place while a run works", () => {
  it.each([
    ['nothing was there when the plan was made', false, []],
    ['nothing was there when the plan was made, also with --overwrite but for files', false, ['--overwrite']],
    ['the own target of an earlier run was there', true, []],
    ['the own target of an earlier run was there, also with --overwrite but for files', true, ['--overwrite']],
  ])('is never replaced where %s', async (_, isOwnThere, flags) => {
    const scene = makeScene()
    if (isOwnThere) {
      expectExit(await runHere(scene.args), DONE)
      writeSources(scene.source, [], 22)
    }
    const elsewhere = describeTree(scene.elsewhere)
    let things: Record<string, string> = {}
    const told = await runWhile(scene, flags, () => (things = putThings(scene)))
    const mayReplaceFiles = flags.length > 0
    const value = isOwnThere ? 22 : 1
    const strange = Object.keys(THINGS).filter((name) => name !== 'file' || !mayReplaceFiles)
    expect(told.codes).toEqual(Object.fromEntries(strange.map((name) => [`${name}.csv`, 'TARGET_EXISTS'])))
    expect(told.exitCode).toBe(SOME_FAILED)
    expect(withoutBooks(describeTree(scene.out))).toEqual({
      ...things,
      'untouched.ndjson': `{"a":"${value}"}\n`,
      ...(mayReplaceFiles ? { 'file.ndjson': `{"a":"${value}"}\n` } : {}),
    })
    expect(describeTree(scene.elsewhere)).toEqual(elsewhere)
  })

  it('is not taken for an own one by the next run', async () => {
    const scene = makeScene()
    await runWhile(scene, [], () => writeFileSync(join(scene.out, 'file.ndjson'), 'MINE\n'))
    const next = await runHere(scene.args)
    expect(next.stderr).toMatch(/nothing here proves that Drover made it/)
    expect(readFileSync(join(scene.out, 'file.ndjson'), 'utf8')).toBe('MINE\n')
    const overwriting = await runHere([...scene.args, '--overwrite'])
    expectExit(overwriting, DONE)
    expect(readFileSync(join(scene.out, 'file.ndjson'), 'utf8')).toBe('{"a":"1"}\n')
  })

  it('is no reason to fail where it is the staged target itself, under its second name', async () => {
    const scene = makeScene()
    const [first] = NAMES.toSorted()
    // Killed between the link of the first target and the removal of its staged name.
    const report = join(temporaryFolder(), 'report.json')
    const ended = await runUntilStopped(
      [...scene.args, '--report', report],
      { calls: 'unlink', path: join(scene.out, '.migrate/staged/'), from: 1 },
      () => expect(lstatSync(join(scene.out, `${first}.ndjson`)).nlink).toBe(2),
    )
    expect(ended.wasStopped).toBe(true)
    expectExit(ended, DONE)
    for (const name of NAMES) expect(lstatSync(join(scene.out, `${name}.ndjson`)).nlink).toBe(1)
  })
})

describe.skipIf(noShimReason !== null)('what appears in place of a folder of targets while a run works', () => {
  it.each([
    ['a link', 'TARGET_LINK', (path: string, elsewhere: string) => symlinkSync(elsewhere, path)],
    ['a dangling link', 'TARGET_LINK', (path: string, elsewhere: string) => symlinkSync(join(elsewhere, 'no'), path)],
    ['a file', 'TARGET_NOT_A_FOLDER', (path: string) => writeFileSync(path, 'MINE\n')],
    ['a FIFO', 'TARGET_NOT_A_FOLDER', (path: string) => void execFileSync('mkfifo', [path])],
  ])('%s: its files fail, nothing is written through it, all others are done', async (_, code, put) => {
    const scene = makeScene(['new', 'new/deep', 'old', 'old/deep'])
    mkdirSync(join(scene.out, 'old/deep'), { recursive: true })
    writeFileSync(join(scene.out, 'old/there'), 'MINE\n')
    const told = await runWhile(scene, ['--overwrite'], () => {
      renameSync(join(scene.out, 'old'), join(scene.out, 'moved'))
      put(join(scene.out, 'old'), scene.elsewhere)
      mkdirSync(join(scene.out, 'new'))
      put(join(scene.out, 'new/deep'), scene.elsewhere)
    })
    const failed = ['new/deep/x.csv', 'old/deep/x.csv', 'old/x.csv']
    expect(told.codes).toEqual(Object.fromEntries(failed.map((file) => [file, code])))
    expect(told.exitCode).toBe(SOME_FAILED)
    expect(describeTree(scene.elsewhere)).toEqual({ victim: 'MINE\n' })
    expect(describeTree(join(scene.out, 'moved'))).toEqual({ there: 'MINE\n' })
    expect(readFileSync(join(scene.out, 'new/x.ndjson'), 'utf8')).toBe('{"a":"1"}\n')
    for (const name of NAMES) expect(existsSync(join(scene.out, `${name}.ndjson`)), `target of ${name}`).toBe(true)
  })

  it('a link in place of a folder of rejects: nothing is written through it or removed behind it', async () => {
    const scene = makeScene(['sub'])
    writeFileSync(join(scene.source, 'sub/x.csv'), 'a\n1\n2,3\n')
    mkdirSync(join(scene.elsewhere, 'sub'))
    writeFileSync(join(scene.elsewhere, 'sub/x.csv.ndjson'), 'MINE\n')
    const before = describeTree(scene.elsewhere)
    const told = await runWhile(scene, [], () => {
      mkdirSync(join(scene.out, '.migrate/rejects'))
      symlinkSync(join(scene.elsewhere, 'sub'), join(scene.out, '.migrate/rejects/sub'))
    })
    expect(told.codes).toEqual({ 'sub/x.csv': 'BOOKKEEPING_UNSAFE' })
    expect(describeTree(scene.elsewhere)).toEqual(before)
  })
})

/** A look at a staging folder is believed for 20 ms: what must be seen has to be there for longer. */
const LOOKS_ARE_OLD_MS = 40
const SPLIT_ROWS = 400_000
/** What a run must have ended in by itself, if nothing hangs. */
const MOST_MS = 40_000

/** Like `runUntilStopped`, but what hangs is ended. */
async function runNeverHanging(args: readonly string[], stop: Omit<Fault, 'action' | 'times'>, meanwhile: () => void) {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), MOST_MS)
  try {
    return await runUntilStopped(args, stop, meanwhile, { limit: limit.signal })
  } finally {
    clearTimeout(timer)
  }
}

/** A file that two threads split, whose rejects come late; and small ones. */
function makeSplitScene(): Scene {
  const scene = makeScene(['sub'])
  writeFileSync(join(scene.source, 'big.csv'), `a,b\n${'12345,abcdefghij\n'.repeat(SPLIT_ROWS)}${'1,2,3\n'.repeat(9)}`)
  return { ...scene, args: [...scene.args.slice(0, -1), '2', '--split-size', '524288'] }
}

const SWAPS: Readonly<Record<string, (out: string) => string>> = {
  'the staging folder of the run': (out) => {
    const staged = join(out, '.migrate/staged')
    return join(staged, readdirSync(staged).find((name) => name.includes('-')) ?? '')
  },
  'the staging folder of all runs': (out) => join(out, '.migrate/staged'),
  '.migrate': (out) => join(out, '.migrate'),
}

/** Puts a link in a folder's place, to another one that has files of the very same names. */
function swap(folder: string, victim: string): Record<string, string> {
  cpSync(folder, victim, { recursive: true })
  renameSync(folder, `${victim}-moved`)
  symlinkSync(victim, folder)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOKS_ARE_OLD_MS)
  return describeTree(victim)
}

describe.skipIf(noShimReason !== null)('a link in place of a staging folder while several threads split a file', () => {
  const moments = [
    { moment: 'before any thread works', stop: { calls: 'open', path: '/journal/' } },
    { moment: 'when the first bytes are written', stop: { calls: 'write', path: '.migrate/staged/' } },
  ]
  const isFull = process.env['DROVER_FAULTS'] === 'full'
  // Every folder at each moment with DROVER_FAULTS=full, otherwise in turn. The first, that of the run, is the one in which bytes are written.
  const cases = Object.entries(SWAPS).flatMap(([name, find], at) =>
    moments.filter((_, moment) => isFull || at % 2 !== moment).map((moment) => ({ name, find, ...moment })),
  )
  it.each(cases)(
    '$name, $moment: nothing behind it is written, made or removed, and the run ends by a code',
    async ({ find, stop }) => {
      const scene = makeSplitScene()
      const victim = join(scene.elsewhere, 'folder')
      let before: Record<string, string> = {}
      const ended = await runNeverHanging(scene.args, stop, () => (before = swap(find(scene.out), victim)))
      expect(ended).toMatchObject({ wasStopped: true, signal: null })
      expect(ended).not.toMatchObject({ exitCode: DONE })
      expect(ended.stderr).not.toMatch(/UNEXPECTED|a fault of Drover|node:internal/)
      expect(describeTree(victim)).toEqual(before)
    },
  )
})
