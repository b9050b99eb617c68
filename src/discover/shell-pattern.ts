import { MigrationError } from '../errors/migration-error.ts'
import { compileLinear, translateClass, type LinearExpression } from './linear-expression.ts'

/**
 * A pattern of `--in`, in which wildcards mean what they mean to a shell: `*` and `?` stay in a folder and do not match a leading dot, `[a-z]`,
 * `{one,two}`, and `**` as a whole part crosses folders. Matching takes time in proportion to the pattern times the path.
 */
export interface ShellPattern {
  /** What stands before the first part with a wildcard; empty: nothing. */
  readonly base: string
  readonly matches: (path: string) => boolean
  /** Levels of folders that it can reach below the base; Infinity with `**`. */
  readonly depth: number
}

/** A part of a path; null: any number of folders. */
type Part = { readonly expression: LinearExpression; readonly mayLeadWithDot: boolean } | null

const MOST_ALTERNATIVES = 1000

/**
 * @returns null where the text has no wildcard.
 * @throws MigrationError WRONG_USE for a pattern that is malformed.
 */
export function parseShellPattern(given: string): ShellPattern | null {
  const parts = given.split('/')
  const first = parts.findIndex((part) => /(?:^|[^\\])(?:\\\\)*[*?[{]/.test(part))
  if (first < 0) return null
  const base = parts.slice(0, first).join('/').replaceAll(/\\(.)/gs, '$1')
  const alternatives = expandBraces(given, parts.slice(first).join('/')).map((glob) =>
    glob.split('/').map((part) => parsePart(given, part)),
  )
  const isUnbounded = alternatives.some((each) => each.includes(null))
  return {
    base: base === '' && first > 0 ? '/' : base,
    matches: (path) => {
      const names = path.split('/')
      return alternatives.some((each) => matchesParts(each, names))
    },
    depth: isUnbounded ? Number.POSITIVE_INFINITY : Math.max(...alternatives.map((each) => each.length)),
  }
}

/** Which first parts match the first names, name after name: no way is tried twice. */
function matchesParts(parts: readonly Part[], names: readonly string[]): boolean {
  let reached = closeOverFolders(parts, new Set([0]))
  for (const name of names) {
    const next = new Set<number>()
    for (const at of reached) {
      const part = parts[at]
      if (part === null) {
        if (!name.startsWith('.')) next.add(at).add(at + 1)
      } else if (part !== undefined && (part.mayLeadWithDot || !name.startsWith('.')) && part.expression.test(name)) {
        next.add(at + 1)
      }
    }
    if (next.size === 0) return false
    reached = closeOverFolders(parts, next)
  }
  return reached.has(parts.length)
}

/** `**` may stand for no folder at all; as the last part it stands for what lies below. */
function closeOverFolders(parts: readonly Part[], reached: Set<number>): Set<number> {
  for (const at of reached) if (parts[at] === null && at + 1 < parts.length) reached.add(at + 1)
  return reached
}

function parsePart(pattern: string, part: string): Part {
  if (part === '**') return null
  let source = ''
  for (let at = 0; at < part.length; at++) {
    const character = part[at] ?? ''
    if (/[?*+@!]/.test(character) && part[at + 1] === '(')
      throw malformed(pattern, `${character}(...) is not known: name the alternatives as {one,two}`)
    if (character === '*') source += '.*'
    else if (character === '?') source += '.'
    else if (character === '[') {
      const end = part.indexOf(']', at + 2)
      if (end < 0) source += String.raw`\[`
      else {
        source += translateClass(part.slice(at + 1, end).replace(/^!/, '^'), (why) => malformed(pattern, why))
        at = end
      }
    } else {
      if (character === '\\' && at + 1 < part.length) at++
      source += literal(part[at] ?? '')
    }
  }
  const expression = compileLinear(`^(?:${source})$`, (why) => malformed(pattern, why))
  return { expression, mayLeadWithDot: !/^[*?[]/.test(part) }
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|]/, String.raw`\$&`)
}

/** `a{b,c{d,e}}` is `ab`, `acd`, `ace`. A brace without a comma or an end is itself. */
function expandBraces(pattern: string, glob: string): string[] {
  const waiting = [glob]
  const expanded: string[] = []
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    const brace = findBrace(text)
    if (brace === null) expanded.push(text)
    else {
      const { start, end, commas } = brace
      const cuts = [start, ...commas, end]
      for (let at = cuts.length - 2; at >= 0; at--)
        waiting.push(text.slice(0, start) + text.slice(cuts[at]! + 1, cuts[at + 1]) + text.slice(end + 1))
    }
    if (expanded.length + waiting.length > MOST_ALTERNATIVES)
      throw malformed(pattern, `its braces stand for more than ${MOST_ALTERNATIVES} patterns`)
  }
  return expanded
}

/** The first brace that has alternatives, with the commas of its own level. */
function findBrace(text: string): { readonly start: number; readonly end: number; readonly commas: number[] } | null {
  const open: { readonly start: number; readonly commas: number[] }[] = []
  let found: { readonly start: number; readonly end: number; readonly commas: number[] } | null = null
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '{') open.push({ start: at, commas: [] })
    else if (text[at] === ',') open.at(-1)?.commas.push(at)
    else if (text[at] === '}') {
      const brace = open.pop()
      if (brace !== undefined && brace.commas.length > 0 && (found === null || brace.start < found.start))
        found = { ...brace, end: at }
    }
  }
  return found
}

function malformed(pattern: string, why: string): MigrationError {
  return new MigrationError('WRONG_USE', `the pattern --in "${pattern}" is malformed: ${why}`, {
    phase: 'discover',
    hint: 'wildcards are those of a shell: * ? [a-z] {one,two}, ** for any folders, and \\ before a character that is meant as it is',
  })
}
