import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectExit, runProgram } from './run-program.ts'

/* Who may read a source may read its target, and nobody else; what Drover keeps for itself is for its own user. */

vi.setConfig({ testTimeout: 600_000 })

const MODES = [0o600, 0o644, 0o640, 0o666, 0o755, 0o444, 0o4755, 0o777]
const FOLDER_MODES = [0o700, 0o750, 0o755, 0o777, 0o1777]

/** A csv of two records, one of them a reject. */
const CSV = 'a,b\n1,2\n3\n'
/** The last record brings a column: a csv target takes two passes. */
const LATE_COLUMN = `${'{"a":1}\n'.repeat(400_000)}{"a":1,"b":2}\n`

function writeSource(path: string, content: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  chmodSync(path, mode)
}

function modesBelow(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(names.map((name) => [name, octal(statSync(join(folder, name)).mode & 0o7777)]))
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function umasked(umask: number): readonly string[] {
  return ['sh', '-c', `umask ${octal(umask)}; exec "$@"`, 'sh']
}

function targetsOf(modes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(modes).filter(([name]) => !name.startsWith('.migrate')))
}

function writeTree(source: string): void {
  for (const mode of MODES) {
    writeSource(join(source, `${octal(mode)}.csv`), CSV, mode)
    writeSource(join(source, `${octal(mode)}.key`), 'SECRET', mode)
  }
  for (const mode of FOLDER_MODES) {
    writeSource(join(source, `folder-${octal(mode)}`, 'in', 'x.csv'), CSV, 0o600)
    chmodSync(join(source, `folder-${octal(mode)}`, 'in'), mode)
    chmodSync(join(source, `folder-${octal(mode)}`), mode)
  }
}

function expectedTargets(umask: number): Record<string, string> {
  const expected: Record<string, string> = {}
  for (const mode of MODES) {
    expected[`${octal(mode)}.ndjson`] = octal(mode & 0o666 & ~umask)
    expected[`${octal(mode)}.key`] = octal(mode & 0o777)
  }
  for (const mode of FOLDER_MODES) {
    const folder = `folder-${octal(mode)}`
    expected[folder] = expected[`${folder}/in`] = octal((mode & 0o777 & ~umask) | 0o700)
    expected[`${folder}/in/x.ndjson`] = octal(0o600 & ~umask)
  }
  return expected
}

it.each([
  ['kernel', 0o022],
  ['kernel', 0o000],
  ['kernel', 0o077],
  ['reference', 0o022],
  ['stream', 0o000],
])(
  'targets and their folders are never more open than their sources, by the %s engine, umask %o',
  async (engine, umask) => {
    const source = join(temporaryFolder(), 'in')
    const out = join(temporaryFolder(), 'out')
    writeTree(source)
    const lossy = engine === 'stream' ? ['--lossy'] : []
    const args = [
      ...lossy,
      '--in',
      source,
      '--out',
      out,
      '--to',
      'ndjson',
      '--threads',
      '2',
      '--engine',
      engine,
      '--others',
      'copy',
    ]
    const ended = await runProgram(args, { prefix: umasked(umask) })
    expect([0, 12], `said: ${ended.stderr}`).toContain(ended.exitCode)
    expect(targetsOf(modesBelow(out))).toEqual(expectedTargets(umask))
  },
)

it.each([0o000, 0o022])(
  'whatever a run keeps in its bookkeeping is for its own user alone, umask %o',
  async (umask) => {
    const source = join(temporaryFolder(), 'in')
    const out = join(temporaryFolder(), 'out')
    writeTree(source)
    writeSource(join(source, 'index.csv'), CSV, 0o644)
    chmodSync(source, 0o750)
    const args = ['--in', source, '--out', out, '--to', 'ndjson', '--shard', '1/1', '--threads', '1']
    expectExit(await runProgram(args, { prefix: umasked(umask) }), 12)
    const books = Object.entries(modesBelow(join(out, '.migrate')))
    const wrong = books.filter(
      ([name, mode]) => mode !== (statSync(join(out, '.migrate', name)).isDirectory() ? '0700' : '0600'),
    )
    expect(wrong).toEqual([])
    expect(books.length).toBeGreaterThan(20)
    expect(octal(statSync(join(out, '.migrate')).mode & 0o7777)).toBe('0700')
    expect(octal(statSync(out).mode & 0o7777)).toBe('0750')
  },
)

it.each([
  ['converted on the main thread', 'a.csv', CSV, ['--to', 'ndjson'], 'a.ndjson'],
  ['that is split among threads', 'a.ndjson', LATE_COLUMN, ['--to', 'json', '--split-size', '256K'], 'a.json'],
  ['that takes a second pass', 'a.ndjson', LATE_COLUMN, ['--to', 'csv', '--split-size', '1G'], 'a.csv'],
  ['whose split ends at a late column', 'a.ndjson', LATE_COLUMN, ['--to', 'csv', '--split-size', '256K'], 'a.csv'],
])('so is a file %s', async (_, name, content, flags, target) => {
  const source = join(temporaryFolder(), 'in')
  const out = join(temporaryFolder(), 'out')
  writeSource(join(source, name), content, 0o640)
  const args = ['--in', source, '--out', out, '--threads', '2', ...flags]
  const ended = await runProgram(args, { prefix: umasked(0) })
  expect([0, 12], `said: ${ended.stderr}`).toContain(ended.exitCode)
  expect(targetsOf(modesBelow(out))).toEqual({ [target]: '0640' })
})
