import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { ErrorCode } from '../../errors/error-codes.ts'
import { readGiven } from '../../errors/read-given.ts'
import { isSystemError, MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import { faultOfPath } from '../../model/paths/path-text.ts'
import { DataFaults, parseData, type Data } from './parse-data.ts'

/** Extensions of files that are data, and of modules, which are code that is run. */
export const DATA_EXTENSIONS: readonly string[] = ['.yaml', '.yml', '.toml', '.json']
const CODE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

/** No file of settings has more, and what checks it calls itself for each. */
const MOST_LEVELS = 100
const DEPTH_HINT = `a file of settings has at most ${MOST_LEVELS} levels`

interface DataFile {
  /** As the user typed it. */
  readonly name: string
  readonly path: string
  /** What the file is, in words, and the code of its errors. */
  readonly what: string
  readonly code: ErrorCode
}

/**
 * Reads a file of settings that the user named: YAML, TOML, JSON, or a module whose default export is the value or a function that
 * returns it: what happens inside of a module has no place.
 * @throws MigrationError of the given code, for a file that cannot be read or understood: all its faults, each with line and column. What
 *   a module throws is the cause.
 */
export async function readDataFile({ name, path, what, code }: DataFile): Promise<Data> {
  const extension = extname(path).toLowerCase()
  const shown = printableName(name)
  const fail = (message: string, details: { readonly hint?: string; readonly cause?: unknown } = {}) =>
    new MigrationError(code, message, { phase: 'options', ...details })
  const fault = faultOfPath(name)
  if (fault !== null) throw fail(`cannot read ${shown}: ${fault}`)
  if (!DATA_EXTENSIONS.includes(extension) && !CODE_EXTENSIONS.includes(extension)) {
    const known = [...DATA_EXTENSIONS, ...CODE_EXTENSIONS].join(' ')
    throw fail(`${shown} is no kind of ${what} that is known`, { hint: `the name must end in one of ${known}` })
  }
  const text = await readText(path, (reason, cause) => fail(`cannot read ${shown}: ${reason}`, { cause }))
  let data: Data
  try {
    data = DATA_EXTENSIONS.includes(extension)
      ? await parseData(text, extension)
      : { content: await loadModule(path), placeOf: () => undefined }
  } catch (cause) {
    // What parsers say that call themselves for each level.
    if (DATA_EXTENSIONS.includes(extension) && isOfDepth(cause))
      throw fail(`${shown} is nested too deeply`, { hint: DEPTH_HINT })
    if (cause instanceof DataFaults) throw fail(`${shown} cannot be understood: ${printableName(cause.message)}`)
    throw fail(`${shown} threw an error when it was run: ${describeThrown(cause, path)}`, { cause })
  }
  if (readGiven(shown, () => isDeeperThan(MOST_LEVELS, data.content), code))
    throw fail(`${shown} is nested too deeply`, { hint: DEPTH_HINT })
  return data
}

/** Also where a module loader reads again: a missing file is then told in the same words for every kind. */
async function readText(path: string, refuse: (reason: string, cause: unknown) => Error): Promise<string> {
  try {
    // It may be a pipe, and whoever waits for its other end must hear signals meanwhile.
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw refuse((cause.message.split('\n')[0] ?? '').replace(/, \w+(?: '.*')?$/, ''), cause)
  }
}

async function loadModule(path: string): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const exported = await createJiti(path).import(path, { default: true })
  return typeof exported === 'function' ? ((await exported()) as unknown) : exported
}

/** The first line of what a module threw, and where in the module that was. */
function describeThrown(thrown: unknown, path: string): string {
  if (!(thrown instanceof Error)) return printableName(String(thrown))
  const message = printableName(thrown.message.split('\n')[0] ?? '')
  const [, behindPath = ''] = (thrown.stack ?? '').split(path)
  const [, line, column] = /^:(\d+):(\d+)/.exec(behindPath) ?? []
  return line === undefined ? message : `${message} (line ${line}, column ${column})`
}

/** Some parsers throw what Node does where the stack ends, others make a fault of it. */
function isOfDepth(cause: unknown): boolean {
  if (cause instanceof RangeError) return true
  return cause instanceof DataFaults && /Maximum call stack|excessively nested/.test(cause.message)
}

/** Level by level, since a call for each level is what must not be. */
function isDeeperThan(most: number, content: unknown): boolean {
  let level: unknown[] = [content]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true
    const next = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
    level = [...new Set(next)]
  }
  return false
}
