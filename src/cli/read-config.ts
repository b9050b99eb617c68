import { readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DATA_EXTENSIONS, readDataFile } from '../control/read-data-file.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { findFlag, FLAGS, kebabCase, longFlag } from './flags.ts'
import { readOptionWord } from './option-words.ts'
import { suggestNearest } from '../errors/suggest-nearest.ts'

/**
 * Reads a configuration file. A file that is found by itself is data: code runs only when the user named it.
 */

export interface ConfigFile {
  /** As the user typed it, or the bare name of a file that was found. */
  readonly name: string
  /** Absolute; paths in the file are relative to it. */
  readonly folder: string
  readonly options: ReadonlyMap<string, unknown>
  /** Keys that are no options, or are there twice: told together with what is wrong with the others. */
  readonly faults: readonly ConfigFault[]
}

export interface ConfigFault {
  readonly message: string
  readonly hint?: string
}

/**
 * @param named what `--config` says; undefined looks for `migrate.config.{yaml,yml,toml,json}` in the working folder.
 * @returns null where no file is named and none is found.
 * @throws MigrationError CONFIG_INVALID naming the file, for one that cannot be read, or two that are found.
 */
export async function readConfig(named: string | undefined, workingFolder: string): Promise<ConfigFile | null> {
  const name = named ?? findConfig(workingFolder)
  if (name === undefined) return null
  const path = resolve(workingFolder, name)
  const content = await readDataFile({ name, path, what: 'configuration file', code: 'CONFIG_INVALID' })
  return { name, folder: dirname(path), ...readKeys(name, content) }
}

function findConfig(workingFolder: string): string | undefined {
  const names = new Set(DATA_EXTENSIONS.map((extension) => `migrate.config${extension}`))
  const found = readdirSync(workingFolder)
    .filter((name) => names.has(name))
    .sort()
  if (found.length > 1) {
    throw configError(
      `there are two configuration files here, ${found.slice(0, 2).join(' and ')}`,
      'name one with --config',
    )
  }
  return found[0]
}

/** Keys as in OptionsSchema or with hyphens; null stands for "not set". */
function readKeys(name: string, content: unknown): Pick<ConfigFile, 'options' | 'faults'> {
  const options = new Map<string, unknown>()
  const faults: ConfigFault[] = []
  if (content === null || content === undefined) return { options, faults }
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw configError(`${printableName(name)} must hold options by name, like "threads: 8"`)
  }
  const seen = new Set<string>()
  for (const [key, value] of Object.entries(content)) {
    const flag = findFlag(camelCase(key))
    if (flag === undefined || flag.key === 'config') {
      faults.push(unknownKey(name, key))
      continue
    }
    if (seen.has(flag.key))
      faults.push({
        message: `${printableName(name)} sets ${flag.key} twice, as ${flag.key} and ${kebabCase(flag.key)}`,
        hint: 'leave one of them out',
      })
    seen.add(flag.key)
    if (value !== null && value !== undefined) options.set(flag.key, readOptionWord(flag, value))
  }
  return { options, faults }
}

function camelCase(key: string): string {
  return key.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function unknownKey(name: string, key: string): ConfigFault {
  const nearest = suggestNearest(
    camelCase(key),
    FLAGS.map((flag) => flag.key),
  )
  return {
    message: `unknown option "${printableName(key)}" in ${printableName(name)}`,
    hint:
      nearest === undefined ? 'migrate --help lists all options' : `did you mean ${nearest} (${longFlag(nearest)})?`,
  }
}

function configError(message: string, hint?: string): MigrationError {
  return new MigrationError('CONFIG_INVALID', message, { phase: 'options', hint })
}
