import { locateJsonError } from './locate-json-error.ts'

/** What is wrong with a text of settings, each fault with its place: `line 2, column 1: ...`. */
export class DataFaults extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('; '))
    this.faults = faults
  }
}

/** Parses by the extension of the file. Parsers are loaded only when a file needs them. @throws DataFaults */
export async function parseData(text: string, extension: string): Promise<unknown> {
  const content = text.replace(/^\ufeff/, '')
  if (extension === '.json') return parseJson(content)
  return extension === '.toml' ? parseToml(content) : parseYaml(content)
}

/** Two members of one name are refused too: JSON.parse would take the last one silently. */
async function parseJson(text: string): Promise<unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const at = locateJsonError(text)
    const reason = at >= text.length ? 'the text ends too early' : firstLine((error as Error).message)
    throw new DataFaults([`${placeOf(text, at)}: ${reason.replace(/ in JSON at position \d+.*$/, '')}`])
  }
  const { parseDocument } = await import('yaml')
  const twice = parseDocument(text).errors.filter(({ code }) => code === 'DUPLICATE_KEY')
  if (twice.length > 0) throw new DataFaults(twice.map((fault) => describeYamlFault(fault)))
  return value
}

async function parseToml(text: string): Promise<unknown> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const reason = firstLine(error.message).replace(/^Invalid TOML document: /, '')
    throw new DataFaults([`line ${error.line}, column ${error.column}: ${reason}`])
  }
}

async function parseYaml(text: string): Promise<unknown> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text)
  // A warning is a tag that nobody knows: its value would not be what it says.
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) throw new DataFaults(faults.map((fault) => describeYamlFault(fault)))
  try {
    return document.toJS()
  } catch (error) {
    // Aliases of nothing, or so many that they would not fit into memory.
    throw new DataFaults([firstLine((error as Error).message)])
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
