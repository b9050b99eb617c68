import { DEFAULTS } from '../options/defaults.ts'
import { CLI_DEFAULTS } from './flags/cli-defaults.ts'
import type { CommandName, Flag, FlagKey } from './flags/flag.ts'
import { WHAT_FLAGS } from './flags/what-flags.ts'
import { SOURCES_FLAGS } from './flags/sources-flags.ts'
import { TARGETS_FLAGS } from './flags/targets-flags.ts'
import { HOW_FLAGS } from './flags/how-flags.ts'
import { STATE_FLAGS } from './flags/state-flags.ts'
import { SHOW_FLAGS } from './flags/show-flags.ts'
import { CLUSTER_FLAGS, FOR_WORKER, OWN_FLAGS_ONLY } from './flags/cluster-flags.ts'
import { BENCH_FLAGS, NOT_FOR_BENCH } from './flags/bench-flags.ts'

/**
 * The one table of flags. Commander's options, the MIGRATE_ variables, the keys of configuration files, the help and
 * `migrate config` are all derived from it. Defaults come from where the schemas have them.
 */
export const FLAGS: readonly Flag[] = [
  ...WHAT_FLAGS,
  ...SOURCES_FLAGS,
  ...TARGETS_FLAGS,
  ...HOW_FLAGS,
  ...STATE_FLAGS,
  ...CLUSTER_FLAGS,
  ...SHOW_FLAGS,
  ...BENCH_FLAGS,
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

/** The default as a user would type it; undefined: none, or off. */
export function defaultOf({ key }: Flag): string | number | boolean | undefined {
  return ALL_DEFAULTS[key]
}

const ALL_DEFAULTS: Readonly<Partial<Record<FlagKey, string | number | boolean>>> = { ...DEFAULTS, ...CLI_DEFAULTS }

/** True for a boolean that is on unless the user turns it off: the help shows its `--no-` form. */
export function isOnByDefault(flag: Flag): boolean {
  return defaultOf(flag) === true
}

/** A flag that names no commands belongs to all that plan or run; those that do neither know the flags that name them. */
export function belongsTo(flag: Flag, command: CommandName): boolean {
  if (command === 'bench' && NOT_FOR_BENCH.has(flag.key)) return false
  if (command === 'worker' && FOR_WORKER.has(flag.key)) return true
  return flag.commands?.includes(command) ?? !OWN_FLAGS_ONLY.has(command)
}

export function kebabCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
