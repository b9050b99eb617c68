import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultOf as setDefaultOf, FLAGS, isOnByDefault, longFlag } from '../../src/cli/flags.ts'
import type { Flag } from '../../src/cli/flags/flag.ts'
import { COMMANDS } from '../../src/cli/settings/parse-arguments.ts'

const PAGE = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')

/** How the page must begin to explain a flag: its names, its placeholder as in the help, its default. */
function expectedStart(flag: Flag): string {
  const short = flag.short === undefined ? '' : `\`${flag.short}\`, `
  const placeholder = flag.placeholder === undefined ? '' : ` ${flag.placeholder}`
  const byDefault = defaultOf(flag)
  return `- ${short}\`${longFlag(flag.key)}${placeholder}\`${byDefault === undefined ? '' : ` (default \`${byDefault}\`)`}:`
}

function defaultOf(flag: Flag): string | undefined {
  if (isOnByDefault(flag)) return 'on'
  if (setDefaultOf(flag) !== undefined) return String(setDefaultOf(flag))
  if (flag.kind === 'count') return '0'
  // The bar is drawn or not as the terminal has it: neither on nor off.
  return flag.kind === 'boolean' && flag.key !== 'progress' ? 'off' : undefined
}

describe('docs/cli.md', () => {
  it.each(FLAGS.map(expectedStart))('explains %s', (start) => {
    expect(PAGE.split('\n').filter((line) => line.startsWith(start))).toHaveLength(1)
  })

  it('explains no flag that is not there', () => {
    const explained = Array.from(
      PAGE.matchAll(/^- (?:`-\w`, )?`(--[\w-]+)[^`]*`(?: \(default `[^`]*`\))?:/gm),
      (match) => match[1],
    )
    const known = FLAGS.map((flag) => longFlag(flag.key))
    expect(explained.filter((name) => !known.includes(name ?? ''))).toEqual([])
  })

  it.each(Object.keys(COMMANDS))('explains the command %s', (command) => {
    expect(PAGE).toMatch(new RegExp(`^- \`migrate (?:${command}|\\[${command}\\])\` `, 'm'))
  })
})
