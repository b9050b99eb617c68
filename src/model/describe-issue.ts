import type { z } from 'zod'
import { printableName } from '../errors/printable-name.ts'

/** What is wrong with a value, in the words of this program: zod's own are for programmers. The subject is what the caller names. */

type Issue = z.core.$ZodIssue

/** @param typed the value as it was given, quoted. */
export function describeProblem(issue: Issue, typed: string): string {
  switch (issue.code) {
    case 'invalid_value':
      return `${typed} is not one of ${issue.values.join(', ')}`
    case 'too_big':
      return `${typed} is too large: the most is ${issue.maximum}`
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `${typed} is too small: the least is ${issue.minimum}`
    case 'invalid_type':
      return `${typed} is not ${EXPECTED[issue.expected] ?? `a value that it takes`}`
    case 'invalid_union':
      return issue.message === 'Invalid input'
        ? `${typed} is not ${listExpected(issue.errors)}`
        : quoteMessage(issue, typed)
    case 'invalid_format':
    case 'custom':
      return quoteMessage(issue, typed)
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
      return `${typed} is not a value that it takes`
  }
}

/** What is wrong with an item of a list, where the list may also be another type: else it would read as if all were wrong. */
export function itemIssues(issue: Issue): readonly Issue[] {
  const ofList = issue.code === 'invalid_union' && issue.errors.find((branch) => branch[0]?.path.length === 1)
  if (ofList === false || ofList === undefined) return [issue]
  return ofList.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
}

/** The value as a message quotes it: a text in quotes, everything else as JSON where it has such a form. */
export function quoteValue(value: unknown): string {
  if (typeof value === 'string') return `"${printableName(value)}"`
  if (typeof value === 'number') return String(value)
  // JSON would show a date as a text, and a set as an object without keys.
  if (typeof value === 'object' && value !== null && !isPlain(value)) return `a ${printableName(nameOfClass(value))}`
  try {
    return printableName(JSON.stringify(value) ?? String(value))
  } catch {
    return `a ${typeof value}`
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Array.isArray(value)
}

function nameOfClass(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown }
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'object of its own kind'
}

/** These messages either quote the value themselves or only say what it must be. */
function quoteMessage({ message }: Issue, typed: string): string {
  return message.startsWith('"') ? printableName(message) : `${typed}: ${message}`
}

/** Of a value that may be of several types: all of them. */
function listExpected(branches: readonly (readonly Issue[])[]): string {
  const expected = branches
    .flat()
    .map((issue) => (issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined))
  const known = [...new Set(expected.filter((words) => words !== undefined))]
  return known.length === 0 ? 'a value that it takes' : known.join(' or ')
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text (put it in quotes)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'yes or no',
  array: 'a list',
  object: 'keys with values',
}
