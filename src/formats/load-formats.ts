import { extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { isFormatName, type FormatName } from '../model/format-name.ts'
import type { Format } from './format.ts'
import { FORMAT_INTERFACE, FORMAT_TOOLS, type FormatTools } from './format-tools.ts'
import { addFormat, faultOfNames } from './registry.ts'

/** What a module that brings a format exports as its default. */
export interface FormatModule {
  /** The version of the interface that it is written for: 1. */
  readonly formatInterface: number
  /** Makes the format. Called once in each thread, with what readers and writers need of Drover. */
  create(tools: FormatTools): Format
}

/** The modules that are loaded or being loaded, by their paths: threads load the same ones. */
const modules = new Map<string, Promise<FormatName>>()

/** Paths of the modules that are loaded, for threads. */
export function loadedFormats(): readonly string[] {
  return [...modules.keys()]
}

/**
 * Adds the format of a module to those that there are, here and in all threads that are started from now on. A module that was
 * loaded before is not loaded again.
 * @param module its path, relative to the working folder, or its file URL. Types are taken out of `.ts`.
 * @returns the name of the format.
 * @throws MigrationError WRONG_USE for a module that cannot be loaded, is written for another version of the interface, or brings a
 *   name or an extension that another format has.
 */
export async function registerFormat(module: string | URL): Promise<FormatName> {
  const path = module instanceof URL ? fileURLToPath(module) : resolve(module)
  const known = modules.get(path)
  if (known !== undefined) return known
  const loading = loadFormat(path, `the format module ${printableName(String(module))}`)
  modules.set(path, loading)
  try {
    return await loading
  } catch (error) {
    modules.delete(path)
    throw error
  }
}

async function loadFormat(path: string, shown: string): Promise<FormatName> {
  const format = createFormat(await importModule(path, shown), shown)
  addFormat(format)
  return format.name
}

/** The same for several, one after another. */
export async function loadFormats(modules: readonly string[]): Promise<void> {
  for (const module of modules) await registerFormat(module)
}

async function importModule(path: string, shown: string): Promise<unknown> {
  try {
    if (!TYPESCRIPT.has(extname(path)))
      return ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default
    const { createJiti } = await import('jiti')
    return await createJiti(path).import(path, { default: true })
  } catch (cause) {
    const [reason = ''] = String(cause instanceof Error ? cause.message : cause).split('\n')
    throw refused(`${shown} cannot be loaded: ${printableName(reason)}`, cause)
  }
}

/** Not every Node that Drover runs on reads them. */
const TYPESCRIPT: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts'])

function createFormat(exported: unknown, shown: string): Format {
  const module = exported as Partial<FormatModule> | null | undefined
  if (typeof module?.create !== 'function' || typeof module.formatInterface !== 'number')
    throw refused(`${shown} has no default export with formatInterface and create`)
  if (module.formatInterface !== FORMAT_INTERFACE)
    throw refused(
      `${shown} is written for version ${module.formatInterface} of the interface, and this Drover has version ${FORMAT_INTERFACE}`,
    )
  const format = module.create(FORMAT_TOOLS)
  const lacks = REQUIRED.filter(([key, type]) => typeof format?.[key] !== type)
  if (lacks.length > 0) throw refused(`the format of ${shown} lacks ${lacks.map(([key]) => key).join(', ')}`)
  if (!Array.isArray(format.aliases) || !Array.isArray(format.extensions))
    throw refused(`aliases and extensions of the format of ${shown} must be lists`)
  if (!isFormatName(format.name))
    throw refused(`${shown} names its format ${JSON.stringify(format.name)}: names are lower-case letters and digits`)
  const fault = faultOfNames(format)
  if (fault !== null) throw refused(`${shown} brings ${fault}`)
  return format
}

const REQUIRED: readonly (readonly [keyof Format, string])[] = [
  ['name', 'string'],
  ['isTable', 'boolean'],
  ['sourceSettings', 'function'],
  ['targetSettings', 'function'],
  ['createReader', 'function'],
  ['createWriter', 'function'],
]

function refused(message: string, cause?: unknown): MigrationError {
  return new MigrationError('WRONG_USE', message, { phase: 'options', cause })
}
