import type { z } from 'zod'
import { describeProblem, itemIssues, quoteValue } from '../../model/describe-issue.ts'
import type { MigrateOptions, ResolvedOptions } from '../../options/options.ts'
import { suggestWord } from '../../options/suggest-word.ts'
import { OptionsSchema } from '../../options/options.ts'
import type { DisplayOptions } from './display-options.ts'
import { DisplayOptionsSchema } from './display-options.ts'
import { BenchOptionsSchema, type BenchOptions } from './bench-options.ts'
import { ClusterOptionsSchema, isOnCluster, refuseWithoutCluster, type ClusterSettings } from './cluster-options.ts'
import { inFile } from './read-config.ts'
import type { Setting, Settings } from './resolve-settings.ts'
import { longFlag } from '../flags.ts'
import { SECRET_FLAGS } from '../flags/cluster-flags.ts'
import { wrongUse } from './wrong-use.ts'

/** Holds what the user set against the schemas, and says what is wrong in one line that quotes the option as it was typed. */

export interface CheckedSettings {
  /** As the library takes them: only what was set. */
  readonly options: MigrateOptions
  readonly resolved: ResolvedOptions
  readonly display: DisplayOptions
}

/**
 * @param command as examples show it.
 * @throws MigrationError WRONG_USE for all options that are wrong, or else for those that are missing.
 */
export function checkSettings(settings: Settings, command = 'migrate'): CheckedSettings {
  const [display, resolved] = checkFor(
    `${command} --in old/ --out new/`,
    settings,
    DisplayOptionsSchema,
    OptionsSchema,
    ClusterOptionsSchema,
  )
  if (!isOnCluster(settings)) refuseWithoutCluster(settings)
  return { options: valuesOf(settings, OptionsSchema.shape) as unknown as MigrateOptions, resolved, display }
}

/** The same, where `in` and `out` may be missing (`migrate config`). @returns every option that has a value, by key. */
export function checkAnySettings(settings: Settings): ReadonlyMap<string, unknown> {
  const options = OptionsSchema.partial({ in: true, out: true })
  const groups = checkFor(EXAMPLE, settings, options, DisplayOptionsSchema, BenchOptionsSchema, ClusterOptionsSchema)
  return new Map(groups.flatMap((group) => Object.entries(group)).filter(([, value]) => value !== undefined))
}

/** The options of the command line alone. @throws MigrationError WRONG_USE for all that are wrong. */
export function checkDisplay(settings: Settings): DisplayOptions {
  return checkFor(EXAMPLE, settings, DisplayOptionsSchema)[0]
}

/** @throws MigrationError WRONG_USE for all options that are wrong: of a benchmark, or of its runs. */
export function checkBench(settings: Settings): BenchOptions {
  return checkFor(
    'migrate bench --in old/',
    settings,
    BenchOptionsSchema,
    DisplayOptionsSchema,
    OptionsSchema.omit({ threads: true, out: true }),
  )[0]
}

/** @throws MigrationError WRONG_USE for all options of a cluster that are wrong. */
export function checkCluster(settings: Settings): ClusterSettings {
  return checkFor(EXAMPLE, settings, ClusterOptionsSchema)[0]
}

/** `--threads` alone, for a node. */
export function checkThreads(settings: Settings): string {
  return checkFor(EXAMPLE, settings, OptionsSchema.pick({ threads: true }))[0].threads
}

/** What is wrong with settings in themselves, whatever command they are for; what is missing is not. */
export function faultsOf(settings: Settings): readonly string[] {
  const options = OptionsSchema.partial({ in: true, out: true })
  const issues = issuesOf(settings, [options, DisplayOptionsSchema, BenchOptionsSchema, ClusterOptionsSchema])
  return issues.map((issue) => inOneLine(describeIssue(issue, settings)))
}

type Schema = z.ZodObject

const EXAMPLE = 'migrate --in old/ --out new/'

/** @param example a command that lacks nothing. */
function checkFor<const Schemas extends readonly Schema[]>(
  example: string,
  settings: Settings,
  ...schemas: Schemas
): { readonly [At in keyof Schemas]: z.output<Schemas[At]> } {
  const results = schemas.map((schema) => schema.safeParse(valuesOf(settings, schema.shape)))
  if (results.some(({ success }) => !success)) throw describeIssues(issuesOf(settings, schemas), settings, example)
  return results.map(({ data }) => data) as unknown as { readonly [At in keyof Schemas]: z.output<Schemas[At]> }
}

function issuesOf(settings: Settings, schemas: readonly Schema[]): readonly Issue[] {
  const issues = schemas.flatMap((schema) => schema.safeParse(valuesOf(settings, schema.shape)).error?.issues ?? [])
  return issues.flatMap(itemIssues)
}

function valuesOf(settings: Settings, shape: object): Record<string, unknown> {
  const entries = [...settings].filter(([key]) => Object.hasOwn(shape, key))
  return Object.fromEntries(entries.map(([key, setting]) => [key, setting.value]))
}

type Issue = z.core.$ZodIssue

interface Fault {
  readonly message: string
  readonly hint?: string | undefined
}

/** All faults in one line; what is missing only where nothing is wrong, since something typed wrongly is often the reason for it. */
function describeIssues(issues: readonly Issue[], settings: Settings, example: string): Error {
  const wrong = issues.filter((issue) => settings.has(String(issue.path[0])))
  if (wrong.length === 0) {
    const missing = issues.map(({ path }) => longFlag(String(path[0])))
    return wrongUse(
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
      `for example: ${example}`,
    )
  }
  const faults = wrong.map((issue) => describeIssue(issue, settings))
  const [only] = faults
  if (faults.length === 1 && only !== undefined) return wrongUse(only.message, only.hint)
  return wrongUse(faults.map(inOneLine).join('; '))
}

function inOneLine({ message, hint }: Fault): string {
  return hint === undefined ? message : `${message} (${hint})`
}

function describeIssue(issue: Issue, settings: Settings): Fault {
  const key = String(issue.path[0])
  const setting = settings.get(key)
  if (setting === undefined) return { message: `${longFlag(key)} is missing` }
  const [, part] = issue.path
  const { name, where } = nameSetting(key, setting, typeof part === 'number' ? part : undefined)
  if (SECRET_FLAGS.has(key)) return { message: `${name} is not a value that it takes${where}` }
  const typed = Array.isArray(setting.typed) && typeof part === 'number' ? setting.typed[part] : setting.typed
  const hint = issue.code === 'invalid_value' ? suggestValue(key, typed, issue.values) : undefined
  return { message: `${name} ${describeProblem(issue, quoteValue(typed))}${where}`, hint }
}

function nameSetting(
  key: string,
  { origin }: Setting,
  part: number | undefined,
): { readonly name: string; readonly where: string } {
  if (origin.from !== 'file') return { name: origin.name, where: '' }
  return { name: key, where: `, ${inFile(origin.name, origin.placeOf?.(key, part))}` }
}

function suggestValue(key: string, typed: unknown, values: readonly unknown[]): string | undefined {
  const nearest = suggestWord(key, String(typed), values.map(String))
  return nearest === undefined ? undefined : `did you mean ${nearest}?`
}
