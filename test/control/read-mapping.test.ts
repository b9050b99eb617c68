import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readMapping } from '../../src/control/settings/read-mapping.ts'
import { MigrationError } from '../../src/errors/migration-error.ts'
import type { MappingInput } from '../../src/model/mapping.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function fileOf(name: string, text: string): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, text)
  return path
}

async function problemOf(given: unknown): Promise<string> {
  try {
    await readMapping(given as MappingInput)
  } catch (error) {
    if (!(error instanceof MigrationError) || error.code !== 'MAPPING_INVALID') throw error
    return error.hint === undefined ? error.message : `${error.message} (${error.hint})`
  }
  throw new Error('the mapping was taken')
}

/** The same mapping in each language: what is wrong, and where. */
const PLACES: readonly [what: string, files: Readonly<Record<string, string>>, place: RegExp][] = [
  [
    'an unknown type of a column by name',
    {
      'm.yaml': 'columns:\n  id: integer\n  price: decimal\n',
      'm.json': '{\n"columns": { "id": "integer",\n  "price":\n "decimal" } }',
      'm.toml': '[columns]\nid = "integer"\nprice = "decimal"\n',
    },
    /: line (?:3, column 10|4, column 2|3, column 9): column "price": type must be one of/,
  ],
  [
    'an unknown type of a listed column',
    {
      'm.yaml': 'columns:\n  - { name: id }\n  - name: price\n    type: decimal\n',
      'm.json': '{"columns": [{"name": "id"},\n {"name": "price",\n  "type": "decimal"}]}',
      'm.toml': '[[columns]]\nname = "id"\n[[columns]]\nname = "price"\n  type = "decimal" # no\n',
    },
    /: line (?:4, column 11|3, column 11|5, column 10): column "price": type must be one of/,
  ],
  [
    'an unknown key of a column',
    {
      'm.yml': 'columns:\n  a.b:\n    typ: string\n',
      'm.json': '{"columns": {"a.b": {\r\n\t"typ": "string"}}}',
      'm.toml': '[columns]\n"a.b" = { required = true, typ = "string" }\n',
    },
    /: line (?:3, column 5|2, column 2|2, column 28): column "a\.b": there is no key "typ"/,
  ],
  [
    'a listed column without a name',
    {
      'm.yaml': 'columns:\n  - name: a\n  - type: string\n',
      'm.json': '{"columns": [{"name": "a"},\n {"type": "string"}]}',
      'm.toml': 'columns = [\n  { name = "a" }, # one\n  { type = "string" },\n]\n',
    },
    /: line (?:3, column 5|2, column 2|3, column 3): column 2: name is missing/,
  ],
  [
    'a column that is dropped too',
    {
      'm.yaml': 'drop: [b]\ncolumns:\n  a: &type { from: b }\n',
      'm.json': '{"drop": ["b"],\n"columns": {"a": {"from": "b"}}}',
      'm.toml': 'drop = ["b"]\n[columns.a]\nfrom = "b"\n',
    },
    /: line (?:3, column 3|2, column 13|2, column 10): column "b" is in both/,
  ],
  [
    'a value behind an alias, by its key',
    { 'm.yaml': 'columns:\n  a: &same { type: integer, required: 1 }\n  b: *same\n' },
    /: line 2, column 39: column "a": required .*; line 3, column 3: column "b": required /,
  ],
  [
    'an item of a list',
    { 'm.yaml': 'drop:\n- a\n- 3\n', 'm.toml': 'drop = [\n"a",\n3]\n' },
    /: line 3, column (?:3|1): drop must be text/,
  ],
  [
    'an empty name after texts of several lines',
    { 'm.toml': 'drop = ["""\n# a\\"""""",\n\'\'\'\n[b]\'\'\',\n  ""]\n' },
    /: line 5, column 3: drop must not be empty/,
  ],
]

describe('a mapping', () => {
  it.each(PLACES)('says the line of %s', async (_, files, place) => {
    for (const [name, text] of Object.entries(files)) expect(await problemOf(fileOf(name, text))).toMatch(place)
  })

  it.each([
    ['m.yaml', 'columns:\n  id: integer\n  price: { from: unit_price, type: number }\ndrop: [x]\n'],
    [
      'm.yml',
      'columns:\n- { name: id, type: integer }\n- { name: price, from: unit_price, type: number }\ndrop: [x]\n',
    ],
    ['m.toml', 'drop = ["x"]\n[columns]\nid = "integer"\nprice = { from = "unit_price", type = "number" }\n'],
    ['m.json', '{"columns":{"id":"integer","price":{"from":"unit_price","type":"number"}},"drop":["x"]}'],
    [
      'm.mjs',
      'export default { columns: { id: "integer", price: { from: "unit_price", type: "number" } }, drop: ["x"] }',
    ],
  ])('is read from %s', async (name, text) => {
    expect(await readMapping(fileOf(name, text))).toEqual({
      columns: [
        { name: 'id', type: 'integer', required: false },
        { name: 'price', from: 'unit_price', type: 'number', required: false },
      ],
      drop: ['x'],
      rest: 'keep',
    })
  })

  it('may be given as a value', async () => {
    const { columns, rest } = await readMapping({ columns: [{ name: 'a', required: true }], rest: 'drop' })
    expect([columns, rest]).toEqual([[{ name: 'a', required: true }], 'drop'])
  })

  it('keeps the order of its columns', async () => {
    const path = fileOf('m.yaml', 'columns: { z: string, a: , m: integer }')
    expect((await readMapping(path)).columns.map(({ name }) => name)).toEqual(['z', 'a', 'm'])
  })

  it.each<[unknown, string]>([
    [{ colums: {} }, 'the mapping: there is no key "colums" (did you mean columns?)'],
    [{ columns: { a: { typ: 'string' } } }, 'the mapping: column "a": there is no key "typ" (did you mean type?)'],
    [
      { columns: { a: 'int' } },
      'the mapping: column "a": type must be one of string, integer, number, boolean, json, not "int" (did you mean integer?)',
    ],
    [
      { columns: [{ name: 'a', type: 'interger' }] },
      'the mapping: column "a": type must be one of string, integer, number, boolean, json, not "interger" (did you mean integer?)',
    ],
    [{ columns: [{ type: 'string' }] }, 'the mapping: column 1: name is missing'],
    [{ columns: { a: { required: 'yes' } } }, 'the mapping: column "a": required must be true or false, not "yes"'],
    [{ columns: 'a' }, 'the mapping: columns must be a list, not "a"'],
    [{ drop: 'a' }, 'the mapping: drop must be a list, not "a"'],
    [
      { columns: { a: 3 } },
      'the mapping: column "a": type must be one of string, integer, number, boolean, json, not 3 (there are string, integer, number, boolean, json)',
    ],
    [{ drop: [''] }, 'the mapping: drop must not be empty'],
    [{ rest: 'no' }, 'the mapping: rest must be one of keep, drop, not "no" (there are keep, drop)'],
    [[], 'the mapping must be keys with values, not []'],
    [{}, 'the mapping: it names no column (give it "columns" or "drop")'],
    [{ rest: 'drop' }, 'the mapping: it names no column (give it "columns" or "drop")'],
    [
      { columns: [{ name: 'a' }, { name: 'a', from: 'b' }] },
      'the mapping: two columns are named "a" (give one of them another name)',
    ],
    [
      { columns: { a: { from: 'b' } }, drop: ['b'] },
      'the mapping: column "b" is in both "columns" and "drop" (leave it out of one of them)',
    ],
    [
      { columns: { a: 'string' }, drop: ['b'], rest: 'drop' },
      'the mapping: "rest: drop" leaves nothing for "drop" to do (leave one of them out)',
    ],
    [
      { columns: { a: { type: 'integer', emptyIsNull: true } } },
      'the mapping: column "a": "emptyIsNull" is for type string (in columns of other types an empty field is null anyway)',
    ],
    [
      { columns: { a: 'integer', b: { from: 'a', type: 'number' } } },
      'the mapping: columns "a" and "b" take "a" under different types (a column of the source has one type: give both the same)',
    ],
    [
      { columns: { b: 'string', 2020: 'integer' } },
      'the mapping: the place of the column "2020", whose name is a number, is lost among columns by name (write "columns" as a list: - { name: ..., type: ... })',
    ],
  ])('that is wrong is refused: %j', async (given, problem) => {
    expect(await problemOf(given)).toBe(problem)
  })

  it('tells all that is wrong with it at once, each with its place', async () => {
    const columns = {
      a: 'text',
      b: { typ: 'string' },
      c: { required: 1 },
      d: { from: 'x' },
      e: { type: 'number', emptyIsNull: true },
    }
    const path = fileOf('m.json', JSON.stringify({ columns, drop: ['x'], keep: true }, null, 1))
    expect(await problemOf(path)).toBe(
      `${path}: ` +
        'line 3, column 8: column "a": type must be one of string, integer, number, boolean, json, not "text" (there are string, integer, number, boolean, json); ' +
        'line 5, column 4: column "b": there is no key "typ" (did you mean type?); ' +
        'line 8, column 16: column "c": required must be true or false, not 1; ' +
        'line 21, column 2: there is no key "keep" (there are columns, drop, rest); ' +
        'line 10, column 3: column "x" is in both "columns" and "drop" (leave it out of one of them); ' +
        'line 15, column 4: column "e": "emptyIsNull" is for type string (in columns of other types an empty field is null anyway)',
    )
  })

  it('that has thousands of faults is told by the first twenty and the number of the others', async () => {
    const columns = Array.from({ length: 2000 }, (_, number) => `  c${number}: {type: int}\n`)
    const problem = await problemOf(fileOf('many.yaml', `columns:\n${columns.join('')}`))
    expect(problem).toMatch(/column "c0": type must be/)
    expect(problem).toMatch(/column "c19": type must be .*; and 1980 more$/)
    expect(problem).not.toContain('"c20"')
  })

  it('is named in what is wrong with it', async () => {
    const path = fileOf('m.yaml', 'columns: { a: text }')
    expect(await problemOf(path)).toContain(`${path}: line 1, column 15: column "a": type must be one of`)
    expect(await problemOf(fileOf('m.txt', ''))).toContain('is no kind of mapping that is known')
    expect(await problemOf(fileOf('m.json', '{'))).toContain('cannot be understood')
    expect(await problemOf('/nowhere/m.yaml')).toContain('cannot read /nowhere/m.yaml: ENOENT')
    expect(await problemOf(fileOf('m.yaml', ''))).toContain('must be keys with values, not null')
  })
})
