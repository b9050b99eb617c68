import type { FormatName } from '../model/format-name.ts'
import type { BUILT_IN_FORMATS } from './built-in-formats.ts'
import { csv } from './csv/csv.ts'
import type { Format } from './format.ts'
import { json } from './json/json.ts'
import { ndjson } from './ndjson/ndjson.ts'
import { tsv } from './tsv/tsv.ts'

/** All formats by name. */
const formats = new Map<string, Format>()
const byExtension = new Map<string, Format>()
const byAlias = new Map<string, Format>()

const BUILT_IN: Record<keyof typeof BUILT_IN_FORMATS, Format> = { csv, tsv, ndjson, json }
for (const format of Object.values(BUILT_IN)) addFormat(format)

/** Adds one that `faultOfNames` finds no fault with. */
export function addFormat(format: Format): void {
  formats.set(format.name, format)
  for (const extension of format.extensions) byExtension.set(extension, format)
  for (const alias of format.aliases) byAlias.set(alias, format)
}

/** @throws Error for a name that no format has: whoever takes names from outside asks `hasFormat` first. */
export function getFormat(name: FormatName): Format {
  const format = formats.get(name)
  if (format === undefined) throw new Error(`there is no format ${name}`)
  return format
}

/** What a format has that another one has already; null: nothing. */
export function faultOfNames({ name, aliases, extensions }: Format): string | null {
  // What is copied as it is goes by this name.
  if ([...formats.keys(), 'bytes'].includes(name)) return `the format ${name}, which there is already`
  const extension = extensions.find((each) => byExtension.has(each))
  if (extension !== undefined)
    return `the extension .${extension}, which the format ${byExtension.get(extension)?.name} has already`
  const alias = aliases.find((each) => byAlias.has(each) || formats.has(each))
  return alias === undefined ? null : `the alias ${alias}, which another format has already`
}

export function hasFormat(name: FormatName): boolean {
  return formats.has(name)
}

/** The names of all formats, in the order in which messages list them. */
export function formatNames(): readonly FormatName[] {
  return Array.from(formats.values(), ({ name }) => name)
}

/** Those of them that modules have brought. */
export function broughtFormats(): readonly FormatName[] {
  return formatNames().filter((name) => !Object.hasOwn(BUILT_IN, name))
}

/** The format that a file's name stands for by its last extension, in upper or lower case; null: none. */
export function formatOfName(name: string): FormatName | null {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? null : (byExtension.get(name.slice(dot + 1).toLowerCase())?.name ?? null)
}

/** The format that is also called so; null: none. */
export function formatOfAlias(word: string): FormatName | null {
  return byAlias.get(word.toLowerCase().replaceAll(/[^a-z]/g, ''))?.name ?? null
}
