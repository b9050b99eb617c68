import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { belongsTo, FLAGS, longFlag } from '../../src/cli/flags.ts'
import type { CommandName, Flag } from '../../src/cli/flags/flag.ts'
import { main } from '../../src/cli/main.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { fakeHost } from './fake-host.ts'

const isFull = process.env['DROVER_TRUST'] === 'full'
/** Values of the short form: the first. */
const SHORT = 7
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

/** None that waits for a server. */
const COMMANDS = ['plan', 'config', 'report'] as const

function argumentsFor(flag: Flag, value: string, folder: string, first?: CommandName): string[] {
  const command = first ?? COMMANDS.find((name) => belongsTo(flag, name))
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

async function expectFewLines(argv: readonly string[], folder: string, what: string): Promise<number> {
  const host = fakeHost(argv, { cwd: folder })
  const exitCode = await main(host)
  const { text } = host.stderr
  const faults = [
    ...(/a fault of Drover|UNEXPECTED|\n\s+at .*:\d+|RangeError|TypeError/.test(text) ? [text.slice(0, 500)] : []),
    ...(exitCode !== 0 && text.length >= 3000 ? [`${text.length} characters`] : []),
    ...(exitCode !== 0 && text.split('\n').length >= 6 ? [text] : []),
    ...(exitCode !== 0 && !/^migrate: /m.test(text) ? ['without a word'] : []),
  ]
  expect(faults.map((fault) => `${what}: ${fault}`)).toEqual([])
  return exitCode
}

function folderWithTable(): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'in'))
  writeFileSync(join(folder, 'in/a.csv'), 'a,b\n1,2\n')
  return folder
}

const takers = FLAGS.filter(({ kind }) => kind !== 'boolean' && kind !== 'count')

test.each(takers.map((flag) => [longFlag(flag.key), flag] as const))(
  '%s takes any text, or refuses it in a few lines',
  async (name, flag) => {
    const folder = folderWithTable()
    for (const [what, value] of Object.entries(VALUES).slice(0, isFull ? undefined : SHORT))
      await expectFewLines(argumentsFor(flag, value, folder), folder, `${name} ${what}`)
  },
)

const NO_PATHS = {
  'a name of 200,000 characters': 'x'.repeat(200_000),
  'a name of 256 bytes below a folder that is not there': `not-there/${'é'.repeat(128)}`,
  'a path of 5040 bytes': `${'folder/'.repeat(719)}folder`,
  'a NUL': 'a\0b',
}
const EXTENSIONS: Readonly<Record<string, string>> = { report: '.json', map: '.yaml', config: '.yaml' }
const paths = FLAGS.filter((flag) => (flag.isPath === true || flag.key === 'config') && flag.key !== 'root')

test.each(paths.flatMap((flag) => Object.keys(NO_PATHS).map((what) => [longFlag(flag.key), what, flag] as const)))(
  '%s with %s is wrong use, and nothing is made',
  async (name, what, flag) => {
    const folder = folderWithTable()
    const value = `${NO_PATHS[what as keyof typeof NO_PATHS]}${EXTENSIONS[flag.key] ?? ''}`
    // A plan does not look at what is written at the end.
    const command = belongsTo(flag, 'run') ? 'run' : 'bench'
    expect(await expectFewLines(argumentsFor(flag, value, folder, command), folder, name)).toBe(2)
    expect(readdirSync(folder)).toEqual(['in'])
  },
)
