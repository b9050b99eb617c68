import type { MigrateOptions } from '../../options/options.ts'

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
  | 'as'
  | 'dryRun'
  | 'explain'
  | 'parameterList'
  | 'runs'
  | 'warmup'
  | 'cold'
  | 'ladder'
  | 'exportJson'
  | 'exportCsv'
  | 'exportMarkdown'
  | 'exportHtml'
  | 'baseline'
  | 'cluster'
  | 'shardFiles'
  | 'root'
  | 'queue'
  | 'listen'
  | 'token'

export type FlagKey = keyof MigrateOptions | CliOnlyKey

/**
 * How a value is given. `boolean` takes none and has a `--no-` twin; `count` takes none and adds up (`-vv`); `list` may be
 * given several times; `words` takes all words up to the next flag; `byte` is one character, where `\t` and `tab` stand for the tab.
 */
export type FlagKind = 'text' | 'byte' | 'boolean' | 'count' | 'list' | 'words'

export type CommandName = 'run' | 'plan' | 'report' | 'bench' | 'config' | 'worker' | 'status' | 'dashboard'

export interface Flag {
  readonly key: FlagKey
  readonly kind: FlagKind
  readonly group: FlagGroup
  /** What the help says. Of a boolean that is on by default it describes the `--no-` form. */
  readonly help: string
  readonly placeholder?: string
  readonly short?: string
  /** A path: in a configuration file it is relative to that file's folder. */
  readonly isPath?: boolean
  readonly isHidden?: boolean
  /** The commands that know the flag; all of them where nothing is said. */
  readonly commands?: readonly CommandName[]
}

export const FLAG_GROUPS = ['What', 'Sources', 'Targets', 'How', 'State', 'Machines', 'Show', 'Bench'] as const

export type FlagGroup = (typeof FLAG_GROUPS)[number]
