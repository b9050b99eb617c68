import { readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DATA_EXTENSIONS, readDataFile } from '../../control/settings/read-data-file.ts'
import type { Data } from '../../control/settings/parse-data.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import { findFlag, FLAGS, kebabCase, longFlag } from '../flags.ts'
import { readOptionWord } from './option-words.ts'
import { suggestNearest } from '../../errors/suggest-nearest.ts'

/**
 * Reads a configuration file. A file that is found by itself is data: code runs only when the user named it.
 */

export interface ConfigFile {
  /** As the user typed it, or the bare name of a file that was found. */
  readonly name: string
  /** Absolute; paths in the file are relative to it. */
  readonly folder: string
  readonly options: ReadonlyMap<string, unknown>
  /** Where a value is in the file, as `line 2, column 5`. */
  readonly placeOf: (key: string, index?: number) => string | undefined
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
  const data = await readDataFile({ name, path, what: 'configuration file', code: 'CONFIG_INVALID' })
  return { name, folder: dirname(path), ...readKeys(name, data) }
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
function readKeys(name: string, { content, placeOf }: Data): Pick<ConfigFile, 'options' | 'placeOf' | 'faults'> {
  const options = new Map<string, unknown>()
  const faults: ConfigFault[] = []
  const keys = new Map<string, string>()
  const placeOfValue = (key: string, index?: number) =>
    placeOf([keys.get(key) ?? key, ...(index === undefined ? [] : [index])], 'value')
  if (content === null || content === undefined) return { options, placeOf: placeOfValue, faults }
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw configError(`${printableName(name)} must hold options by name, like "threads: 8"`)
  }
  for (const [key, value] of Object.entries(content)) {
    const flag = findFlag(camelCase(key))
    if (flag === undefined || flag.key === 'config') {
      faults.push(unknownKey(inFile(name, placeOf([key], 'key')), key))
      continue
    }
    if (keys.has(flag.key))
      faults.push({
        message: `${flag.key} is set twice, as ${flag.key} and ${kebabCase(flag.key)}, ${inFile(name, placeOf([key], 'key'))}`,
        hint: 'leave one of them out',
      })
    keys.set(flag.key, key)
    if (value !== null && value !== undefined) options.set(flag.key, readOptionWord(flag, value))
  }
  return { options, placeOf: placeOfValue, faults }
}

/** Where something is, at the end of a message: `in c.yaml, line 2, column 5`. */
export function inFile(name: string, place: string | undefined): string {
  return `in ${printableName(name)}${place === undefined ? '' : `, ${place}`}`
}

function camelCase(key: string): string {
  return key.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function unknownKey(where: string, key: string): ConfigFault {
  const nearest = suggestNearest(
    camelCase(key),
    FLAGS.map((flag) => flag.key),
  )
  return {
    message: `unknown option "${printableName(key)}" ${where}`,
    hint:
      nearest === undefined ? 'migrate --help lists all options' : `did you mean ${nearest} (${longFlag(nearest)})?`,
  }
}

function configError(message: string, hint?: string): MigrationError {
  return new MigrationError('CONFIG_INVALID', message, { phase: 'options', hint })
}
