import { createRequire } from 'node:module'
import type * as Engine from 're2js'

// Loaded when there is something to match: a run without patterns does without its 260 kB.
const load = createRequire(import.meta.url)

/**
 * Regular expressions that users write, and those that their patterns become: matched by RE2, whose time is in proportion to the text. Node's own
 * take minutes, and hear no signal, for `(a+)+b` on a name of 40 letters.
 */
export interface LinearExpression {
  test(text: string): boolean
}

/**
 * Compiles an expression in RE2's syntax, in which `.` is any character.
 * @param fail makes the error of what is wrong with it. Look-around and back references are: no linear engine has them.
 */
export function compileLinear(source: string, fail: (why: string) => Error): LinearExpression {
  const { RE2JS } = load('re2js') as typeof Engine
  try {
    return RE2JS.compile(source, RE2JS.DOTALL)
  } catch (error) {
    throw fail(describe(error instanceof Error ? error.message : String(error)))
  }
}

function describe(message: string): string {
  const why = message.replace(/^error parsing regexp: /, '')
  if (/`\(\?<?[=!]/.test(why)) return `regular expressions are those of RE2, without look-around (${why})`
  if (/invalid escape sequence: `\\[1-9k]/.test(why))
    return `regular expressions are those of RE2, without back references (${why})`
  return `the regular expression is not valid: ${why}`
}

const POSIX_CLASSES = new Set(['alnum', 'alpha', 'digit', 'lower', 'upper', 'space', 'word', 'xdigit'])

/** The expression for what stands between the brackets of a pattern's class. */
export function translateClass(content: string, fail: (why: string) => Error): string {
  // A backslash before anything but a letter or digit means that character; `\d` and its like stay.
  const members = content.replaceAll(
    /\[:(\w+):\]|\\([^a-zA-Z0-9])|([[\]])/gu,
    (whole, name?: string, escaped?: string, bracket?: string) => {
      if (name === undefined) return `\\x{${((escaped ?? bracket ?? '').codePointAt(0) ?? 0).toString(16)}}`
      if (!POSIX_CLASSES.has(name)) throw fail(`there is no class [:${name}:]`)
      return whole
    },
  )
  return `[${members}]`
}
