import type { CommandName, Flag } from './flags/flag.ts'
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
 * `migrate config` are all derived from it. It repeats the defaults of OptionsSchema as text, so that the help can be
 * printed without loading the schema; a test holds the two together.
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

/** True for a boolean that is on unless the user turns it off: the help shows its `--no-` form. */
export function isOnByDefault(flag: Flag): boolean {
  return flag.kind === 'boolean' && flag.default === 'on'
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
