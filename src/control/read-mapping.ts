import { resolve } from 'node:path'
import type { z } from 'zod'
import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { suggestNearest } from '../errors/suggest-nearest.ts'
import { quoteValue } from '../model/describe-issue.ts'
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
  const problems = result.success
    ? [...findProblems(result.data), ...findOrderProblem(content)]
    : [
        ...result.error.issues.flatMap((issue) => describeIssue(issue, content)),
        ...findProblemsBeside(result.error, content),
      ]
  if (problems.length > 0) throw invalid(problems, where)
  return result.data!
}

interface Problem {
  /** As it follows the name of the mapping. */
  readonly message: string
  readonly hint?: string
}

/** What is wrong among the columns that are right by themselves, so that everything is told at once. */
function findProblemsBeside(error: z.ZodError, content: unknown): readonly Problem[] {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return []
  const { columns, drop } = content as MappingInput
  const faulty = new Set(error.issues.filter(({ path }) => path[0] === 'columns').map(({ path }) => path[1]))
  const list = listColumns(columns)
  const isDropFaulty = error.issues.some(({ path }) => path[0] === 'drop')
  const rest = MappingSchema.safeParse({
    columns: Array.isArray(list) && !faulty.has(undefined) ? list.filter((_, index) => !faulty.has(index)) : [],
    drop: isDropFaulty ? [] : drop,
  })
  return rest.success ? findColumnProblems(rest.data) : []
}

/** What no schema of a single column can see. */
function findProblems(mapping: Mapping): readonly Problem[] {
  const { columns, drop, rest } = mapping
  const whole: Problem[] = []
  if (columns.length === 0 && drop.length === 0)
    whole.push({ message: ': it names no column', hint: 'give it "columns" or "drop"' })
  else if (rest === 'drop' && drop.length > 0)
    whole.push({ message: ': "rest: drop" leaves nothing for "drop" to do', hint: 'leave one of them out' })
  else if (rest === 'drop' && columns.length === 0)
    whole.push({ message: ': "rest: drop" leaves no column at all', hint: 'name the columns to keep' })
  return [...whole, ...findColumnProblems(mapping)]
}

function findColumnProblems({ columns, drop }: Mapping): readonly Problem[] {
  const names = new Set<string>()
  const bySource = new Map<string, Column>()
  const problems: Problem[] = []
  for (const column of columns) {
    const shown = quote(column.name)
    const source = column.from ?? column.name
    if (names.has(column.name))
      problems.push({ message: `: two columns are named ${shown}`, hint: 'give one of them another name' })
    if (drop.includes(source))
      problems.push({
        message: `: column ${quote(source)} is in both "columns" and "drop"`,
        hint: 'leave it out of one of them',
      })
    if (column.emptyIsNull !== undefined && column.type !== 'string')
      problems.push({
        message: `: column ${shown}: "emptyIsNull" is for type string`,
        hint: 'in columns of other types an empty field is null anyway',
      })
    const other = bySource.get(source)
    if (other !== undefined && !haveSameValues(column, other))
      problems.push({
        message: `: columns ${quote(other.name)} and ${shown} take ${quote(source)} under different types`,
        hint: 'a column of the source has one type: give both the same',
      })
    names.add(column.name)
    bySource.set(source, other ?? column)
  }
  return problems
}

type Column = Mapping['columns'][number]

function haveSameValues(one: Column, other: Column): boolean {
  return one.type === other.type && one.emptyIsNull === other.emptyIsNull && one.required === other.required
}

/** Names that are numbers come first in any object of JavaScript, wherever they stood in the file. */
function findOrderProblem(content: unknown): readonly Problem[] {
  const columns = (content as MappingInput).columns
  if (columns === undefined || Array.isArray(columns)) return []
  const names = Object.keys(columns)
  const number = names.find((name) => /^(?:0|[1-9]\d*)$/.test(name))
  if (number === undefined || names.length === 1) return []
  return [
    {
      message: `: the place of the column ${quote(number)}, whose name is a number, is lost among columns by name`,
      hint: 'write "columns" as a list: - { name: ..., type: ... }',
    },
  ]
}

function describeIssue(issue: z.core.$ZodIssue, content: unknown): readonly Problem[] {
  const [key, index, part] = issue.path
  const isInColumn = key === 'columns' && typeof index === 'number'
  const place = isInColumn ? `: column ${nameColumn(content, index)}` : ''
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(isInColumn ? MappingColumnSchema.shape : MappingSchema.shape)
    return issue.keys.map((unknown) => ({
      message: `${place}: there is no key ${quote(unknown)}`,
      hint: suggest(unknown, known),
    }))
  }
  const subject = isInColumn ? part : key
  const what = subject === undefined ? place : `${place}: ${String(subject)}`
  const value = quoteValue(issue.input)
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String)
    return [
      {
        message: `${what} must be one of ${known.join(', ')}, not ${value}`,
        hint: suggest(String(issue.input), known),
      },
    ]
  }
  if (issue.code === 'too_small') return [{ message: `${what} must not be empty` }]
  const expected = issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined
  if (issue.input === undefined) return [{ message: `${what} is missing` }]
  return [{ message: `${what} must be ${expected ?? 'something else'}, not ${value}` }]
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
  const nearest = suggestNearest(word, known)
  return nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`
}

function quote(name: string): string {
  return `"${printableName(name)}"`
}

/** All problems in one line. One by itself keeps its hint as the next line. */
function invalid(problems: readonly Problem[], where: string): MigrationError {
  const [only] = problems
  const isOne = problems.length === 1
  const texts = problems.map(({ message, hint }) => (isOne || hint === undefined ? message : `${message} (${hint})`))
  const text = isOne ? (texts[0] ?? '') : `: ${texts.map((message) => message.replace(/^:? /, '')).join('; ')}`
  return new MigrationError('MAPPING_INVALID', `${where}${text}`, {
    phase: 'options',
    hint: isOne ? only?.hint : undefined,
  })
}
