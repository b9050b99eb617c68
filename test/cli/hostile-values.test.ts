import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { belongsTo, FLAGS, longFlag } from '../../src/cli/flags.ts'
import type { CommandName, Flag } from '../../src/cli/flags/flag.ts'
import { main } from '../../src/cli/main.ts'
import { COMMANDS } from '../../src/cli/settings/parse-arguments.ts'
import { memoryFolder } from '../support/temporary-folder.ts'
import { fakeHost } from './fake-host.ts'

const isFull = process.env['DROVER_TRUST'] === 'full'
/** Values of the short form: the first. */
const SHORT = 7
/** What a flag meets of the names for paths in the short form: one of so many. */
const PARTS = 6
const LONG = 200_000
const DEEP = 100_000

const VALUES: Readonly<Record<string, string>> = {
  overlong: 'x'.repeat(LONG),
  'overlong digits before a letter': `${'1'.repeat(LONG)}x`,
  'a NUL': 'a\0b',
  'half of a surrogate pair': 'a\ud800b',
  'more than a double': '1e400',
  negative: '-1',
  'deep braces': '{'.repeat(DEEP) + '}'.repeat(DEEP),
  'a line feed': 'a\nb',
  'a huge integer': '9'.repeat(40),
  'deep expressions': `{{${'('.repeat(DEEP)}${')'.repeat(DEEP)}}}`,
  'deep brackets': '['.repeat(DEEP),
  'many stars': '*a'.repeat(DEEP),
  'many commas': 'a,'.repeat(DEEP),
}

/** At a command that waits for no server. */
function argumentsFor(flag: Flag, value: string, folder: string): string[] {
  const command = (['plan', 'config', 'report'] as const).find((name) => belongsTo(flag, name))
  if (command === undefined) throw new Error(`no command knows ${longFlag(flag.key)}`)
  const given = { in: join(folder, 'in'), out: join(folder, 'out'), threads: '1' }
  const others = Object.entries(command === 'report' ? {} : given).filter(([key]) => key !== flag.key)
  const name = longFlag(flag.key)
  return [
    command,
    ...others.flatMap(([key, other]) => [longFlag(key), other]),
    ...(flag.kind === 'words' ? [name, value] : [`${name}=${value}`]),
  ]
}

/** A run that began also says what became of it. */
const LINES = { refused: 5, run: 12 }

async function expectFewLines(argv: readonly string[], folder: string, what: string): Promise<number> {
  const host = fakeHost(argv, { cwd: folder })
  // A node waits for its server until it is told to stop.
  const stopping = argv[0] === 'worker' ? setInterval(() => host.signals.emit('SIGTERM'), 50) : undefined
  const exitCode = await main(host).finally(() => clearInterval(stopping))
  const { text } = host.stderr
  const hasRun = /^ *records +\d/m.test(text)
  const faults = [
    ...(/a fault of Drover|UNEXPECTED|\n\s+at .*:\d+|RangeError|TypeError/.test(text) ? [text.slice(0, 500)] : []),
    ...(exitCode !== 0 && text.length >= 3000 ? [`${text.length} characters`] : []),
    ...(exitCode !== 0 && text.split('\n').length > 1 + (hasRun ? LINES.run : LINES.refused) ? [text] : []),
    ...(exitCode !== 0 && !/^(?:migrate: |failed )/m.test(text) ? ['without a word'] : []),
  ]
  expect(faults.map((fault) => `${what}: ${fault}`)).toEqual([])
  return exitCode
}

function folderWithTable(): string {
  const folder = memoryFolder()
  mkdirSync(join(folder, 'in'))
  writeFileSync(join(folder, 'in/a.csv'), 'a,b\n1,2\n')
  return folder
}

const takers = FLAGS.filter(({ kind }) => kind !== 'boolean' && kind !== 'count')

it.each(takers.map((flag) => [longFlag(flag.key), flag] as const))(
  '%s takes any text, or refuses it in a few lines',
  async (name, flag) => {
    const folder = folderWithTable()
    for (const [what, value] of Object.entries(VALUES).slice(0, isFull ? undefined : SHORT))
      await expectFewLines(argumentsFor(flag, value, folder), folder, `${name} ${what}`)
  },
)

/*
 * What a path may be, and what it may not: at every command, with every flag that it knows. Flags and commands come from their own tables, so
 * a new one is tried from its first day.
 */
const NAMES: Readonly<Record<string, string>> = {
  'a NUL': 'a\0b',
  'a name of 200,000 characters': 'x'.repeat(LONG),
  'a name of 256 bytes below a folder that is not there': `not-there/${'é'.repeat(128)}`,
  'a path of 5040 bytes': `${'folder/'.repeat(719)}folder`,
  nothing: '',
  'a hyphen': '-',
  'a folder': 'folder',
  'a folder with a slash': 'folder/',
  'a line feed': 'a\nb',
  'a line feed below a file': 'run.json/a\nb',
  blanks: '  ',
}
/** No file and no folder has such a name. */
const NEVER_A_PATH = Object.keys(NAMES).slice(0, 6)
const EXTENSIONS: Readonly<Record<string, string>> = { report: '.json', map: '.yaml', config: '.yaml' }
const THERE = ['folder', 'in', 'run.json']

/** What each command needs beside the flag that is tried. Nobody listens at this port. */
const CLUSTER = { cluster: 'redis://127.0.0.1:1' }
const GIVEN: Readonly<Record<CommandName, Readonly<Record<string, string>>>> = {
  run: { in: 'in', out: 'out', threads: '1' },
  plan: { in: 'in', out: 'out', threads: '1' },
  config: { in: 'in', out: 'out' },
  // Refused when all flags have been looked at: what a benchmark measures is no matter of them.
  bench: { in: 'not-there', runs: '1', warmup: '0', threads: '1' },
  report: {},
  worker: CLUSTER,
  status: CLUSTER,
  dashboard: CLUSTER,
}

function argumentsAt(command: CommandName, flag: Flag, value: string): string[] {
  const name = longFlag(flag.key)
  return [
    command,
    ...(command === 'report' ? ['run.json'] : []),
    ...Object.entries(GIVEN[command])
      .filter(([key]) => key !== flag.key)
      .map(([key, other]) => `${longFlag(key)}=${other}`),
    ...(flag.kind === 'words' ? [name, value] : [`${name}=${value}`]),
  ]
}

function folderToTry(): string {
  const folder = folderWithTable()
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'folder/kept'), 'kept')
  writeFileSync(join(folder, 'run.json'), '{}')
  return folder
}

const cases = (Object.keys(COMMANDS) as CommandName[]).flatMap((command) =>
  takers.filter((flag) => belongsTo(flag, command)).map((flag) => [command, longFlag(flag.key), flag] as const),
)

const takesPath = (flag: Flag): boolean => flag.isPath === true || flag.key === 'config'

/** In the short form a flag that takes no path meets a part of the names, each at some command and flag. */
function namesFor(flag: Flag, at: number): [what: string, text: string][] {
  const all = Object.entries(NAMES)
  return isFull || takesPath(flag) ? all : all.filter((_, index) => (index + at) % PARTS === 0)
}

it.each(cases.map(([command, name, flag], at) => [command, name, flag, at] as const))(
  'migrate %s %s takes a path of any kind, or refuses it in a few lines',
  async (command, name, flag, at) => {
    const folder = folderToTry()
    for (const [what, text] of namesFor(flag, at)) {
      const isPath = takesPath(flag)
      const value = `${text}${text.length > 1 && isPath && !text.startsWith('folder') ? (EXTENSIONS[flag.key] ?? '') : ''}`
      const exitCode = await expectFewLines(argumentsAt(command, flag, value), folder, `${name} with ${what}`)
      const made = readdirSync(folder).filter((entry) => !THERE.includes(entry) && entry !== 'out')
      const isRefused = isPath && NEVER_A_PATH.includes(what)
      expect([what, isRefused ? exitCode : 2, isRefused || !isPath ? made : []]).toEqual([what, 2, []])
      for (const entry of made) rmSync(join(folder, entry), { recursive: true })
      expect(readdirSync(folder)).toEqual(expect.arrayContaining(THERE))
      expect(readFileSync(join(folder, 'folder/kept'), 'utf8')).toBe('kept')
    }
  },
)
