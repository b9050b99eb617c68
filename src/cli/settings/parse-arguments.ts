import { Command, CommanderError, Option } from 'commander'
import { printableName } from '../../errors/printable-name.ts'
import { belongsTo, FLAGS, longFlag } from '../flags.ts'
import { SECRET_FLAGS } from '../flags/cluster-flags.ts'
import type { CommandName, Flag } from '../flags/flag.ts'
import { formatHelp } from '../terminal/format-help.ts'
import { suggestNearest } from '../../errors/suggest-nearest.ts'
import { wrongUse } from './wrong-use.ts'

/** Reads the arguments with commander, whose options are made from the table of flags. */

export const COMMANDS: Readonly<Record<CommandName, string>> = {
  run: 'converts the source tree (also without the word "run")',
  plan: 'shows what would happen, and writes nothing',
  bench: 'measures the same work at several numbers of threads',
  config: 'prints all options and where each value comes from',
  report: 'shows a saved report, or renders it as csv, markdown or html',
  worker: 'serves as a node of a cluster until it is told to stop',
  status: 'shows what the nodes of a cluster are at',
  dashboard: 'serves a page of the cluster, its queue and its last report',
}

/** What the user asked for: a command with its flags by key, or a text to print. */
export type ParsedArguments =
  | {
      readonly kind: 'command'
      readonly command: CommandName
      readonly flags: ReadonlyMap<string, unknown>
      /** What is neither a flag nor its value; empty but for `report`. */
      readonly words: readonly string[]
    }
  | { readonly kind: 'print'; readonly text: string }

/**
 * @param args without the program's own name.
 * @param readVersion called where the version is asked for.
 * @throws MigrationError WRONG_USE, with the nearest flag or command as hint.
 */
export function parseArguments(args: readonly string[], readVersion: () => string): ParsedArguments {
  let parsed: ParsedArguments | undefined
  let printed = ''
  const program = new Command('migrate')
  const settle = (command: CommandName, words: readonly string[], values: Readonly<Record<string, unknown>>) => {
    if (words[0] !== undefined && command !== 'report')
      throw unexpectedWord(words[0], command === 'run' && args[0] === words[0])
    parsed = { kind: 'command', command, flags: new Map(Object.entries(values)), words }
  }
  prepare(program, (text) => (printed += text)).option('-V, --version', 'print the version')
  program.helpInformation = () => formatHelp('run', COMMANDS)
  for (const command of Object.keys(COMMANDS) as CommandName[]) {
    const sub = prepare(program.command(command, { isDefault: command === 'run' }), (text) => (printed += text))
    sub.helpInformation = () => formatHelp(command, COMMANDS)
    for (const flag of FLAGS) {
      if (!belongsTo(flag, command)) continue
      for (const option of optionsOf(flag)) sub.addOption(option)
      if (flag.kind === 'boolean') refuseOpposites(sub, longFlag(flag.key).slice(2))
    }
    sub
      .argument('[words...]')
      .action((words: string[], values: Record<string, unknown>) => settle(command, words, values))
  }
  program.on('option:version', () => {
    throw new CommanderError(0, 'commander.version', readVersion())
  })
  try {
    program.parse(args, { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    if (thrown.code === 'commander.version') return { kind: 'print', text: `${thrown.message}\n` }
    if (thrown.exitCode === 0) return { kind: 'print', text: printed }
    throw explain(thrown, program)
  }
  return parsed ?? { kind: 'print', text: printed }
}

function prepare(command: Command, print: (text: string) => void): Command {
  return command
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: print, writeErr: () => {}, outputError: () => {} })
}

/** One option, or two for a boolean: the positive form comes first, or commander would take the default for true. */
function optionsOf(flag: Flag): Option[] {
  const long = longFlag(flag.key)
  const names = flag.short === undefined ? long : `${flag.short}, ${long}`
  if (flag.kind === 'boolean') return [new Option(names), new Option(`--no-${long.slice(2)}`)]
  if (flag.kind === 'count') {
    return [new Option(names).preset(1).argParser((_, previous: number | undefined) => (previous ?? 0) + 1)]
  }
  // Without a parser of its own commander gathers the words.
  if (flag.kind === 'words') return [new Option(`${names} <words...>`)]
  const option = new Option(`${names} <value>`)
  return [
    option.argParser<unknown>((value, previous) => {
      if (isKnownFlag(value)) throw wrongUse(`${long} needs a value, but ${value} follows`)
      if (flag.kind === 'list') return [...(Array.isArray(previous) ? previous : []), value]
      if (previous !== undefined) throw givenTwice(long, nameValues(flag, previous, value))
      return value
    }),
  ]
}

/** `--fsync --no-fsync`: whichever came last would win, and nobody would hear of it. The same form twice says nothing new. */
function refuseOpposites(command: Command, name: string): void {
  const forms = [name, `no-${name}`]
  const seen = new Set<string>()
  for (const form of forms) {
    command.on(`option:${form}`, () => {
      seen.add(form)
      if (seen.size === forms.length) throw givenTwice(`--${name}`, `as --${name} and as --no-${name}`)
    })
  }
}

function givenTwice(flag: string, values: string): Error {
  return wrongUse(
    `${flag} is given twice: ${values}`,
    'it takes one value: leave one out (a shell alias or a script may have set the other)',
  )
}

function nameValues(flag: Flag, one: unknown, other: string): string {
  if (SECRET_FLAGS.has(flag.key)) return 'its values are not shown'
  return `"${printableName(String(one))}" and "${printableName(other)}"`
}

function isKnownFlag(word: string): boolean {
  return FLAGS.some((flag) => longFlag(flag.key) === word || (flag.short !== undefined && flag.short === word))
}

function unexpectedWord(word: string, isInPlaceOfCommand: boolean): Error {
  if (!isInPlaceOfCommand) {
    const hint = Object.hasOwn(COMMANDS, word)
      ? `put the command first: migrate ${word} ...`
      : 'paths are given with --in and --out; quote a glob, so that the shell leaves it alone'
    return wrongUse(`unexpected argument "${word}"`, hint)
  }
  const nearest = suggestNearest(word, Object.keys(COMMANDS))
  const hint =
    nearest === undefined
      ? `commands are ${Object.keys(COMMANDS).join(', ')}; paths are given with --in and --out`
      : `did you mean "migrate ${nearest}"?`
  return wrongUse(`unknown command "${word}"`, hint)
}

/** Commander's errors in the words of this program. */
function explain(error: CommanderError, program: Command): Error {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  if (error.code === 'commander.optionMissingArgument') {
    return wrongUse(`${longNameIn(quoted)} needs a value`, 'migrate --help lists all flags')
  }
  if (error.code !== 'commander.unknownOption') return wrongUse(error.message.replace(/^error: /, ''))
  const name = quoted.split('=')[0] ?? quoted
  const names = program.commands.flatMap((command) => command.options.map((option) => option.long ?? ''))
  if (name !== quoted && names.includes(name)) {
    const opposite = name.startsWith('--no-') ? `--${name.slice(5)}` : `--no-${name.slice(2)}`
    return wrongUse(`${name} takes no value`, `its opposite is ${opposite}`)
  }
  const owner =
    FLAGS.find((flag) => longFlag(flag.key) === name)?.commands?.[0] ??
    program.commands.find(({ options }) => options.some(({ long }) => long === name))?.name()
  if (owner !== undefined) return wrongUse(`unknown flag ${name}`, `it belongs to "migrate ${owner}"`)
  if (/^--(?:output-|input-)?(?:format|type)$/.test(name))
    return wrongUse(`unknown flag ${name}`, '--to says what targets become; --from says what all sources are')
  const nearest = suggestNearest(
    name.replace(/^-+/, ''),
    [...names, '--help', '--version'].map((long) => long.slice(2)),
  )
  const isSuggested = nearest !== undefined && name.startsWith('--')
  return wrongUse(`unknown flag ${name}`, isSuggested ? `did you mean --${nearest}?` : 'migrate --help lists all flags')
}

function longNameIn(flags: string): string {
  return /--[a-z0-9-]+/.exec(flags)?.[0] ?? flags
}
