import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseGlobPattern } from '../../src/discover/glob-pattern.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

it.each([
  // pattern, path, matches
  ['*.csv', 'a.csv', true],
  ['*.csv', 'deep/er/a.csv', true],
  ['*.csv', '.csv', true],
  ['*.csv', 'a.csv.gz', false],
  ['/*.csv', 'a.csv', true],
  ['/*.csv', 'deep/a.csv', false],
  ['a.csv', 'ba.csv', false],
  ['a.csv', 'x/a.csv', true],
  ['file?.csv', 'file1.csv', true],
  ['file?.csv', 'file/.csv', false],
  ['file?.csv', 'file🚀.csv', true],
  ['x/*.csv', 'a/x/1.csv', true],
  ['x/*.csv', 'a/x/y/1.csv', false],
  ['/x/**', 'x/y/z', true],
  ['/x/**', 'y/x/z', false],
  ['x/**', 'y/x/z', true],
  ['a**z', 'a/b/c/z', true],
  ['a**z', 'abz', true],
  ['**', 'anything/at all', true],
  ['tmp/', 'tmp/a', true],
  ['tmp/', 'x/tmp/y/a', true],
  ['tmp/', 'tmp', false],
  ['tmp/', 'xtmp/a', false],
  ['/tmp/', 'x/tmp/a', false],
  ['*.{csv,tsv}', 'a.tsv', true],
  ['*.{csv,tsv}', 'a.json', false],
  ['{a,{b,c}d}', 'cd', true],
  ['a,b', 'a,b', true],
  ['[a-c].csv', 'b.csv', true],
  ['[a-c].csv', 'd.csv', false],
  ['[^a].csv', 'b.csv', true],
  ['[!a].csv', '!.csv', true],
  ['[!a].csv', 'b.csv', false],
  ['[[:digit:]].csv', '7.csv', true],
  [String.raw`[\d].csv`, '7.csv', true],
  [String.raw`[\]\-].csv`, '].csv', true],
  ['{{\\d{4}}}.csv', '2024.csv', true],
  ['{{\\d{4}}}.csv', '202.csv', false],
  ['/{{(jan|feb)}}/*.csv', 'feb/1.csv', true],
  [String.raw`a\*b`, 'a*b', true],
  [String.raw`a\*b`, 'axb', false],
  [String.raw`\{x\}`, '{x}', true],
  ['a.b+(c)|^$', 'a.b+(c)|^$', true],
  ['A.csv', 'a.csv', false],
  ['*.csv', 'line\nfeed.csv', true],
  ['**x', 'line\nfeed/x', true],
])('the pattern %j on the path %j: %j', (pattern, path, matches) => {
  expect(parseGlobPattern(pattern).matches(path)).toBe(matches)
})

it.each([
  ['', 'empty'],
  ['***', 'more than two stars'],
  ['a]', '"]" without "["'],
  ['[a', '"[" without "]"'],
  ['a}', '"}" without "{"'],
  ['{a', '"{" without "}"'],
  ['{{a', '"{{" without "}}"'],
  ['{{(}}', 'regular expression'],
  ['{{(?=a)b}}', 'without look-around'],
  ['{{(?<!a)b}}', 'without look-around'],
  [String.raw`{{(a)\1}}`, 'without back references'],
  ['{{((a{100}){100}){100}}}', 'repeat count'],
  ['[z-a]', 'character class range'],
  ['[[:nonsense:]]', 'no class'],
  ['a\\', 'nothing follows'],
  ['*a'.repeat(10_001), 'more than 20000 characters'],
])('the pattern %j is refused: %s', (pattern, why) => {
  expect(() => parseGlobPattern(pattern)).toThrow(
    expect.objectContaining({ code: 'WRONG_USE', message: expect.stringContaining(why) }),
  )
})

it.each([
  // pattern, folder, matches all below, may match below
  ['*', 'a', true, true],
  ['**', 'a/b', true, true],
  ['/**', 'a/b', true, true],
  ['/a/**', 'a', true, true],
  ['/a/**', 'b', false, false],
  ['a/**', 'x/a', true, true],
  ['a/', 'x/a/y', true, true],
  ['/*', 'a', false, false],
  ['/*/x.csv', 'a', false, true],
  ['/a/b/*.csv', 'a', false, true],
  ['/a/b/*.csv', 'a/b', false, true],
  ['/a/b/*.csv', 'a/c', false, false],
  ['/a/b/*.csv', 'a/b/c', false, false],
  ['/a/**/z.csv', 'a/x/y', false, true],
  ['/a*/z.csv', 'b', false, false],
  ['/{a,b}/z.csv', 'c', false, false],
  ['/{a,b/c}/z.csv', 'c', false, true],
  ['/[a]/z.csv', 'c', false, true],
  ['a/*.csv', 'x', false, true],
  ['a**b', 'a', false, true],
  [String.raw`/a\**`, 'a*', false, true],
])('the pattern %j below the folder %j: matches all %j, may match %j', (pattern, folder, all, may) => {
  const parsed = parseGlobPattern(pattern)
  expect({ all: parsed.matchesAllBelow(folder), may: parsed.mayMatchBelow(folder) }).toEqual({ all, may })
})

const LONG = 'a'.repeat(4000)

it.each([
  '*a'.repeat(60) + 'b',
  '**a'.repeat(60) + 'b',
  '{{(a+)+b}}',
  '{{(a|a)*b}}',
  '{{(.*)*x}}',
  '{a,aa,*}'.repeat(12) + 'b',
])('the pattern %s takes no longer than its length times that of the path', (pattern) => {
  const parsed = parseGlobPattern(pattern)
  const startMs = performance.now()
  expect([parsed.matches(LONG), parsed.mayMatchBelow(LONG), parsed.matchesAllBelow(LONG)]).toEqual([false, true, false])
  expect(performance.now() - startMs).toBeLessThan(5000)
})

/** A part of a pattern, what it means as one of V8's expressions, and a text that it matches. */
type Part = readonly [glob: string, expression: string, example: string]

const plain: readonly Part[] = [
  ['a', 'a', 'a'],
  ['b', 'b', 'b'],
  ['.', String.raw`\.`, '.'],
  ['/', '/', '/'],
  ['🚀', '🚀', '🚀'],
  ['*', '[^/]*', 'ab'],
  ['?', '[^/]', 'c'],
  ['[ab]', '[ab]', 'b'],
  ['[^a]', '[^a]', 'b'],
  // Classes may match what parts folders.
  ['[^a]', '[^a]', '/'],
  ['[b/]', '[b/]', '/'],
  ['[!a]', '[!a]', '!'],
  ['[a-c.]', '[a-c.]', 'c'],
  ['[[:alpha:]]', '[a-zA-Z]', 'z'],
  [String.raw`[\]*]`, String.raw`[\]*]`, ']'],
  [String.raw`\*`, String.raw`\*`, '*'],
  [String.raw`\/`, '/', '/'],
]
const expressions: readonly Part[] = [
  ['{{a+|b{2}}}', '(?:a+|b{2})', 'bb'],
  ['{{(a|.)*?b}}', '(?:(a|.)*?b)', 'a/b'],
]
const choices = fc
  .tuple(
    fc.array(fc.array(fc.constantFrom(...plain), { maxLength: 3 }).map(join), { minLength: 1, maxLength: 3 }),
    fc.nat(),
  )
  .map(([all, at]): Part => {
    const [texts, sources] = [all.map(([glob]) => glob), all.map(([, source]) => source)]
    return [`{${texts.join(',')}}`, `(?:${sources.join('|')})`, all[at % all.length]![2]]
  })
const parts = fc.oneof(
  { arbitrary: fc.constantFrom(...plain), weight: 8 },
  { arbitrary: choices, weight: 2 },
  { arbitrary: fc.constantFrom<Part>(['**', '.*', 'a/b'], ...expressions), weight: 2 },
  { arbitrary: fc.constantFrom<Part>(['/*', '/[^/]*', '/c'], ['/**', '/.*', '/c/a']), weight: 3 },
)
const patterns = fc
  .tuple(fc.boolean(), fc.array(parts, { minLength: 1, maxLength: 6 }).map(join), fc.boolean())
  // A slash at either end has a meaning of its own.
  .filter(
    ([isAnchored, [glob], isFolder]) => (isAnchored || !glob.startsWith('/')) && (isFolder || !glob.endsWith('/')),
  )
  .map(([isAnchored, [glob, source, example], isFolder]): Part => [
    `${isAnchored ? '/' : ''}${glob}${isFolder ? '/' : ''}`,
    `${isAnchored ? '^' : '(?:^|/)'}${source}${isFolder ? '/.*' : ''}$`,
    `${isAnchored ? '' : 'b/'}${example}${isFolder ? '/a' : ''}`,
  ])
const names = fc.string({
  unit: fc.constantFrom('a', 'a', 'b', 'b', 'c', '.', '*', ']', '!', '🚀', '\n'),
  minLength: 1,
  maxLength: 3,
})
const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((all) => all.join('/'))

/** Two stars that meet would be one wildcard. */
function join(all: readonly Part[]): Part {
  const kept = all.filter(([glob], at) => !(glob.startsWith('*') && /^\/?\*/.test(all[at - 1]?.[0] ?? '')))
  const joined = (at: 0 | 1 | 2): string => kept.map((part) => part[at]).join('')
  return [joined(0), joined(1), joined(2)]
}

it('a pattern matches what the expression for it matches in another engine, and is right about folders', () => {
  fc.assert(
    fc.property(patterns, paths, paths, ([glob, source], path, rest) => {
      const pattern = parseGlobPattern(glob)
      const expected = new RegExp(source, 'su')
      const below = `${path}/${rest}`
      expect(pattern.matches(path), `${glob} on ${path}`).toBe(expected.test(path))
      const [isTaken, all, may] = [expected.test(below), pattern.matchesAllBelow(path), pattern.mayMatchBelow(path)]
      expect(all && !isTaken, `${glob} takes all below ${path}, but not ${below}`).toBe(false)
      expect(!may && isTaken, `${glob} takes nothing below ${path}, but ${below}`).toBe(false)
    }),
    { numRuns: fuzzRuns(5000) },
  )
})

it('no folder on the way to a path that a pattern matches is left out', () => {
  const ways = patterns.filter(([, , example]) => !/^\/|\/\/|\/$/.test(example))
  fc.assert(
    fc.property(ways, ([glob, , example]) => {
      const pattern = parseGlobPattern(glob)
      expect(pattern.matches(example), `${glob} on ${example}`).toBe(true)
      for (let slash = example.indexOf('/'); slash > 0; slash = example.indexOf('/', slash + 1)) {
        const folder = example.slice(0, slash)
        expect(pattern.mayMatchBelow(folder), `${glob} takes nothing below ${folder}, but ${example}`).toBe(true)
      }
    }),
    { numRuns: fuzzRuns(5000) },
  )
})
