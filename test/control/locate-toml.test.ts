import { array, assert, boolean, dictionary, integer, letrec, oneof, property, string } from 'fast-check'
import { parse, stringify } from 'smol-toml'
import { expect, it } from 'vitest'
import { locateToml } from '../../src/control/settings/locate-toml.ts'

const parseKey = (written: string) => Object.keys(parse(`${written} = 0`))[0] ?? ''

/** Every path of a value, as JSON: tables, arrays, and what is in them. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): readonly string[] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return []
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, item]) => [JSON.stringify([...path, key]), ...pathsOf(item, [...path, key])])
}

function expectAllFound(text: string): void {
  const found = locateToml(text, parseKey)
  expect(new Set(found.map(({ path }) => JSON.stringify(path)))).toEqual(new Set(pathsOf(parse(text))))
}

it.each([
  'a.b.c = 1\n"x y"."z" = { p.q = [ 1, [2, { r = "]" }] ] , s = 1979-05-27 07:32:00 }',
  '[a] # [no]\n\n[a.b]\nx = 1\n[[a.list]]\nx = 1\n[[a.list.inner]]\ny = 2\n[[a.list.inner]]\n[[a.list]]\n[a.list.part]\nz = 3\n',
  'a = """\nb = 1\n\\"""" \nc = \'\'\'x = "\'\'\'\'\'\nd = "#"\ne = \'\\\'\n1 = +inf',
  'a = [\n  1, # one\n  2,\n]\n\r\nb = {}\r\nc = []',
])('every key of a TOML text has a place: %j', (text) => {
  expectAllFound(text)
})

it('every key of any TOML text has a place', () => {
  const key = string({ minLength: 1, unit: 'grapheme' }).filter((name) => name !== '__proto__')
  const { tree } = letrec((tie) => ({
    leaf: oneof(string({ unit: 'grapheme' }), integer(), boolean()),
    list: array(tie('leaf'), { maxLength: 3 }),
    tables: array(dictionary(key, tie('leaf'), { maxKeys: 3 }), { minLength: 1, maxLength: 3 }),
    tree: dictionary(key, oneof({ depthSize: 'small' }, tie('leaf'), tie('list'), tie('tables'), tie('tree')), {
      maxKeys: 4,
    }),
  }))
  assert(property(tree, (content) => expectAllFound(stringify(content))))
})
