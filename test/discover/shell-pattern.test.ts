import * as fc from 'fast-check'
import picomatch from 'picomatch'
import { expect, it } from 'vitest'
import { parseShellPattern } from '../../src/discover/shell-pattern.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

it.each([
  // pattern, base, path below it, matches
  ['in/*.csv', 'in', 'a.csv', true],
  ['in/*.csv', 'in', '.csv', false],
  ['in/.*.csv', 'in', '.a.csv', true],
  ['/x/**/a', '/x', 'b/c/a', true],
  ['/x/**/a', '/x', '.b/a', false],
  ['/*', '/', 'a', true],
  ['[!a]x', '', 'bx', true],
  ['[!a]x', '', 'ax', false],
  ['{a,b/c}.csv', '', 'b/c.csv', true],
  ['{a,{b,c}d}', '', 'cd', true],
  ['{a}*', '', '{a}1', true],
  [String.raw`\*/?`, '*', 'b', true],
])('the pattern %j starts in %j and on %j says %j', (given, base, path, matches) => {
  const pattern = parseShellPattern(given)
  expect([pattern?.base, pattern?.matches(path)]).toEqual([base, matches])
})

it.each([
  ['+(a|b)*', 'is not known'],
  ['{a,b}'.repeat(12), 'more than 1000'],
  ['[z-a]', 'range'],
])('the pattern %j is refused: %s', (given, why) => {
  expect(() => parseShellPattern(given)).toThrow(
    expect.objectContaining({ code: 'WRONG_USE', message: expect.stringContaining(why) }),
  )
})

it('a text without wildcards is no pattern', () => {
  expect(parseShellPattern('a/b.csv')).toBe(null)
})

/** Parts of patterns that mean one thing to every matcher. */
const parts = fc
  .array(fc.constantFrom('a', 'b', '.', '*', '?', '[ab]', '{a,b}'), { minLength: 1, maxLength: 5 })
  .map((all) => all.join(''))
const patterns = fc
  .array(fc.oneof({ arbitrary: parts, weight: 4 }, { arbitrary: fc.constant('**'), weight: 1 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) => all.join('/'))
  // What a last ** is to match besides what lies below, others answer in two ways.
  .filter((pattern) => !pattern.endsWith('**') && !/[^/]\*\*|\*\*[^/]|\*\*\/\*\*|(?:^|\/)\.\.?(?:\/|$)/.test(pattern))
const names = fc
  .string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 4 })
  .filter((name) => !/^\.\.?$/.test(name))
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((all) => all.join('/'))

it('a pattern matches what another matcher of shell patterns matches', () => {
  fc.assert(
    fc.property(patterns, paths, (given, path) => {
      // Both see the same text: nothing of it is a base.
      const pattern = parseShellPattern(`*/${given}`)
      expect(pattern?.matches(`x/${path}`), `${given} on ${path}`).toBe(
        picomatch(`*/${given}`, { nonegate: true })(`x/${path}`),
      )
    }),
    { numRuns: fuzzRuns(3000) },
  )
})

it.each(['*a'.repeat(60) + 'b', '**/'.repeat(40) + 'b', '{a,aa,*}'.repeat(6) + 'b'])(
  'the pattern %s takes no longer than its length times that of the path',
  (given) => {
    const pattern = parseShellPattern(given)
    const startMs = performance.now()
    expect([pattern?.matches('a'.repeat(4000)), pattern?.matches('a/'.repeat(2000))]).toEqual([false, false])
    expect(performance.now() - startMs).toBeLessThan(5000)
  },
)
