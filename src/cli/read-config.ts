import { readFileSync, readdirSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { isSystemError, MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { findFlag, FLAGS, kebabCase, longFlag } from './flags.ts'
import { readOptionWord } from './option-words.ts'
import { suggestNearest } from './suggest-nearest.ts'

/**
 * Reads a configuration file. The parsers are loaded only when a file needs them. A file that is found by itself is data:
 * code runs only when the user named it.
 */

export interface ConfigFile {
  /** As the user typed it, or the bare name of a file that was found. */
  readonly name: string
  /** Absolute; paths in the file are relative to it. */
  readonly folder: string
  readonly options: ReadonlyMap<string, unknown>
}

const DATA_EXTENSIONS = ['.yaml', '.yml', '.toml', '.json']
const CODE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

/**
 * @param named what `--config` says; undefined looks for `migrate.config.{yaml,yml,toml,json}` in the working folder.
 * @returns null where no file is named and none is found.
 * @throws MigrationError CONFIG_INVALID naming the file, for one that cannot be read, two that are found, or an unknown key.
 */
export async function readConfig(named: string | undefined, workingFolder: string): Promise<ConfigFile | null> {
  const name = named ?? findConfig(workingFolder)
  if (name === undefined) return null
  const path = resolve(workingFolder, name)
  const content = await parseConfig(name, path)
  return { name, folder: dirname(path), options: readKeys(name, content) }
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

async function parseConfig(name: string, path: string): Promise<unknown> {
  const extension = extname(path).toLowerCase()
  const shown = printableName(name)
  if (!DATA_EXTENSIONS.includes(extension) && !CODE_EXTENSIONS.includes(extension)) {
    throw configError(
      `${shown} is no kind of configuration file that is known`,
      `the name must end in one of ${[...DATA_EXTENSIONS, ...CODE_EXTENSIONS].join(' ')}`,
    )
  }
  try {
    // Read first even where a module loader reads again: a missing file is then told in the same words for every kind.
    const text = readFileSync(path, 'utf8')
    if (extension === '.json') return JSON.parse(text)
    if (extension === '.toml') return (await import('smol-toml')).parse(text)
    if (DATA_EXTENSIONS.includes(extension)) return (await import('yaml')).parse(text)
    return await loadModule(path)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const firstLine = reason.split('\n')[0] ?? reason
    if (isSystemError(thrown)) throw configError(`cannot read ${shown}: ${firstLine.replace(/, \w+ '.*'$/, '')}`)
    throw configError(`${shown} cannot be understood: ${firstLine}`)
  }
}

async function loadModule(path: string): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const exported = await createJiti(path).import(path, { default: true })
  return typeof exported === 'function' ? ((await exported()) as unknown) : exported
}

/** Keys as in OptionsSchema or with hyphens; null stands for "not set". */
function readKeys(name: string, content: unknown): ReadonlyMap<string, unknown> {
  if (content === null || content === undefined) return new Map()
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw configError(`${printableName(name)} must hold options by name, like "threads: 8"`)
  }
  const options = new Map<string, unknown>()
  for (const [key, value] of Object.entries(content)) {
    const flag = findFlag(camelCase(key))
    if (flag === undefined || flag.key === 'config') throw unknownKey(name, key)
    if (options.has(flag.key))
      throw configError(`${printableName(name)} sets ${flag.key} twice, as ${flag.key} and ${kebabCase(flag.key)}`)
    if (value !== null && value !== undefined) options.set(flag.key, readOptionWord(flag, value))
  }
  return options
}

function camelCase(key: string): string {
  return key.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function unknownKey(name: string, key: string): MigrationError {
  const nearest = suggestNearest(
    camelCase(key),
    FLAGS.map((flag) => flag.key),
  )
  return configError(
    `unknown option "${printableName(key)}" in ${printableName(name)}`,
    nearest === undefined ? 'migrate --help lists all options' : `did you mean ${nearest} (${longFlag(nearest)})?`,
  )
}

function configError(message: string, hint?: string): MigrationError {
  return new MigrationError('CONFIG_INVALID', message, { phase: 'options', hint })
}
