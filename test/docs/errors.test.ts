import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { EXIT_CODES } from '../../src/cli/exit-code.ts'
import { ERROR_CODES } from '../../src/errors/error-codes.ts'

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

/** What the lines that match are about, sorted. */
function subjects(pattern: RegExp): string[] {
  return Array.from(PAGE.matchAll(pattern), (match) => match[1] ?? '').sort()
}

it('explains every error code once, and no other', () => {
  expect(subjects(/^- `([A-Z_0-9]+)`:/gm)).toEqual(Object.keys(ERROR_CODES).sort())
})

it('explains every exit code once, and no other', () => {
  expect(subjects(/^\| (\d+) /gm)).toEqual(Object.values(EXIT_CODES).map(String).sort())
})
