import { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'
import { readNamedFile } from '../system/read-named-file.ts'
import { parseGlobPattern } from './glob-pattern.ts'
import type { GlobPattern } from './glob-pattern.ts'

/**
 * Which paths are taken, by rclone's rules in rclone's order: all of --include, then --exclude, then --filter, then the files
 * of --filter-from, whatever their order on the command line. The first rule that matches decides.
 */

export interface FilterOptions {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly filter: readonly string[]
  readonly filterFrom: readonly string[]
}

/** A decision and the rule behind it, in words for `plan --explain`. */
export interface Decision {
  readonly isTaken: boolean
  readonly rule: string
}

export interface FilterRules {
  /** Decides on a file. @param path relative to the source tree, `/` between parts. */
  decide(path: string): Decision
  /** The rule that leaves out everything below a folder, so that it need not be entered; null where something may be taken. */
  ruleAgainstFolder(path: string): string | null
}

interface Rule {
  readonly isInclude: boolean
  readonly pattern: GlobPattern
  readonly text: string
}

const TAKEN_BY_DEFAULT: Decision = { isTaken: true, rule: 'no rule leaves it out' }

/**
 * Compiles the rules of a run.
 * @throws MigrationError WRONG_USE for a malformed pattern or rule, or a rules file that cannot be read.
 */
export async function parseFilterRules(options: FilterOptions): Promise<FilterRules> {
  let rules: Rule[] = []
  const add = (isInclude: boolean, glob: string, origin: string) => {
    rules.push({
      isInclude,
      pattern: parseGlobPattern(glob),
      text: `${isInclude ? '+' : '-'} ${printableName(glob)} from ${origin}`,
    })
  }
  const addLine = (line: string, origin: string) => {
    if (line === '!') rules = []
    else if (line.startsWith('+ ')) add(true, line.slice(2).trim(), origin)
    else if (line.startsWith('- ')) add(false, line.slice(2).trim(), origin)
    else {
      throw new MigrationError('WRONG_USE', `"${printableName(line)}" (${origin}) is not a filter rule`, {
        phase: 'discover',
        hint: 'a rule is "+ PATTERN", "- PATTERN", or "!" to drop all rules before it',
      })
    }
  }
  for (const glob of options.include) add(true, glob, '--include')
  for (const glob of options.exclude) add(false, glob, '--exclude')
  for (const line of options.filter) addLine(line.trim(), '--filter')
  for (const file of options.filterFrom) {
    for (const { line, number } of await ruleLines(file))
      addLine(line, `--filter-from ${printableName(file)} line ${number}`)
  }
  // As in rclone: one --include leaves out all the rest, even behind a "!".
  if (options.include.length > 0) {
    rules.push({ isInclude: false, pattern: parseGlobPattern('/**'), text: 'no --include matches' })
  }
  return new OrderedRules(rules)
}

class OrderedRules implements FilterRules {
  readonly #rules: readonly Rule[]

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
  }

  decide(path: string): Decision {
    const rule = this.#rules.find((candidate) => candidate.pattern.matches(path))
    return rule === undefined ? TAKEN_BY_DEFAULT : { isTaken: rule.isInclude, rule: rule.text }
  }

  ruleAgainstFolder(path: string): string | null {
    for (const rule of this.#rules) {
      if (rule.isInclude && rule.pattern.mayMatchBelow(path)) return null
      if (!rule.isInclude && rule.pattern.matchesAllBelow(path)) return rule.text
    }
    return null
  }
}

/** The rules in a file: one a line, without blank lines and comments (`#`, `;`). */
async function ruleLines(file: string): Promise<{ line: string; number: number }[]> {
  let text: string
  try {
    text = (await readNamedFile(file)).toString()
  } catch (cause) {
    throw new MigrationError('WRONG_USE', `--filter-from ${printableName(file)} cannot be read`, {
      phase: 'discover',
      cause,
    })
  }
  return text
    .split('\n')
    .map((line, at) => ({ line: line.trim(), number: at + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#') && !line.startsWith(';'))
}
