import { belongsTo, defaultOf, FLAGS, isOnByDefault, longFlag } from '../flags.ts'
import { FLAG_GROUPS } from '../flags/flag.ts'
import type { CommandName, Flag } from '../flags/flag.ts'

/** The help is made from the table of flags, grouped as in the README; commander would show the default command's flags nowhere. */

const TERM_WIDTH = 30

/** The whole text of `--help` for a command. */
export function formatHelp(command: CommandName, commands: Readonly<Record<CommandName, string>>): string {
  const usage = USAGES[command] ?? `migrate ${command} [flags]`
  const lines = [`Usage: ${usage}`, '']
  if (command === 'run') {
    lines.push('Converts a tree of data files from one format to another.', '', 'Commands')
    for (const [name, help] of Object.entries(commands)) lines.push(formatLine(name, help))
  } else {
    lines.push(`${capitalize(commands[command])}.`)
  }
  for (const group of FLAG_GROUPS) {
    const flags = FLAGS.filter((flag) => flag.group === group && belongsTo(flag, command) && flag.isHidden !== true)
    if (flags.length > 0) lines.push('', TITLES[group], ...flags.map(formatFlag))
  }
  lines.push(formatLine('-h, --help', 'print this help'), formatLine('-V, --version', 'print the version'))
  lines.push('', `Example: ${EXAMPLES[command]}`, '', ...ABOUT_OPTIONS, ...EXIT_CODES_OF[command], '')
  return lines.join('\n')
}

const USAGES: Partial<Readonly<Record<CommandName, string>>> = {
  run: 'migrate [run] --in PATH --out PATH [flags]',
  plan: 'migrate plan --in PATH --out PATH [flags]',
  bench: 'migrate bench --in PATH [flags]',
  report: 'migrate report FILE.json [flags]\n       migrate report merge TARGET|FILE.json ... [flags]',
  worker: 'migrate worker --cluster URL [--threads N] [--root DIR]',
  status: 'migrate status --cluster URL',
  dashboard: 'migrate dashboard --cluster URL [--root DIR]',
}

const TITLES: Readonly<Record<(typeof FLAG_GROUPS)[number], string>> = {
  What: 'What is converted',
  Sources: 'Dialect of sources',
  Targets: 'Dialect of targets',
  How: 'How',
  State: 'State and configuration',
  Machines: 'More than one machine',
  Show: 'What is shown',
  Bench: 'Benchmark',
}

const EXAMPLES: Readonly<Record<CommandName, string>> = {
  run: 'migrate --in old/ --out new/ --threads 8',
  plan: 'migrate plan --in old/ --out new/ --explain',
  bench: 'migrate bench --in old/ -L threads 1,2,4,8 --export-html bench.html',
  config: 'migrate config --threads 8 > migrate.config.yaml',
  report: 'migrate report run.json --as html > run.html',
  worker: 'migrate worker --cluster redis://queue.example --root /data --threads 8',
  status: 'migrate status --cluster redis://queue.example',
  dashboard: 'migrate dashboard --cluster redis://queue.example --root /data',
}

const ABOUT_OPTIONS = [
  'Every flag can also be a variable (MIGRATE_MAX_REJECTS=5%) or a key of a configuration file (maxRejects: 5%).',
  'A flag goes before the environment, the environment before the file. Sizes: k, M, G count in 1024; kB, MB, GB in 1000.',
]

const OF_SERVERS = ['Exit codes: 0 done, 2 wrong use, 1 unexpected.']

/** Those that a command can end with. */
const EXIT_CODES_OF: Readonly<Record<CommandName, readonly string[]>> = {
  run: [
    'Exit codes: 0 done, 2 wrong use, 3 no such source, 6 all files failed, 9 empty (--error-on-empty), 11 some files failed,',
    '12 some records are rejected, 130 or 143 stopped, 1 unexpected.',
  ],
  plan: [
    'Exit codes: 0 done, 2 wrong use, 3 no such source, 6 or 11 all or some files cannot be listed, 9 empty (--error-on-empty),',
    '1 unexpected.',
  ],
  bench: [
    'Exit codes: 0 done, 2 wrong use, 3 no such source, 14 slower than the baseline, 130 or 143 stopped, 1 unexpected.',
  ],
  config: ['Exit codes: 0 done, 2 wrong use, 1 unexpected.'],
  report: [
    'Exit codes: 0 done, 2 wrong use or reports that do not belong together, 3 no such report, 1 unexpected; merge: those of a run.',
  ],
  worker: OF_SERVERS,
  status: OF_SERVERS,
  dashboard: OF_SERVERS,
}

function formatFlag(flag: Flag): string {
  const name = isOnByDefault(flag) ? `--no-${longFlag(flag.key).slice(2)}` : longFlag(flag.key)
  const term = `${flag.short === undefined ? '   ' : `${flag.short},`} ${name}${flag.placeholder === undefined ? '' : ` ${flag.placeholder}`}`
  const repeated = flag.kind === 'list' ? ' (may be repeated)' : ''
  const value = defaultOf(flag)
  const byDefault = value === undefined || flag.kind === 'boolean' ? '' : ` (default: ${value})`
  return formatLine(term, `${flag.help}${repeated}${byDefault}`)
}

function formatLine(term: string, help: string): string {
  return term.length < TERM_WIDTH
    ? `  ${term.padEnd(TERM_WIDTH)} ${help}`
    : `  ${term}\n  ${' '.repeat(TERM_WIDTH)} ${help}`
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
