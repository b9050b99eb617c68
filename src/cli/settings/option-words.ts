import type { Flag } from '../flags/flag.ts'

/**
 * The words of flags, variables and configuration files as the option schema wants them: yes and no as booleans, `tab` as a
 * tab, lines of a variable as a list. Whatever is none of these words is handed on, and the schema says what is wrong with it.
 */

const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = {
  '1': true,
  true: true,
  yes: true,
  on: true,
  '0': false,
  false: false,
  no: false,
  off: false,
}

const BYTE_WORDS: Readonly<Record<string, string>> = { '\\t': '\t', tab: '\t' }

export function readOptionWord(flag: Flag, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (flag.kind === 'boolean') return BOOLEAN_WORDS[value.toLowerCase()] ?? value
  if (flag.kind === 'byte') return BYTE_WORDS[value] ?? value
  return flag.kind === 'count' && /^\d+$/.test(value) ? Number(value) : value
}
