import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runProgram } from '../faults/run-program.ts'
import { DEAD_RUN, leadOut, listAll, makeAttackTree, MANIFEST_HASH, targetsOf } from './attack-tree.ts'

// A few side by side: a run waits for its disk and its threads more than it computes.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000, maxConcurrency: 4 })

const IS_FULL = process.env['DROVER_TRUST'] === 'full'

/** A damaged lock is watched for 20 s before it is taken over. */
const MOST_MS = 40_000

/** What is attacked, by its name in the matrix: a path in `.migrate`, or a function that finds one. */
const PATHS: Readonly<Record<string, (books: string) => string>> = {
  lock: () => 'lock',
  'lock.try-*': () => 'lock.try-000009-abcdee',
  'lock.members': () => 'lock.members',
  'a member': () => `lock.members/${DEAD_RUN}.json`,
  journal: () => 'journal',
  'a journal': (books) => firstIn(books, 'journal'),
  manifests: () => 'manifests',
  'a manifest': () => `manifests/${DEAD_RUN}.ndjson`,
  staged: () => 'staged',
  'a staged run': () => `staged/${DEAD_RUN}`,
  rejects: () => 'rejects',
  'rejects below': () => 'rejects/sub',
  'rejects of a file': () => 'rejects/sub/b.csv.ndjson',
  'rejects index': () => 'rejects/index.ndjson',
  reports: () => 'reports',
  'a report': (books) => firstIn(books, 'reports', '.json'),
  'a list': (books) => firstIn(books, 'reports', '.targets.ndjson'),
  cluster: () => 'cluster',
  'a frozen plan': () => `cluster/${MANIFEST_HASH}/${DEAD_RUN}/plan.json`,
  commit: () => 'commit',
  'a commit record': () => `commit/${MANIFEST_HASH}/${DEAD_RUN}/0/0/0.json`,
}

function firstIn(books: string, folder: string, end = ''): string {
  return `${folder}/${readdirSync(join(books, folder)).find((name) => name.endsWith(end)) ?? ''}`
}

interface Attack {
  readonly path: string
  /** Outside of the target tree. What is behind a link has the very names that Drover would look for. */
  readonly victim: string
  readonly isFolder: boolean
}

const KINDS: Readonly<Record<string, (attack: Attack) => void>> = {
  'link to a folder': ({ path, victim }) => replace(path, () => symlinkSync(join(victim, 'folder'), path)),
  'link to a file': ({ path, victim }) => replace(path, () => symlinkSync(join(victim, 'file'), path)),
  'dangling link': ({ path, victim }) => replace(path, () => symlinkSync(join(victim, 'nothing'), path)),
  FIFO: ({ path }) => replace(path, () => execFileSync('mkfifo', [path])),
  device: ({ path }) => replace(path, () => makeDevice(path)),
  'other kind': ({ path, isFolder }) => replace(path, () => (isFolder ? writeFileSync(path, 'x') : mkdirSync(path))),
  '.. in its lines': ({ path, victim }) => changeFiles(path, (bytes) => leadBytesOut(bytes, victim)),
  truncated: ({ path }) => changeFiles(path, (bytes) => bytes.subarray(0, bytes.length >> 1)),
  'a flipped bit': ({ path }) => changeFiles(path, flipBit),
  emptied: ({ path, isFolder }) => (isFolder ? emptyFolder(path) : writeFileSync(path, '')),
}

function replace(path: string, put: () => void): void {
  rmSync(path, { recursive: true })
  put()
}

/** /dev/full; where only a link to a device can be made, that. */
function makeDevice(path: string): void {
  try {
    execFileSync('mknod', [path, 'c', '1', '7'], { stdio: 'ignore' })
  } catch {
    symlinkSync('/dev/full', path)
  }
}

function changeFiles(path: string, change: (bytes: Buffer) => Buffer): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) changeFiles(join(path, name), change)
  else writeFileSync(path, change(readFileSync(path)))
}

function leadBytesOut(bytes: Buffer, victim: string): Buffer {
  // From the top of the target tree, which the victim lies beside.
  return Buffer.from(leadOut(bytes.toString(), `../${basename(victim)}/folder/file`))
}

function flipBit(bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes)
  flipped[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  return bytes.length === 0 ? bytes : flipped
}

function emptyFolder(path: string): void {
  for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true })
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  plan: ['plan'],
  run: ['run'],
  prune: ['run', '--prune'],
  shard: ['run', '--shard', '1/2'],
  merge: ['report', 'merge'],
}

/** Damage to these puts proofs in doubt, and in doubt an orphan stays. */
const PROOFS: ReadonlySet<string> = new Set(['journal', 'a journal', 'manifests', 'a manifest'])

/** Ends that say how it is: done, refused, some or all files failed, rejects. */
const GOOD_EXITS = [0, 2, 6, 11, 12]

let base = ''
let source = ''
let clean: Record<string, string> = {}
const matrix = new Map<string, string>()

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'drover-attacks-'))
  await makeAttackTree(join(base, 'template'))
  // Read and never written by any of the runs. It stays where it is: what was made from a tree elsewhere is not pruned.
  source = join(base, 'template', 'in')
  rmSync(join(source, 'gone.csv'))
  cpSync(join(base, 'template', 'out'), join(base, 'clean', 'out'), { recursive: true, preserveTimestamps: true })
  await runCommand('prune', join(base, 'clean'))
  if (existsSync(join(base, 'clean', 'out', 'gone.ndjson'))) throw new Error('the clean run did not prune its orphan')
  clean = targetsOf(join(base, 'clean', 'out'))
  if (Object.keys(clean).length !== 3) throw new Error('the clean run did not make its three targets')
})

afterAll(() => {
  rmSync(base, { recursive: true, force: true })
  printMatrix()
})

function runCommand(command: string, folder: string) {
  const words = COMMANDS[command] ?? []
  const trees = command === 'merge' ? [join(folder, 'out')] : ['--in', source, '--out', join(folder, 'out'), '--quiet']
  const threads = command === 'merge' ? [] : ['--threads', '1']
  let child: { kill: (signal: NodeJS.Signals) => boolean } | undefined
  const killer = setTimeout(() => child?.kill('SIGKILL'), MOST_MS)
  return runProgram([...words, ...trees, ...threads], { onStart: (started) => (child = started) }).finally(() =>
    clearTimeout(killer),
  )
}

/** Every path in every way by every command; in the short form a sample in which each of them has its turn. */
function cases(): [string, string, string][] {
  const all = Object.keys(PATHS).flatMap((path) =>
    Object.keys(KINDS).flatMap((kind) =>
      Object.keys(COMMANDS).map((command): [string, string, string] => [path, kind, command]),
    ),
  )
  // 37 is prime to the number of kinds and commands. What waits for a sign of life is in the long form.
  return IS_FULL ? all : all.filter(([path], at) => at % 37 === 0 && path !== 'lock')
}

describe('an attack on the bookkeeping changes nothing outside of the tree, and ends soon by a code or rightly', () => {
  it.concurrent.each(cases())('%s: %s, then %s', async (pathName, kind, command) => {
    const folder = mkdtempSync(join(base, 'case-'))
    cpSync(join(base, 'template', 'out'), join(folder, 'out'), { recursive: true, preserveTimestamps: true })
    const books = join(folder, 'out', '.migrate')
    const victim = join(folder, 'victim')
    const path = join(books, PATHS[pathName]?.(books) ?? '')
    const isFolder = lstatSync(path).isDirectory()
    makeVictim(victim, path, isFolder)
    KINDS[kind]?.({ path, victim, isFolder })
    const before = listAll(victim)
    const own = readFileSync(join(folder, 'out', 'own.txt'), 'utf8')

    const ended = await runCommand(command, folder)
    const said = `${ended.stderr} (exit ${ended.exitCode ?? ended.signal})`
    note(pathName, kind, command, ended)
    expect(listAll(victim)).toEqual(before)
    expect(readFileSync(join(folder, 'out', 'own.txt'), 'utf8')).toBe(own)
    expect(ended.signal).toBe(null)
    expect(said).not.toMatch(/UNEXPECTED|a fault of Drover|node:internal/)
    expect(GOOD_EXITS.includes(ended.exitCode ?? -1) ? '' : said).toBe('')
    const isWhole = ended.exitCode === 12 && ['run', 'prune'].includes(command)
    expect(isWhole ? targetsOf(join(folder, 'out')) : clean).toEqual(clean)
    expect(ended.exitCode === 2 ? ended.stderr : 'migrate: ').toMatch(/^(?:warning: .*\n)*migrate: /)
    // An orphan goes where its proof is beyond doubt, and only where that is asked for.
    const mayPrune = command === 'prune' && isWhole
    const isKept = existsSync(join(folder, 'out', 'gone.ndjson'))
    expect(isKept).toBe(!mayPrune || (isKept && PROOFS.has(pathName)))
    rmSync(folder, { recursive: true })
  })
})

function makeVictim(victim: string, path: string, isFolder: boolean): void {
  mkdirSync(join(victim, 'folder', 'keep'), { recursive: true })
  writeFileSync(join(victim, 'folder', 'keep', 'f'), 'thesis')
  if (isFolder) cpSync(path, join(victim, 'folder'), { recursive: true })
  writeFileSync(join(victim, 'folder', 'file'), '{"id":"1","name":"mine"}\n')
  writeFileSync(join(victim, 'file'), isFolder ? 'mine' : readFileSync(path))
  for (const name of ['folder', 'folder/file', 'file']) utimesSync(join(victim, name), 1_000_000_000, 1_000_000_000)
}

function note(path: string, kind: string, command: string, { exitCode }: { readonly exitCode: number | null }): void {
  const key = `${path}|${kind}`
  const cell = `${command} ${exitCode ?? 'hangs'}`
  matrix.set(key, [...(matrix.get(key)?.split('; ') ?? []), cell].sort().join('; '))
}

/** One line for each path and kind: how each command ended. */
function printMatrix(): void {
  const lines = [...matrix].map(([key, cell]) => {
    const [path = '', kind = ''] = key.split('|')
    return `${path.padEnd(18)} ${kind.padEnd(16)} ${cell}`
  })
  process.stdout.write(`\nattacks on the bookkeeping: ${matrix.size} kinds of damage\n${lines.join('\n')}\n`)
}
