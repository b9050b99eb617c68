import type { MigrateOptions } from '../model/options.ts'

/**
 * The one table of flags. Commander's options, the MIGRATE_ variables, the keys of configuration files, the help and
 * `migrate config` are all derived from it. It repeats the defaults of OptionsSchema as text, so that the help can be
 * printed without loading the schema; a test holds the two together.
 */

/** Options that only the command line has: the library neither draws nor logs. */
export type CliOnlyKey =
  | 'config'
  | 'progress'
  | 'stats'
  | 'statsOneLine'
  | 'verbose'
  | 'quiet'
  | 'logLevel'
  | 'logFile'
  | 'useJsonLog'
  | 'report'
  | 'dryRun'
  | 'explain'

export type FlagKey = keyof MigrateOptions | CliOnlyKey

/**
 * How a value is given. `boolean` takes none and has a `--no-` twin; `count` takes none and adds up (`-vv`); `list` may be
 * given several times; `byte` is one character, where `\t` and `tab` stand for the tab.
 */
export type FlagKind = 'text' | 'byte' | 'boolean' | 'count' | 'list'

export type CommandName = 'run' | 'plan' | 'config'

export interface Flag {
  readonly key: FlagKey
  readonly kind: FlagKind
  readonly group: FlagGroup
  /** What the help says. Of a boolean that is on by default it describes the `--no-` form. */
  readonly help: string
  readonly placeholder?: string
  readonly short?: string
  /** The default as a user would type it; of a boolean, only where it is on. */
  readonly default?: string
  /** A path: in a configuration file it is relative to that file's folder. */
  readonly isPath?: boolean
  readonly isHidden?: boolean
  /** The commands that know the flag; all of them where nothing is said. */
  readonly commands?: readonly CommandName[]
}

export const FLAG_GROUPS = ['What', 'Sources', 'Targets', 'How', 'State', 'Show'] as const

export type FlagGroup = (typeof FLAG_GROUPS)[number]

export const FLAGS: readonly Flag[] = [
  // What
  {
    key: 'in',
    kind: 'text',
    group: 'What',
    placeholder: 'PATH',
    isPath: true,
    help: 'source: a file, a folder or a glob',
  },
  {
    key: 'out',
    kind: 'text',
    group: 'What',
    placeholder: 'PATH',
    isPath: true,
    help: 'target: a folder, or a file for a single source',
  },
  {
    key: 'to',
    kind: 'text',
    group: 'What',
    placeholder: 'FORMAT',
    help: 'csv, tsv, ndjson or json (default: ndjson; csv when all sources are ndjson or json)',
  },
  {
    key: 'from',
    kind: 'text',
    group: 'What',
    placeholder: 'FORMAT',
    help: 'format of all sources (default: told from each name)',
  },
  { key: 'include', kind: 'list', group: 'What', placeholder: 'PATTERN', help: 'take only paths that match' },
  { key: 'exclude', kind: 'list', group: 'What', placeholder: 'PATTERN', help: 'leave paths that match' },
  {
    key: 'filter',
    kind: 'list',
    group: 'What',
    placeholder: 'RULE',
    help: '"+ PATTERN" or "- PATTERN"; the first rule that matches decides',
  },
  {
    key: 'filterFrom',
    kind: 'list',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'read filter rules from a file, one a line',
  },
  {
    key: 'filesFrom',
    kind: 'list',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'take exactly the paths that a file lists, one a line',
  },
  {
    key: 'filesFrom0',
    kind: 'list',
    group: 'What',
    placeholder: 'FILE',
    isPath: true,
    help: 'the same, with NUL bytes between the paths',
  },
  {
    key: 'minSize',
    kind: 'text',
    group: 'What',
    placeholder: 'SIZE',
    help: 'leave smaller files (500, 64k, 16MiB, 1.5G)',
  },
  { key: 'maxSize', kind: 'text', group: 'What', placeholder: 'SIZE', help: 'leave larger files' },
  {
    key: 'minAge',
    kind: 'text',
    group: 'What',
    placeholder: 'TIME',
    help: 'leave files changed more recently (10s, 1.5h, 2d)',
  },
  { key: 'maxAge', kind: 'text', group: 'What', placeholder: 'TIME', help: 'leave files changed longer ago' },
  {
    key: 'maxDepth',
    kind: 'text',
    group: 'What',
    placeholder: 'N',
    help: 'descend at most N folders; 1 is the top alone',
  },
  { key: 'links', kind: 'boolean', group: 'What', help: 'follow symbolic links that stay inside the source tree' },
  {
    key: 'others',
    kind: 'text',
    group: 'What',
    placeholder: 'skip|copy|fail',
    default: 'skip',
    help: 'what to do with files of unknown formats',
  },
  {
    key: 'targetName',
    kind: 'text',
    group: 'What',
    placeholder: 'replace|append',
    default: 'replace',
    help: 'a.csv becomes a.ndjson, or a.csv.ndjson',
  },
  { key: 'overwrite', kind: 'boolean', group: 'What', help: 'replace targets that no earlier run made' },
  { key: 'prune', kind: 'boolean', group: 'What', help: 'remove targets whose sources are gone' },
  {
    key: 'select',
    kind: 'list',
    group: 'What',
    placeholder: 'NAME[=SOURCE],...',
    help: 'the columns of the targets, in this order',
  },
  { key: 'drop', kind: 'list', group: 'What', placeholder: 'NAME,...', help: 'columns to leave out' },
  // Sources
  {
    key: 'delim',
    kind: 'byte',
    group: 'Sources',
    placeholder: 'CHAR',
    default: ',',
    help: 'delimiter of csv sources; "tab" or "\\t" for a tab',
  },
  { key: 'quote', kind: 'byte', group: 'Sources', placeholder: 'CHAR|none', default: '"', help: 'quote' },
  {
    key: 'escape',
    kind: 'byte',
    group: 'Sources',
    placeholder: 'CHAR|none',
    help: 'escape character (default: a quote is doubled)',
  },
  {
    key: 'comment',
    kind: 'byte',
    group: 'Sources',
    placeholder: 'CHAR|none',
    default: 'none',
    help: 'lines that start with it are passed over',
  },
  {
    key: 'header',
    kind: 'boolean',
    group: 'Sources',
    default: 'on',
    help: 'sources have no header; columns are column0, column1, ...',
  },
  {
    key: 'nullstr',
    kind: 'text',
    group: 'Sources',
    placeholder: 'TEXT',
    help: 'unquoted text that stands for null, also in targets',
  },
  {
    key: 'skip',
    kind: 'text',
    group: 'Sources',
    placeholder: 'N',
    default: '0',
    help: 'lines to pass over at the start of each file',
  },
  {
    key: 'encoding',
    kind: 'text',
    group: 'Sources',
    placeholder: 'NAME',
    default: 'utf-8',
    help: 'encoding of the sources',
  },
  {
    key: 'quotes',
    kind: 'text',
    group: 'Sources',
    placeholder: 'lenient|rfc',
    default: 'lenient',
    help: 'rfc rejects quotes inside unquoted fields',
  },
  { key: 'trimAroundQuotes', kind: 'boolean', group: 'Sources', help: 'accept blanks before and after a quoted field' },
  {
    key: 'ragged',
    kind: 'text',
    group: 'Sources',
    placeholder: 'reject|pad|truncate',
    default: 'reject',
    help: 'records with too few or too many fields',
  },
  {
    key: 'duplicateColumns',
    kind: 'text',
    group: 'Sources',
    placeholder: 'fail|rename',
    default: 'fail',
    help: 'two columns of one name',
  },
  {
    key: 'unterminatedQuote',
    kind: 'text',
    group: 'Sources',
    placeholder: 'fail|reject',
    default: 'fail',
    help: 'a quote still open at the end: fail the file, or reject the record',
  },
  {
    key: 'maxNesting',
    kind: 'text',
    group: 'Sources',
    placeholder: 'N',
    default: '512',
    help: 'levels of nested JSON values',
  },
  {
    key: 'duplicateKeys',
    kind: 'text',
    group: 'Sources',
    placeholder: 'reject|last',
    default: 'reject',
    help: 'JSON objects with the same key twice',
  },
  // Targets
  {
    key: 'outDelim',
    kind: 'byte',
    group: 'Targets',
    placeholder: 'CHAR',
    default: ',',
    help: 'delimiter of csv targets',
  },
  {
    key: 'outQuote',
    kind: 'byte',
    group: 'Targets',
    placeholder: 'CHAR|none',
    default: '"',
    help: 'quote of csv and tsv targets',
  },
  { key: 'outHeader', kind: 'boolean', group: 'Targets', default: 'on', help: 'write no header' },
  { key: 'outCrlf', kind: 'boolean', group: 'Targets', help: 'end lines with CRLF' },
  {
    key: 'nested',
    kind: 'text',
    group: 'Targets',
    placeholder: 'json|flatten',
    default: 'json',
    help: 'nested values in csv: one cell of JSON text, or columns a.b',
  },
  // How
  {
    key: 'threads',
    kind: 'text',
    group: 'How',
    placeholder: 'N|50%|+2|auto',
    default: 'auto',
    help: 'worker threads; auto: the cores this process may use',
  },
  {
    key: 'engine',
    kind: 'text',
    group: 'How',
    placeholder: 'auto|kernel|reference|stream',
    default: 'auto',
    help: 'kernel and reference give the same bytes; stream is slow and lossy',
  },
  { key: 'lossy', kind: 'boolean', group: 'How', help: 'allow --engine stream to change values' },
  {
    key: 'orderBy',
    kind: 'text',
    group: 'How',
    placeholder: 'ORDER',
    default: 'size,descending',
    help: 'size or path, ascending or descending',
  },
  {
    key: 'fsync',
    kind: 'boolean',
    group: 'How',
    default: 'on',
    help: 'faster, but a power cut may lose finished files',
  },
  {
    key: 'retries',
    kind: 'text',
    group: 'How',
    placeholder: 'N',
    default: '3',
    help: 'more attempts at a file after a passing error',
  },
  { key: 'taskTimeout', kind: 'text', group: 'How', placeholder: 'TIME', help: 'give a file up after this long' },
  {
    key: 'halt',
    kind: 'text',
    group: 'How',
    placeholder: 'soon|now,fail=N|N%',
    default: 'never',
    help: 'stop the run after so many failed files',
  },
  {
    key: 'maxRecordSize',
    kind: 'text',
    group: 'How',
    placeholder: 'SIZE',
    default: '16MiB',
    help: 'longer records are rejected',
  },
  {
    key: 'chunkSize',
    kind: 'text',
    group: 'How',
    placeholder: 'SIZE',
    default: '256k',
    isHidden: true,
    help: 'bytes read at once',
  },
  // State
  { key: 'force', kind: 'boolean', group: 'State', help: 'convert everything again' },
  {
    key: 'checksum',
    kind: 'boolean',
    group: 'State',
    help: 'compare contents, not sizes and times, to tell what is done',
  },
  { key: 'unlock', kind: 'boolean', group: 'State', help: 'take the target tree from a run on another host' },
  { key: 'maxRejects', kind: 'text', group: 'State', placeholder: 'N|P%', help: 'a file with more rejects fails' },
  { key: 'errorOnEmpty', kind: 'boolean', group: 'State', help: 'exit code 9 where there is nothing to convert' },
  { key: 'dryRun', kind: 'boolean', short: '-n', group: 'State', help: 'show the plan and write nothing' },
  {
    key: 'config',
    kind: 'text',
    group: 'State',
    placeholder: 'FILE',
    help: 'yaml, toml, json, or a js/ts module (default: migrate.config.{yaml,yml,toml,json} here)',
  },
  // Show
  {
    key: 'progress',
    kind: 'boolean',
    short: '-P',
    group: 'Show',
    help: 'draw a bar (default: on a terminal outside CI)',
  },
  {
    key: 'stats',
    kind: 'text',
    group: 'Show',
    placeholder: 'TIME',
    default: '10s',
    help: 'where nothing is drawn, say how far it is this often; 0: never',
  },
  { key: 'statsOneLine', kind: 'boolean', group: 'Show', help: 'say it in one line' },
  {
    key: 'verbose',
    kind: 'count',
    short: '-v',
    group: 'Show',
    help: '-v: a line for each thread; -vv: also each finished file, and times by stage',
  },
  { key: 'quiet', kind: 'boolean', short: '-q', group: 'Show', help: 'errors only' },
  {
    key: 'logLevel',
    kind: 'text',
    group: 'Show',
    placeholder: 'LEVEL',
    default: 'info',
    help: 'debug, info, warn or error: least level of log lines',
  },
  {
    key: 'logFile',
    kind: 'text',
    group: 'Show',
    placeholder: 'FILE',
    isPath: true,
    help: 'append log lines (NDJSON) to a file',
  },
  {
    key: 'useJsonLog',
    kind: 'boolean',
    group: 'Show',
    help: 'log lines (NDJSON) on standard error, and nothing else there',
  },
  {
    key: 'report',
    kind: 'list',
    group: 'Show',
    placeholder: 'FILE.json',
    isPath: true,
    commands: ['run', 'config'],
    help: 'write the report to a file',
  },
  { key: 'explain', kind: 'boolean', group: 'Show', help: 'with the plan: which filter rule took or left each path' },
]

const FLAG_BY_KEY: ReadonlyMap<string, Flag> = new Map(FLAGS.map((flag) => [flag.key, flag]))

export function findFlag(key: string): Flag | undefined {
  return FLAG_BY_KEY.get(key)
}

/** `maxRejects` as on the command line: `--max-rejects`. */
export function longFlag(key: string): string {
  return `--${kebabCase(key)}`
}

/** `maxRejects` as in the environment: `MIGRATE_MAX_REJECTS`. */
export function environmentName(key: string): string {
  return `MIGRATE_${kebabCase(key).replaceAll('-', '_').toUpperCase()}`
}

/** True for a boolean that is on unless the user turns it off: the help shows its `--no-` form. */
export function isOnByDefault(flag: Flag): boolean {
  return flag.kind === 'boolean' && flag.default === 'on'
}

export function belongsTo(flag: Flag, command: CommandName): boolean {
  return flag.commands?.includes(command) ?? true
}

export function kebabCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
