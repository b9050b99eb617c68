import { resolve } from 'node:path'
import type { z } from 'zod'
import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import { readGiven } from '../../errors/read-given.ts'
import { suggestNearest } from '../../errors/suggest-nearest.ts'
import { quoteValue } from '../../model/describe-issue.ts'
import {
  listColumns,
  MappingColumnSchema,
  MappingSchema,
  type Mapping,
  type MappingInput,
} from '../../model/mapping.ts'
import type { DataPath, PlaceFinder } from './parse-data.ts'
import { readDataFile } from './read-data-file.ts'

/**
 * Reads and checks a mapping.
 * @param given a file, or what would be in it.
 * @throws MigrationError MAPPING_INVALID, saying what is wrong, with which column, and where in which file.
 */
export async function readMapping(given: string | MappingInput): Promise<Mapping> {
  if (typeof given !== 'string') return checkMapping(given, 'the mapping')
  const file = { name: given, path: resolve(given), what: 'mapping', code: 'MAPPING_INVALID' } as const
  const { content, placeOf } = await readDataFile(file)
  return checkMapping(content, printableName(given), placeOf)
}

/** @param where what messages call the mapping. */
function checkMapping(content: unknown, where: string, placeOf?: PlaceFinder): Mapping {
  return readGiven(where, () => checkContent(content, where, placeOf), 'MAPPING_INVALID')
}

/** Nobody reads more at once, and each is looked up in the file. */
const MOST_TOLD = 20

function checkContent(content: unknown, where: string, placeOf: PlaceFinder = () => undefined): Mapping {
  const result = MappingSchema.safeParse(content, { reportInput: true })
  const problems = result.success
    ? [...findProblems(result.data), ...findOrderProblem(content)]
    : [
        // Each takes a look through all columns.
        ...result.error.issues.slice(0, MOST_TOLD).flatMap((issue) => describeIssue(issue, content)),
        ...findProblemsBeside(result.error, content),
      ]
  if (problems.length > 0) {
    const told = problems.slice(0, MOST_TOLD)
    const untold = problems.length - told.length + Math.max(0, (result.error?.issues.length ?? 0) - MOST_TOLD)
    const placed = told.map((problem) => ({ ...problem, place: placeOfProblem(problem, content, placeOf) }))
    throw invalid(placed, untold, where)
  }
  return result.data!
}

interface Problem {
  /** As it follows the name of the mapping. */
  readonly message: string
  readonly hint?: string
  /** Where it is, in the words of the schema: columns are a list. */
  readonly at?: DataPath
  /** Default: the value. */
  readonly part?: 'key' | 'value'
}

function placeOfProblem({ at, part = 'value' }: Problem, content: unknown, placeOf: PlaceFinder): string | undefined {
  const [key, index, ...inColumn] = at ?? []
  if (at === undefined || key !== 'columns' || typeof index !== 'number') return placeOf(at ?? [], part)
  const columns = (content as MappingInput).columns as object
  if (Array.isArray(columns)) return placeOf(at, part)
  const name = Object.keys(columns)[index] ?? ''
  if (inColumn[0] === 'name') return placeOf([key, name], 'key')
  const isTypeOnly = typeof Object.values(columns)[index] !== 'object'
  return placeOf(isTypeOnly ? [key, name] : [key, name, ...inColumn], part)
}

/** What is wrong among the columns that are right by themselves, so that everything is told at once. */
function findProblemsBeside(error: z.ZodError, content: unknown): readonly Problem[] {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return []
  const { columns, drop } = content as MappingInput
  const faulty = new Set(error.issues.filter(({ path }) => path[0] === 'columns').map(({ path }) => path[1]))
  const list = listColumns(columns)
  const isDropFaulty = error.issues.some(({ path }) => path[0] === 'drop')
  const right =
    Array.isArray(list) && !faulty.has(undefined) ? [...list.entries()].filter(([index]) => !faulty.has(index)) : []
  const rest = MappingSchema.safeParse({
    columns: right.map(([, column]) => column as unknown),
    drop: isDropFaulty ? [] : drop,
  })
  if (!rest.success) return []
  return findColumnProblems(
    rest.data,
    right.map(([index]) => index),
  )
}

/** What no schema of a single column can see. */
function findProblems(mapping: Mapping): readonly Problem[] {
  const { columns, drop, rest } = mapping
  const whole: Problem[] = []
  if (columns.length === 0 && drop.length === 0)
    whole.push({ message: ': it names no column', hint: 'give it "columns" or "drop"' })
  else if (rest === 'drop' && drop.length > 0)
    whole.push({
      message: ': "rest: drop" leaves nothing for "drop" to do',
      hint: 'leave one of them out',
      at: ['rest'],
      part: 'key',
    })
  else if (rest === 'drop' && columns.length === 0)
    whole.push({
      message: ': "rest: drop" leaves no column at all',
      hint: 'name the columns to keep',
      at: ['rest'],
      part: 'key',
    })
  return [...whole, ...findColumnProblems(mapping, [...columns.keys()])]
}

/** @param indexes which of all columns these are. */
function findColumnProblems({ columns, drop }: Mapping, indexes: readonly number[]): readonly Problem[] {
  const names = new Set<string>()
  const bySource = new Map<string, Column>()
  const problems: Problem[] = []
  for (const [order, column] of columns.entries()) {
    const at = ['columns', indexes[order] ?? order]
    const shown = quote(column.name)
    const source = column.from ?? column.name
    if (names.has(column.name))
      problems.push({
        message: `: two columns are named ${shown}`,
        hint: 'give one of them another name',
        at: [...at, 'name'],
      })
    if (drop.includes(source))
      problems.push({
        message: `: column ${quote(source)} is in both "columns" and "drop"`,
        hint: 'leave it out of one of them',
        at,
        part: 'key',
      })
    if (column.emptyIsNull !== undefined && column.type !== 'string')
      problems.push({
        message: `: column ${shown}: "emptyIsNull" is for type string`,
        hint: 'in columns of other types an empty field is null anyway',
        at: [...at, 'emptyIsNull'],
        part: 'key',
      })
    const other = bySource.get(source)
    if (other !== undefined && !haveSameValues(column, other))
      problems.push({
        message: `: columns ${quote(other.name)} and ${shown} take ${quote(source)} under different types`,
        hint: 'a column of the source has one type: give both the same',
        at,
        part: 'key',
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
      at: ['columns', names.indexOf(number)],
      part: 'key',
    },
  ]
}

function describeIssue(issue: z.core.$ZodIssue, content: unknown): readonly Problem[] {
  const at = issue.path as DataPath
  const [key, index, part] = at
  const isInColumn = key === 'columns' && typeof index === 'number'
  const place = isInColumn ? `: column ${nameColumn(content, index)}` : ''
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(isInColumn ? MappingColumnSchema.shape : MappingSchema.shape)
    return issue.keys.map((unknown) => ({
      message: `${place}: there is no key ${quote(unknown)}`,
      hint: suggest(unknown, known),
      at: [...at, unknown],
      part: 'key',
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
        at,
      },
    ]
  }
  if (issue.code === 'too_small') return [{ message: `${what} must not be empty`, at }]
  const expected = issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined
  if (issue.input === undefined) return [{ message: `${what} is missing`, at }]
  return [{ message: `${what} must be ${expected ?? 'something else'}, not ${value}`, at }]
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

/** All problems in one line, each with its place. One by itself keeps its hint as the next line. */
function invalid(
  problems: readonly (Problem & { readonly place: string | undefined })[],
  untold: number,
  where: string,
): MigrationError {
  const [only] = problems
  const isOne = problems.length === 1
  const texts = problems.map(({ message, hint, place }) => {
    const text = place === undefined ? message : `: ${place}${message}`
    return isOne || hint === undefined ? text : `${text} (${hint})`
  })
  if (untold > 0) texts.push(`: and ${untold} more`)
  const text = isOne ? (texts[0] ?? '') : `: ${texts.map((message) => message.replace(/^:? /, '')).join('; ')}`
  return new MigrationError('MAPPING_INVALID', `${where}${text}`, {
    phase: 'options',
    hint: isOne ? only?.hint : undefined,
  })
}
