import type { Document } from 'yaml'
import { locateJsonError } from './locate-json-error.ts'
import { locateToml } from './locate-toml.ts'

/** What is wrong with a text of settings, each fault with its place: `line 2, column 1: ...`. */
export class DataFaults extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('; '))
    this.faults = faults
  }
}

/** Keys and indexes that lead to a value. */
export type DataPath = readonly (string | number)[]

/**
 * Tells where a key or a value is in its file: `line 2, column 5`. Where the file has no place of its own for it (behind an alias, or
 * because it is missing) that of what should hold it. The root has none.
 */
export type PlaceFinder = (path: DataPath, part: 'key' | 'value') => string | undefined

export interface Data {
  readonly content: unknown
  readonly placeOf: PlaceFinder
}

/** Parses by the extension of the file. Parsers are loaded only when a file needs them. @throws DataFaults */
export async function parseData(text: string, extension: string): Promise<Data> {
  const content = text.replace(/^\ufeff/, '')
  if (extension === '.json') return parseJson(content)
  return extension === '.toml' ? parseToml(content) : parseYaml(content)
}

/** Two members of one name are refused too: JSON.parse would take the last one silently. */
async function parseJson(text: string): Promise<Data> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const at = locateJsonError(text)
    const reason = at >= text.length ? 'the text ends too early' : firstLine((error as Error).message)
    throw new DataFaults([`${placeOf(text, at)}: ${reason.replace(/ in JSON at position \d+.*$/, '')}`])
  }
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text)
  const twice = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY')
  if (twice.length > 0) throw new DataFaults(twice.map((fault) => describeYamlFault(fault)))
  return { content: value, placeOf: placesInYaml(text, document) }
}

async function parseToml(text: string): Promise<Data> {
  const { parse, TomlError } = await import('smol-toml')
  const parseKey = (written: string) => Object.keys(parse(`${written} = 0`))[0] ?? ''
  try {
    return { content: parse(text), placeOf: placesInToml(text, parseKey) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const reason = firstLine(error.message).replace(/^Invalid TOML document: /, '')
    throw new DataFaults([`line ${error.line}, column ${error.column}: ${reason}`])
  }
}

async function parseYaml(text: string): Promise<Data> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text)
  // A warning is a tag that nobody knows: its value would not be what it says.
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) throw new DataFaults(faults.map((fault) => describeYamlFault(fault)))
  try {
    return { content: document.toJS() as unknown, placeOf: placesInYaml(text, document) }
  } catch (error) {
    // Aliases of nothing, or so many that they would not fit into memory.
    throw new DataFaults([firstLine((error as Error).message)])
  }
}

function placesInYaml(text: string, document: Pick<Document, 'contents'>): PlaceFinder {
  return (path, part) => {
    let at: number | undefined
    let node = document.contents as YamlNode | null | undefined
    for (const [depth, step] of path.entries()) {
      const isLast = depth === path.length - 1
      const item: YamlNode | YamlPair | undefined = node?.items?.find((one, index) =>
        'key' in one ? `${one.key?.value as string | number}` === String(step) : index === step,
      )
      if (item === undefined) break
      const [key, value]: (YamlNode | null)[] = 'key' in item ? [item.key, item.value] : [item, item]
      at = (isLast && part === 'value' ? (value?.range ?? key?.range) : key?.range)?.[0] ?? at
      node = value
    }
    return at === undefined ? undefined : placeOf(text, at)
  }
}

/** What is used of yaml's nodes: each kind of its own has more. */
interface YamlNode {
  readonly range?: readonly [number, number, number] | null
  readonly value?: unknown
  readonly items?: readonly (YamlNode | YamlPair)[]
}

interface YamlPair {
  readonly key: YamlNode | null
  readonly value: YamlNode | null
}

function placesInToml(text: string, parseKey: (written: string) => string): PlaceFinder {
  let places: Map<string, { readonly key: number; readonly value: number }> | undefined
  return (path, part) => {
    places ??= new Map(locateToml(text, parseKey).map((place) => [JSON.stringify(place.path), place]))
    for (let length = path.length; length > 0; length--) {
      const found = places.get(JSON.stringify(path.slice(0, length)))
      if (found !== undefined)
        return placeOf(text, length === path.length && part === 'value' ? found.value : found.key)
    }
    return undefined
  }
}

interface YamlFault {
  readonly message: string
  readonly linePos?: readonly [{ readonly line: number; readonly col: number }, ...unknown[]] | undefined
}

function describeYamlFault({ message, linePos }: YamlFault): string {
  const reason = firstLine(message).replace(/ at line \d+, column \d+:?$/, '')
  if (linePos === undefined) return reason
  const [{ line, col }] = linePos
  return `line ${line}, column ${col}: ${reason === 'Map keys must be unique' ? 'this key is there twice' : reason}`
}

function placeOf(text: string, at: number): string {
  const before = text.slice(0, at).split('\n')
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text
}
