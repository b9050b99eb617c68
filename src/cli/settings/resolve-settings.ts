import { isAbsolute, join } from 'node:path'
import { findFlag, longFlag } from '../flags.ts'
import type { Flag } from '../flags/flag.ts'
import { readOptionWord } from './option-words.ts'
import { readConfig, type ConfigFault, type ConfigFile } from './read-config.ts'
import { readEnvironment } from './read-environment.ts'

/** Where the value of an option comes from; `name` is the flag, the variable or the file as the user knows it. */
export type Origin =
  | { readonly from: 'flag'; readonly name: string }
  | { readonly from: 'environment'; readonly name: string }
  | { readonly from: 'file'; readonly name: string; readonly placeOf?: ConfigFile['placeOf'] }

/** One option that somebody set. */
export interface Setting {
  readonly value: unknown
  readonly origin: Origin
  /** The value before paths were completed and words like `tab` were read: what messages quote. */
  readonly typed: unknown
}

/** All options that somebody set, by key; what is missing has its default. */
export type Settings = ReadonlyMap<string, Setting>

export interface ResolvedSettings {
  readonly settings: Settings
  /** Variables that were left alone though they look like options. */
  readonly suspects: readonly { readonly name: string; readonly meant: string }[]
  /** Keys of the configuration file that cannot be used. */
  readonly faults: readonly ConfigFault[]
}

/**
 * Puts flags, variables and the configuration file together: a flag goes before a variable, a variable before the file. A
 * list is replaced as a whole, never joined.
 *
 * Paths from flags and variables are relative to the working folder; paths in a configuration file to the file's folder, so
 * that a file means the same wherever it is used from.
 * @param flags values of the command line by key.
 */
export async function resolveSettings(
  flags: ReadonlyMap<string, unknown>,
  environment: NodeJS.ProcessEnv,
  workingFolder: string,
): Promise<ResolvedSettings> {
  const variables = readEnvironment(environment)
  const named = flags.get('config') ?? variables.options.get('config')?.value
  const file = await readConfig(typeof named === 'string' ? named : undefined, workingFolder)
  const settings = new Map<string, Setting>()
  const enter = (key: string, typed: unknown, folder: string, origin: Origin) => {
    const flag = findFlag(key)
    if (flag === undefined) return
    settings.set(key, { value: placePaths(flag, readOptionWord(flag, typed), folder), origin, typed })
  }
  if (file !== null) {
    const { name, folder, options, placeOf } = file
    for (const [key, typed] of options) enter(key, typed, folder, { from: 'file', name, placeOf })
  }
  for (const [key, { value, name }] of variables.options) {
    enter(key, value, workingFolder, { from: 'environment', name })
  }
  for (const [key, setting] of settingsOfFlags(flags, workingFolder)) settings.set(key, setting)
  if (file !== null && !settings.has('config')) {
    settings.set('config', { value: file.name, origin: { from: 'file', name: file.name }, typed: file.name })
  }
  return { settings, suspects: variables.suspects, faults: file?.faults ?? [] }
}

/** What the command line alone says. */
export function settingsOfFlags(flags: ReadonlyMap<string, unknown>, workingFolder: string): Settings {
  const settings = new Map<string, Setting>()
  for (const [key, typed] of flags) {
    const flag = findFlag(key)
    if (flag === undefined) continue
    const value = placePaths(flag, readOptionWord(flag, typed), workingFolder)
    settings.set(key, { value, origin: { from: 'flag', name: nameOfFlag(key, typed) }, typed })
  }
  return settings
}

/** A path of the working folder stays as it was typed, so that messages show it like that. */
function placePaths(flag: Flag, value: unknown, folder: string): unknown {
  if (flag.isPath !== true || folder === process.cwd()) return value
  if (Array.isArray(value)) return value.map((path: unknown) => placePath(path, folder))
  return placePath(value, folder)
}

function placePath(path: unknown, folder: string): unknown {
  // join and not resolve: the slash at the end of a target says that it is a folder. "-" is no path, and refused as it was typed.
  return typeof path !== 'string' || path === '' || path === '-' || isAbsolute(path) ? path : join(folder, path)
}

function nameOfFlag(key: string, typed: unknown): string {
  return typed === false ? `--no-${longFlag(key).slice(2)}` : longFlag(key)
}
