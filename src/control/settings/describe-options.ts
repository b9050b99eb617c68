import type { z } from 'zod'
import { printableName } from '../../errors/printable-name.ts'
import { suggestNearest } from '../../errors/suggest-nearest.ts'
import { describeProblem, itemIssues, quoteValue } from '../../model/describe-issue.ts'
import { OptionsSchema } from '../../options/options.ts'
import { suggestWord } from '../../options/suggest-word.ts'

/** Hooks that callers put among the options. */
const HOOKS: readonly string[] = ['signal', 'onEvent', 'onDecision']

/** What is wrong with options of the library, all of it in one line, in the words of the command line. */
export function describeOptions(issues: readonly z.core.$ZodIssue[], options: unknown): string {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return "options must be an object, like { in: 'old', out: 'new' }"
  return issues
    .flatMap(itemIssues)
    .flatMap((issue) => describeIssue(issue, options as Readonly<Record<string, unknown>>))
    .join('; ')
}

function describeIssue(issue: z.core.$ZodIssue, options: Readonly<Record<string, unknown>>): readonly string[] {
  const [key, part] = issue.path
  if (issue.code === 'unrecognized_keys' && key === undefined) return issue.keys.map(describeUnknown)
  const name = String(key)
  const given = options[name]
  if (given === undefined) return [`${name} is missing`]
  const value: unknown = Array.isArray(given) && typeof part === 'number' ? given[part] : given
  const nearest =
    issue.code === 'invalid_value' && typeof value === 'string'
      ? suggestWord(name, value, issue.values.map(String))
      : undefined
  return [
    `${name}: ${describeProblem(issue, quoteValue(value))}${nearest === undefined ? '' : `: did you mean ${nearest}?`}`,
  ]
}

function describeUnknown(key: string): string {
  const shown = `unknown option ${printableName(key)}`
  if (HOOKS.includes(key)) return `${shown}: it is a hook, which belongs into the second argument`
  const nearest = suggestNearest(key, Object.keys(OptionsSchema.shape))
  return nearest === undefined ? shown : `${shown}: did you mean ${nearest}?`
}
