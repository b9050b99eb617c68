import { MigrationError } from '../errors/migration-error.ts'
import { compileLinear, translateClass, type LinearExpression } from './linear-expression.ts'

/**
 * rclone's patterns as regular expressions (https://rclone.org/filtering/). Own code instead of a glob library, because the
 * meaning differs in what matters: `**` crosses folders wherever it stands, `[!a]` is no negation, `{{...}}` is a regular
 * expression, and a pattern without a leading `/` matches the end of a path. Like rclone's they are matched by RE2, in time in proportion to
 * the path.
 */

/** A filter pattern, ready to be asked. */
export interface GlobPattern {
  matches(path: string): boolean
  /** True where everything below the folder matches. May say false where it is true, never the other way round. */
  matchesAllBelow(folder: string): boolean
  /** True where something below the folder could match. May say true where nothing can, never the other way round. */
  mayMatchBelow(folder: string): boolean
}

/** Longer ones take seconds to compile, and no path is that long. Lists belong into `--filter-from` or `--files-from`. */
const LONGEST_PATTERN = 20_000

/**
 * Compiles a pattern. Paths are relative to the source tree, `/` between parts, without a leading `/`.
 * @throws MigrationError WRONG_USE for a pattern that is malformed.
 */
export function parseGlobPattern(pattern: string): GlobPattern {
  if (pattern === '') throw malformed(pattern, 'it is empty')
  if (pattern.length > LONGEST_PATTERN) throw malformed(pattern, `it has more than ${LONGEST_PATTERN} characters`)
  const glob = pattern.endsWith('/') ? `${pattern}**` : pattern
  const isAnchored = glob.startsWith('/')
  const body = isAnchored ? glob.slice(1) : glob
  const expression = compile(pattern, `${isAnchored ? '^' : '(?:^|/)'}${translate(pattern, body)}$`)
  // A lone * matches every name there is; a pattern that ends in ** and matches "folder/" matches whatever follows.
  const matchesEverything = !isAnchored && body === '*'
  const takesRest = /(?:^|[^\\])\*\*$/.test(body)
  const leadingParts = isAnchored ? leadingPartPatterns(pattern, body) : null
  return {
    matches: (path) => expression.test(path),
    matchesAllBelow: (folder) => matchesEverything || (takesRest && expression.test(`${folder}/`)),
    mayMatchBelow: (folder) => leadingParts === null || leadsInto(folder, leadingParts),
  }
}

/**
 * The parts of an anchored pattern, each with its own expression. null in a place: anything from here on (`**`).
 * The whole null: the pattern cannot be cut at its slashes, so it may match in any folder.
 */
function leadingPartPatterns(pattern: string, body: string): (LinearExpression | null)[] | null {
  if (/[\\[]|\{[^{}]*(?:\/|\{)/.test(body)) return null
  return body.split('/').map((part) => (part.includes('**') ? null : compile(pattern, `^${translate(pattern, part)}$`)))
}

function leadsInto(folder: string, parts: (LinearExpression | null)[]): boolean {
  const names = folder.split('/')
  for (const [at, name] of names.entries()) {
    const part = parts[at]
    if (part === null) return true
    if (part === undefined || !part.test(name)) return false
  }
  return parts.length > names.length
}

function compile(pattern: string, source: string): LinearExpression {
  return compileLinear(source, (why) => malformed(pattern, why))
}

function malformed(pattern: string, why: string): MigrationError {
  return new MigrationError('WRONG_USE', `the filter pattern "${pattern}" is malformed: ${why}`, {
    phase: 'discover',
    hint: 'patterns are those of rclone: * ** ? [a-z] {one,two} {{regular expression}}, and \\ before a character that is meant as it is',
  })
}

/** The expression for a pattern without its anchor. */
function translate(pattern: string, body: string): string {
  let source = ''
  let depth = 0
  let at = 0
  while (at < body.length) {
    const character = body[at] ?? ''
    if (body.startsWith('***', at)) throw malformed(pattern, 'more than two stars in a row')
    if (body.startsWith('**', at)) {
      source += '.*'
      at += 2
    } else if (body.startsWith('{{', at)) {
      const end = endOfRegExp(pattern, body, at + 2)
      source += `(?:${body.slice(at + 2, end)})`
      at = end + 2
    } else if (character === '[') {
      const end = endOfClass(pattern, body, at + 1)
      source += translateClass(body.slice(at + 1, end), (why) => malformed(pattern, why))
      at = end + 1
    } else if (character === '\\') {
      if (at + 1 === body.length) throw malformed(pattern, 'nothing follows the last \\')
      source += literal(body[at + 1] ?? '')
      at += 2
    } else {
      depth += character === '{' ? 1 : character === '}' ? -1 : 0
      if (depth < 0) throw malformed(pattern, '"}" without "{"')
      source += translateCharacter(pattern, character, depth)
      at += 1
    }
  }
  if (depth > 0) throw malformed(pattern, '"{" without "}"')
  return source
}

function translateCharacter(pattern: string, character: string, depth: number): string {
  switch (character) {
    case '*':
      return '[^/]*'
    case '?':
      return '[^/]'
    case '{':
      return '(?:'
    case '}':
      return ')'
    case ',':
      return depth > 0 ? '|' : ','
    case ']':
      throw malformed(pattern, '"]" without "["')
    default:
      return literal(character)
  }
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`)
}

function endOfRegExp(pattern: string, body: string, start: number): number {
  let end = body.indexOf('}}', start)
  if (end < 0) throw malformed(pattern, '"{{" without "}}"')
  // The regular expression may itself end in a brace: `{{\d{3}}}`.
  while (body[end + 2] === '}') end += 1
  return end
}

function endOfClass(pattern: string, body: string, start: number): number {
  let depth = 1
  for (let at = start; at < body.length; at++) {
    if (body[at] === '\\') at += 1
    else if (body[at] === '[') depth += 1
    else if (body[at] === ']' && --depth === 0) return at
  }
  throw malformed(pattern, '"[" without "]"')
}
