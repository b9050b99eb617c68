import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { ErrorCode } from '../errors/error-codes.ts'
import { isSystemError, MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'

/** Extensions of files that are data, and of modules, which are code that is run. */
export const DATA_EXTENSIONS: readonly string[] = ['.yaml', '.yml', '.toml', '.json']
const CODE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

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
 * returns it. Parsers are loaded only when a file needs them.
 * @throws MigrationError of the given code, for a file that cannot be read or understood.
 */
export async function readDataFile({ name, path, what, code }: DataFile): Promise<unknown> {
  const extension = extname(path).toLowerCase()
  const shown = printableName(name)
  const fail = (message: string, hint?: string) => new MigrationError(code, message, { phase: 'options', hint })
  if (!DATA_EXTENSIONS.includes(extension) && !CODE_EXTENSIONS.includes(extension)) {
    const known = [...DATA_EXTENSIONS, ...CODE_EXTENSIONS].join(' ')
    throw fail(`${shown} is no kind of ${what} that is known`, `the name must end in one of ${known}`)
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
    if (isSystemError(thrown)) throw fail(`cannot read ${shown}: ${firstLine.replace(/, \w+ '.*'$/, '')}`)
    throw fail(`${shown} cannot be understood: ${firstLine}`)
  }
}

async function loadModule(path: string): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const exported = await createJiti(path).import(path, { default: true })
  return typeof exported === 'function' ? ((await exported()) as unknown) : exported
}
