import { resolve } from 'node:path'
import type { z } from 'zod'
import { MigrationError } from '../errors/migration-error.ts'
import { nearestName } from '../discover/nearest-name.ts'
import { printableName } from '../errors/printable-name.ts'
import { listColumns, MappingColumnSchema, MappingSchema, type Mapping, type MappingInput } from '../model/mapping.ts'
import { readDataFile } from './read-data-file.ts'

/**
 * Reads and checks a mapping.
 * @param given a file, or what would be in it.
 * @throws MigrationError MAPPING_INVALID, saying what is wrong, with which column, and in which file.
 */
export async function readMapping(given: string | MappingInput): Promise<Mapping> {
  if (typeof given !== 'string') return checkMapping(given, 'the mapping')
  const file = { name: given, path: resolve(given), what: 'mapping', code: 'MAPPING_INVALID' } as const
  return checkMapping(await readDataFile(file), printableName(given))
}

/** @param where what messages call the mapping. */
function checkMapping(content: unknown, where: string): Mapping {
  const result = MappingSchema.safeParse(content, { reportInput: true })
  if (!result.success) throw describeIssue(result.error.issues[0]!, content, where)
  const problem = findProblem(result.data) ?? findOrderProblem(content)
  if (problem !== null) throw invalid(`${where}: ${problem.message}`, problem.hint)
  return result.data
}

interface Problem {
  readonly message: string
  readonly hint: string
}

/** What no schema of a single column can see. */
function findProblem({ columns, drop, rest }: Mapping): Problem | null {
  if (columns.length === 0 && drop.length === 0)
    return { message: 'it names no column', hint: 'give it "columns" or "drop"' }
  if (rest === 'drop' && drop.length > 0)
    return { message: '"rest: drop" leaves nothing for "drop" to do', hint: 'leave one of them out' }
  if (rest === 'drop' && columns.length === 0)
    return { message: '"rest: drop" leaves no column at all', hint: 'name the columns to keep' }
  const names = new Set<string>()
  const bySource = new Map<string, Mapping['columns'][number]>()
  for (const column of columns) {
    const shown = quote(column.name)
    const source = column.from ?? column.name
    if (names.has(column.name))
      return { message: `two columns are named ${shown}`, hint: 'give one of them another name' }
    if (drop.includes(source))
      return {
        message: `column ${quote(source)} is in both "columns" and "drop"`,
        hint: 'leave it out of one of them',
      }
    if (column.emptyIsNull !== undefined && column.type !== 'string')
      return {
        message: `column ${shown}: "emptyIsNull" is for type string`,
        hint: 'in columns of other types an empty field is null anyway',
      }
    const other = bySource.get(source)
    if (other !== undefined && !haveSameValues(column, other))
      return {
        message: `columns ${quote(other.name)} and ${shown} take ${quote(source)} under different types`,
        hint: 'a column of the source has one type: give both the same',
      }
    names.add(column.name)
    bySource.set(source, column)
  }
  return null
}

type Column = Mapping['columns'][number]

function haveSameValues(one: Column, other: Column): boolean {
  return one.type === other.type && one.emptyIsNull === other.emptyIsNull && one.required === other.required
}

/** Names that are numbers come first in any object of JavaScript, wherever they stood in the file. */
function findOrderProblem(content: unknown): Problem | null {
  const columns = (content as MappingInput).columns
  if (columns === undefined || Array.isArray(columns)) return null
  const names = Object.keys(columns)
  const number = names.find((name) => /^(?:0|[1-9]\d*)$/.test(name))
  if (number === undefined || names.length === 1) return null
  return {
    message: `the place of the column ${quote(number)}, whose name is a number, is lost among columns by name`,
    hint: 'write "columns" as a list: - { name: ..., type: ... }',
  }
}

function describeIssue(issue: z.core.$ZodIssue, content: unknown, where: string): MigrationError {
  const [key, index, part] = issue.path
  const isInColumn = key === 'columns' && typeof index === 'number'
  const place = isInColumn ? `${where}: column ${nameColumn(content, index)}` : where
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(isInColumn ? MappingColumnSchema.shape : MappingSchema.shape)
    const unknown = issue.keys[0] ?? ''
    return invalid(`${place}: there is no key ${quote(unknown)}`, suggest(unknown, known))
  }
  const subject = isInColumn ? part : key
  const what = subject === undefined ? place : `${place}: ${String(subject)}`
  const value = JSON.stringify(issue.input)
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String)
    return invalid(`${what} must be one of ${known.join(', ')}, not ${value}`, suggest(String(issue.input), known))
  }
  if (issue.code === 'too_small') return invalid(`${what} must not be empty`)
  const expected = issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined
  if (issue.input === undefined) return invalid(`${what} is missing`)
  return invalid(`${what} must be ${expected ?? 'something else'}, not ${value}`)
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
}

function nameColumn(content: unknown, index: number): string {
  const columns = listColumns((content as MappingInput).columns) as readonly { readonly name?: unknown }[]
  const name = columns[index]?.name
  return typeof name === 'string' ? quote(name) : String(index + 1)
}

function suggest(word: string, known: readonly string[]): string {
  const nearest = nearestName(word, known)
  return nearest === null ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`
}

function quote(name: string): string {
  return `"${printableName(name)}"`
}

function invalid(message: string, hint?: string): MigrationError {
  return new MigrationError('MAPPING_INVALID', message, { phase: 'options', hint })
}
