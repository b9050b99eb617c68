import type { z } from 'zod'
import { printableName } from '../errors/printable-name.ts'
import type { MigrateOptions, ResolvedOptions } from '../model/options.ts'
import { OptionsSchema } from '../model/options.ts'
import type { DisplayOptions } from './display-options.ts'
import { DisplayOptionsSchema } from './display-options.ts'
import { BenchOptionsSchema, type BenchOptions } from './bench-options.ts'
import { ClusterOptionsSchema, type ClusterSettings } from './cluster-options.ts'
import type { Setting, Settings } from './resolve-settings.ts'
import { longFlag } from './flags.ts'
import { SECRET_FLAGS } from './flags/cluster-flags.ts'
import { suggestNearest } from './suggest-nearest.ts'
import { wrongUse } from './wrong-use.ts'

/** Holds what the user set against the schemas, and says what is wrong in one line that quotes the option as it was typed. */

export interface CheckedSettings {
  /** As the library takes them: only what was set. */
  readonly options: MigrateOptions
  readonly resolved: ResolvedOptions
  readonly display: DisplayOptions
}

/** @throws MigrationError WRONG_USE for the first option that is wrong or missing. */
export function checkSettings(settings: Settings): CheckedSettings {
  const display = checkDisplay(settings)
  const options = valuesOf(settings, OptionsSchema.shape)
  const result = OptionsSchema.safeParse(options)
  if (!result.success) throw describeIssue(firstIssue(result.error), settings)
  return { options: options as unknown as MigrateOptions, resolved: result.data, display }
}

/** The same, where `in` and `out` may be missing (`migrate config`). @returns every option that has a value, by key. */
export function checkAnySettings(settings: Settings): ReadonlyMap<string, unknown> {
  const options = valuesOf(settings, OptionsSchema.shape)
  const result = OptionsSchema.partial({ in: true, out: true }).safeParse(options)
  if (!result.success) throw describeIssue(firstIssue(result.error), settings)
  return new Map(
    Object.entries({
      ...result.data,
      ...checkDisplay(settings),
      ...checkBench(settings),
      ...checkCluster(settings),
    }).filter(([, value]) => value !== undefined),
  )
}

/** The options of the command line alone. @throws MigrationError WRONG_USE for the first one that is wrong. */
export function checkDisplay(settings: Settings): DisplayOptions {
  const result = DisplayOptionsSchema.safeParse(valuesOf(settings, DisplayOptionsSchema.shape))
  if (!result.success) throw describeIssue(firstIssue(result.error), settings)
  return result.data
}

/** @throws MigrationError WRONG_USE for the first option of a benchmark that is wrong. */
export function checkBench(settings: Settings): BenchOptions {
  const result = BenchOptionsSchema.safeParse(valuesOf(settings, BenchOptionsSchema.shape))
  if (!result.success) throw describeIssue(firstIssue(result.error), settings)
  return result.data
}

/** @throws MigrationError WRONG_USE for the first option of a cluster that is wrong. */
export function checkCluster(settings: Settings): ClusterSettings {
  const result = ClusterOptionsSchema.safeParse(valuesOf(settings, ClusterOptionsSchema.shape))
  if (!result.success) throw describeIssue(firstIssue(result.error), settings)
  return result.data
}

/** `--threads` alone, for a node. */
export function checkThreads(settings: Settings): string {
  const result = OptionsSchema.pick({ threads: true }).safeParse(valuesOf(settings, { threads: true }))
  if (!result.success) throw describeIssue(firstIssue(result.error), settings)
  return result.data.threads
}

function valuesOf(settings: Settings, shape: object): Record<string, unknown> {
  const entries = [...settings].filter(([key]) => Object.hasOwn(shape, key))
  return Object.fromEntries(entries.map(([key, setting]) => [key, setting.value]))
}

/** What somebody typed wrongly comes before what is missing: it is often the reason why something is missing. */
function firstIssue(error: z.ZodError): z.core.$ZodIssue {
  const [first] = [...error.issues].sort((a, b) => Number(isMissing(a)) - Number(isMissing(b)))
  if (first === undefined) throw error
  return first
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

function describeIssue(issue: z.core.$ZodIssue, settings: Settings): Error {
  const key = String(issue.path[0])
  const setting = settings.get(key)
  if (setting === undefined) {
    return wrongUse(`${longFlag(key)} is missing`, 'for example: migrate --in old/ --out new/')
  }
  const { name, where } = nameSetting(key, setting)
  const hint = issue.code === 'invalid_value' ? suggestValue(setting.typed, issue.values) : undefined
  const part = issue.path[1]
  if (SECRET_FLAGS.has(key)) return wrongUse(`${name} is not a value that it takes${where}`)
  const typed = Array.isArray(setting.typed) && typeof part === 'number' ? setting.typed[part] : setting.typed
  return wrongUse(`${name} ${describeProblem(issue, quoteTyped(typed))}${where}`, hint)
}

function nameSetting(key: string, setting: Setting): { readonly name: string; readonly where: string } {
  if (setting.origin.from !== 'file') return { name: setting.origin.name, where: '' }
  return { name: key, where: `, in ${printableName(setting.origin.name)}` }
}

function describeProblem(issue: z.core.$ZodIssue, typed: string): string {
  if (issue.code === 'invalid_value') return `${typed} is not one of ${issue.values.join(', ')}`
  if (issue.code === 'too_big') return `${typed} is too large: the most is ${issue.maximum}`
  if (issue.code === 'too_small') {
    return issue.origin === 'string' ? 'must not be empty' : `${typed} is too small: the least is ${issue.minimum}`
  }
  if (issue.code === 'invalid_type') return `${typed} is not ${EXPECTED[issue.expected] ?? issue.expected}`
  if (issue.code !== 'custom') return `${typed} is not a value that it takes`
  // These messages either quote the value themselves or only say what it must be.
  return issue.message.startsWith('"') ? printableName(issue.message) : `${typed}: ${issue.message}`
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text (put it in quotes)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'yes or no',
}

function quoteTyped(typed: unknown): string {
  return typeof typed === 'string' ? `"${printableName(typed)}"` : JSON.stringify(typed)
}

function suggestValue(typed: unknown, values: readonly unknown[]): string | undefined {
  const nearest = suggestNearest(String(typed), values.map(String))
  return nearest === undefined ? undefined : `did you mean ${nearest}?`
}
