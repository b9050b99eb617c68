import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ColumnType } from '../../src/model/data-plan.ts'
import type { FormatName } from '../../src/model/format-name.ts'
import type { MappingInput } from '../../src/model/mapping.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { convertBytes, type Converted } from '../support/convert-bytes.ts'
import { fuzzRuns } from '../support/fuzz-runs.ts'

// The tables of docs/semantics.md, "Types", on both engines.

const ENGINES = ['reference', 'kernel'] as const
const REJECTED = null

interface Work {
  readonly source: string
  readonly columns: MappingInput['columns']
  readonly from?: FormatName
  readonly to?: FormatName
  readonly options?: Partial<MigrateOptions>
}

/** Converts with both engines, which must agree, also where chunks are small. */
async function castBoth({ source, columns, from = 'csv', to = 'ndjson', options = {} }: Work): Promise<Converted> {
  const work = { bytes: source, from, to }
  const results: Converted[] = []
  for (const engine of ENGINES) {
    for (const chunkSize of [7, 4096]) {
      results.push(
        await convertBytes({ ...work, options: { map: { columns: columns! }, engine, chunkSize, ...options } }),
      )
    }
  }
  for (const other of results.slice(1)) expect(seen(other)).toEqual(seen(results[0]!))
  return results[0]!
}

function seen({ target, rejects, code }: Converted): object {
  return { target: target?.toString(), rejects, code }
}

/** What a target holds for `x`, as text; null: the record was rejected. */
function valueOf({ target, rejects }: Converted): string | null {
  const line = target!.toString()
  const value = /^\{"a":"1","x":(.*)\}\n$/s.exec(line)?.[1] ?? REJECTED
  expect(rejects.map(({ code, column }) => [code, column])).toEqual(value === REJECTED ? [['CAST', 'x']] : [])
  return value
}

const TEXTS: readonly [ColumnType, text: string, value: string | null][] = [
  ['string', '007', '"007"'],
  ['string', '', '""'],
  ['integer', '0', '0'],
  ['integer', '-0', '-0'],
  ['integer', '42', '42'],
  ['integer', '-9007199254740993', '-9007199254740993'],
  ['integer', '123456789012345678901234567890', '123456789012345678901234567890'],
  ['integer', '1234567890123456', '1234567890123456'],
  ['integer', '12345678901234567', '12345678901234567'],
  ['integer', '0234567890123456789', REJECTED],
  ['integer', '', 'null'],
  ['integer', '007', REJECTED],
  ['integer', '-01', REJECTED],
  ['integer', '+1', REJECTED],
  ['integer', '-', REJECTED],
  ['integer', '1.0', REJECTED],
  ['integer', '1e3', REJECTED],
  ['integer', ' 1', REJECTED],
  ['integer', '1 ', REJECTED],
  ['integer', '1 000', REJECTED],
  ['integer', '0x10', REJECTED],
  ['integer', '１', REJECTED],
  ['number', '0', '0'],
  ['number', '1.10', '1.10'],
  ['number', '-0.0', '-0.0'],
  ['number', '1e5', '1e5'],
  ['number', '1E+5', '1E+5'],
  ['number', '2.5e-3', '2.5e-3'],
  ['number', '1e400', '1e400'],
  ['number', '3.14159265358979323846264338327950288', '3.14159265358979323846264338327950288'],
  ['number', '-1234567890123.45', '-1234567890123.45'],
  ['number', '', 'null'],
  ['number', '+1', REJECTED],
  ['number', '007', REJECTED],
  ['number', '00.5', REJECTED],
  ['number', '.5', REJECTED],
  ['number', '-.5', REJECTED],
  ['number', '1.', REJECTED],
  ['number', '1..2', REJECTED],
  ['number', '1.2.3', REJECTED],
  ['number', '1e', REJECTED],
  ['number', '1e+', REJECTED],
  ['number', 'e5', REJECTED],
  ['number', '12345678901234567.', REJECTED],
  ['number', '12345678901234567.5', '12345678901234567.5'],
  ['number', 'NaN', REJECTED],
  ['number', 'Infinity', REJECTED],
  ['number', '0x10', REJECTED],
  ['number', '1_000', REJECTED],
  ['number', '--1', REJECTED],
  ['number', '1-', REJECTED],
  ['boolean', 'true', 'true'],
  ['boolean', 'false', 'false'],
  ['boolean', 'TRUE', 'true'],
  ['boolean', 'False', 'false'],
  ['boolean', 'FALSE', 'false'],
  ['boolean', 'tRUE', REJECTED],
  ['boolean', 'falsE', REJECTED],
  ['boolean', 'FALSe', REJECTED],
  ['boolean', '', 'null'],
  ['boolean', '1', REJECTED],
  ['boolean', 'yes', REJECTED],
  ['boolean', 'true ', REJECTED],
  ['boolean', 'truth', REJECTED],
  ['json', '12', '12'],
  ['json', 'true', 'true'],
  ['json', 'null', 'null'],
  ['json', '', 'null'],
  ['json', ' [1 , 2] ', '[1,2]'],
  ['json', '[]', '[]'],
  ['json', '1 2', REJECTED],
  ['json', '1}', REJECTED],
  ['json', '[1', REJECTED],
  ['json', 'hello', REJECTED],
  ['json', ' ', REJECTED],
  ['json', '007', REJECTED],
]

describe('a csv field in a column of a type', () => {
  it.each(TEXTS)('%s: %j becomes %j', async (type, text, value) => {
    const field = text.includes(',') ? `"${text}"` : text
    for (const end of ['\n', '\r\n', '']) {
      expect(valueOf(await castBoth({ source: `a,x\n1,${field}${end}`, columns: { x: type } }))).toBe(value)
    }
    const quoted = await castBoth({ source: `a,x\n1,"${text}"\n`, columns: { x: type } })
    expect(valueOf(quoted)).toBe(value)
  })

  it.each<[ColumnType, string, string | null]>([
    ['json', '"{""a"": [1, ""ü\\n""]}"', '{"a":[1,"ü\\n"]}'],
    ['json', '"""text"""', '"text"'],
    ['json', '"{""a"":1,""a"":2}"', REJECTED],
    ['json', '"""\\ud800"""', REJECTED],
    ['json', '"""\t"""', REJECTED],
    ['integer', '"1""2"', REJECTED],
    ['string', '"1""2"', '"1\\"2"'],
  ])('%s: %s becomes %j', async (type, field, value) => {
    expect(valueOf(await castBoth({ source: `a,x\n1,${field}\n`, columns: { x: type } }))).toBe(value)
  })

  it('is null where it is the text of --nullstr, which in quotes is a text', async () => {
    const columns = { x: 'integer' } as const
    const options = { nullstr: 'NA' }
    expect(valueOf(await castBoth({ source: 'a,x\n1,NA\n', columns, options }))).toBe('null')
    expect(valueOf(await castBoth({ source: 'a,x\n1,"NA"\n', columns, options }))).toBe(REJECTED)
  })

  it('that padding adds is null in columns of all types but strings', async () => {
    const columns = { x: 'boolean' } as const
    expect(valueOf(await castBoth({ source: 'a,x\n1\n', columns, options: { ragged: 'pad' } }))).toBe('null')
  })

  it('knows where it ends when the delimiter could be part of a number', async () => {
    const source = 'a.x\n1.5\n1.-5\n'
    const { target } = await castBoth({ source, columns: { a: 'number', x: 'number' }, options: { delim: '.' } })
    expect(target!.toString()).toBe('{"a":1,"x":5}\n{"a":1,"x":-5}\n')
    const powers = { source: 'ae5\n1e5\n', columns: { a: 'number' }, options: { delim: 'e' } } as const
    expect((await castBoth(powers)).target!.toString()).toBe('{"a":1,"5":"5"}\n')
  })
})

const JSON_VALUES: readonly [ColumnType, source: string, value: string | null][] = [
  ['string', '1.10', '"1.10"'],
  ['string', 'true', '"true"'],
  ['string', '{"a":[1,"\\n"]}', '"{\\"a\\":[1,\\"\\\\n\\"]}"'],
  ['string', '[1, 2]', '"[1,2]"'],
  ['string', '"\\u00e9"', '"\\u00e9"'],
  ['string', 'null', 'null'],
  ['integer', '12', '12'],
  ['integer', '"12"', '12'],
  ['integer', '"\\u0031\\u0032"', '12'],
  ['integer', '""', 'null'],
  ['integer', '12.0', REJECTED],
  ['integer', '"12.0"', REJECTED],
  ['integer', '1e2', REJECTED],
  ['integer', 'true', REJECTED],
  ['integer', '[1]', REJECTED],
  ['integer', 'null', 'null'],
  ['number', '1e400', '1e400'],
  ['number', '"1.50"', '1.50'],
  ['number', '"x"', REJECTED],
  ['number', 'false', REJECTED],
  ['number', '{}', REJECTED],
  ['boolean', 'false', 'false'],
  ['boolean', '"TRUE"', 'true'],
  ['boolean', '1', REJECTED],
  ['boolean', 'null', 'null'],
  ['json', '{"a": 1}', '{"a":1}'],
  ['json', '5', '5'],
  ['json', '"{\\"a\\": 1}"', '{"a":1}'],
  ['json', '"text"', REJECTED],
  ['json', 'null', 'null'],
]

describe('a JSON value in a column of a type', () => {
  it.each(JSON_VALUES)('%s: %s becomes %s', async (type, source, value) => {
    for (const from of ['ndjson', 'json'] as const) {
      const text = from === 'json' ? `[{"a":"1","x":${source}}]` : `{"a":"1","x":${source}}\n`
      expect(valueOf(await castBoth({ source: text, from, columns: { x: type } }))).toBe(value)
    }
  })

  it('that is missing stays missing', async () => {
    const { target } = await castBoth({ source: '{"a":1}\n{"x":"2"}\n', from: 'ndjson', columns: { x: 'integer' } })
    expect(target!.toString()).toBe('{"a":1}\n{"x":2}\n')
  })
})

describe('nulls', () => {
  it('come of the empty text in string columns that ask for it', async () => {
    const columns = { x: { type: 'string', emptyIsNull: true } } as const
    expect(valueOf(await castBoth({ source: 'a,x\n1,\n', columns }))).toBe('null')
    expect(valueOf(await castBoth({ source: 'a,x\n1,""\n', columns }))).toBe('null')
    expect(valueOf(await castBoth({ source: 'a,x\n1, \n', columns }))).toBe('" "')
    expect(valueOf(await castBoth({ source: '{"a":"1","x":""}\n', from: 'ndjson', columns }))).toBe('null')
  })

  it.each([
    ['csv', 'a,x\n1,\n'],
    ['ndjson', '{"a":"1","x":null}\n'],
    ['ndjson', '{"a":"1"}\n'],
    ['ndjson', '{"a":"1","x":""}\n'],
  ] as const)('are rejected where the column is required: %s %j', async (from, source) => {
    const columns = { x: { type: 'integer', required: true } } as const
    const { rejects } = await castBoth({ source, from, columns })
    expect(rejects).toMatchObject([{ code: 'CAST', column: 'x', message: expect.stringContaining('requires') }])
  })

  it('are rejected in required columns of any type', async () => {
    const source = 'x,y,z\n,1,2\n'
    const strings = { x: { type: 'string', emptyIsNull: true, required: true } } as const
    expect((await castBoth({ source, columns: strings })).rejects).toHaveLength(1)
    expect((await castBoth({ source, columns: { x: { required: true } } })).rejects).toHaveLength(0)
    const json = { x: { type: 'json', required: true } } as const
    expect((await castBoth({ source: 'x\nnull\n', columns: json })).rejects).toHaveLength(1)
  })
})

describe('a record with a value that does not fit', () => {
  it('is rejected alone, with its place, column, value and type', async () => {
    const source = 'id,price\n1,2.50\n2,abc\n3,\n'
    const { target, rejects } = await castBoth({ source, columns: { price: 'number' } })
    expect(target!.toString()).toBe('{"id":"1","price":2.50}\n{"id":"3","price":null}\n')
    expect(rejects).toEqual([
      {
        file: 'source',
        record: 2,
        line: 3,
        byteStart: 16,
        byteEnd: 21,
        code: 'CAST',
        message: '"abc" in column "price" is no number',
        column: 'price',
        raw: '2,abc',
      },
    ])
  })

  it('keeps its bytes where other cells of it were written anew', async () => {
    const source = 'x,y\n"{""a"": 1}",z\n'
    const { rejects } = await castBoth({ source, columns: { x: 'json', y: 'integer' } })
    expect(rejects).toMatchObject([{ column: 'y', raw: '"{""a"": 1}",z' }])
  })

  it('is shown in part where the value is long', async () => {
    const { rejects } = await castBoth({ source: `x\n${'ü'.repeat(500)}\n`, columns: { x: 'number' } })
    expect(rejects[0]!.message).toBe(`"${'ü'.repeat(60)}..." in column "x" is no number`)
  })

  it('adds no column to a csv target', async () => {
    const source = '{"a":1,"bad":2}\n{"c":3}\n{"c":4,"a":5}\n'
    const columns = { a: { type: 'integer' }, bad: { type: 'boolean' } } as const
    const { target } = await castBoth({ source, from: 'ndjson', to: 'csv', columns })
    expect(target!.toString()).toBe('c,a\n3,\n4,5\n')
  })

  it('leaves the header of a table where it is', async () => {
    const { target } = await castBoth({ source: 'a,b\nx,1\n', to: 'csv', columns: { a: 'integer' } })
    expect(target!.toString()).toBe('a,b\n')
  })
})

describe('targets', () => {
  it('in csv have the text of numbers unchanged, and true or false', async () => {
    const source = 'n,b,j,s\n1.10,TRUE,"[1, 2]",007\n,,,\n'
    const columns = { n: 'number', b: 'boolean', j: 'json' } as const
    const { target } = await castBoth({ source, to: 'csv', columns })
    expect(target!.toString()).toBe('n,b,j,s\n1.10,true,"[1,2]",007\n,,,\n')
  })

  it('have columns under new names, in the order of the source', async () => {
    const source = 'a,b,c\n1,2,3\n'
    const { target } = await castBoth({ source, columns: { x: { from: 'b', type: 'integer' }, a: 'integer' } })
    expect(target!.toString()).toBe('{"a":1,"x":2,"c":"3"}\n')
  })

  it('have a column twice that is named twice, and names may change places', async () => {
    const source = 'a,b\n1,2\n'
    const columns = { a: { from: 'b' }, b: { from: 'a', type: 'number' }, c: { from: 'a', type: 'number' } } as const
    const { target } = await castBoth({ source, columns })
    expect(target!.toString()).toBe('{"b":1,"c":1,"a":"2"}\n')
  })

  it('have only the named columns in their order with rest: drop', async () => {
    const options = { map: { columns: { z: { from: 'c' }, a: 'integer' }, rest: 'drop' } } as const
    const { target } = await castBoth({ source: 'a,b,c\n1,2,3\n', columns: {}, options })
    expect(target!.toString()).toBe('{"z":"3","a":1}\n')
    const json = await castBoth({ source: '{"a":1}\n', from: 'ndjson', to: 'csv', columns: {}, options })
    expect(json.target!.toString()).toBe('z,a\n,1\n')
  })

  it('lack dropped columns', async () => {
    const options = { map: { columns: { a: 'integer' }, drop: ['b'] } } as const
    const { target } = await castBoth({ source: 'a,b,c\n1,2,3\n', columns: {}, options })
    expect(target!.toString()).toBe('{"a":1,"c":"3"}\n')
  })
})

describe('a mapping that does not suit a file', () => {
  it('fails a table without a named column', async () => {
    expect((await castBoth({ source: 'a\n1\n', columns: { x: 'integer' } })).code).toBe('UNKNOWN_COLUMN')
  })

  it('fails a table where two columns get one name, and rejects JSON records', async () => {
    const columns = { b: { from: 'a' } }
    expect((await castBoth({ source: 'a,b\n1,2\n', columns })).code).toBe('DUPLICATE_COLUMN')
    const source = '{"a":1,"b":2}\n{"a":3}\n'
    const { target, rejects } = await castBoth({ source, from: 'ndjson', columns })
    expect(target!.toString()).toBe('{"b":3}\n')
    expect(rejects).toMatchObject([{ code: 'DUPLICATE_KEY', column: 'b', record: 1 }])
  })
})

const numberLike = fc
  .array(fc.constantFrom(...'0123456789'.split(''), '0', '1', '-', '+', '.', 'e', 'E', ' ', '_', 'x', '/', ':'), {
    maxLength: 20,
  })
  .map((parts) => parts.join(''))
const anyText = fc.oneof(
  numberLike,
  fc.integer().map(String),
  fc.double().map(String),
  fc.bigInt().map(String),
  fc.constantFrom('true', 'false', 'TRUE', 'False', 'tRue', 'trues', 'falsy', 'null', '', '[]', '{"a": 1}', '"x"'),
)
const anyType = fc.constantFrom<ColumnType[]>('string', 'integer', 'number', 'boolean', 'json')

describe('both engines', () => {
  it('agree on any texts in columns of any types, and with JavaScript on which are numbers', async () => {
    const table = fc.record({
      types: fc.array(anyType, { minLength: 3, maxLength: 3 }),
      rows: fc.array(fc.array(anyText, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 80 }),
    })
    await fc.assert(
      fc.asyncProperty(table, async ({ types, rows }) => {
        const columns = Object.fromEntries(types.map((type, index) => [`c${index}`, type]))
        const lines = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','))
        const source = ['c0,c1,c2', ...lines, ''].join('\n')
        const { target } = await castBoth({ source, columns, options: { maxRejects: '100%' } })
        const fitting = rows.filter((row) => row.every((text, index) => fits(text, types[index]!)))
        const written = target!.toString().trimEnd()
        expect(written === '' ? 0 : written.split('\n').length).toBe(fitting.length)
      }),
      { numRuns: fuzzRuns(150) },
    )
  })

  it('agree on any JSON records', async () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), anyText)
    const record = fc.dictionary(fc.constantFrom('c0', 'c1', 'c2', 'other'), value)
    const work = fc.record({ types: fc.array(anyType, { minLength: 3, maxLength: 3 }), records: fc.array(record) })
    await fc.assert(
      fc.asyncProperty(work, fc.constantFrom<FormatName[]>('ndjson', 'csv'), async ({ types, records }, to) => {
        const columns = Object.fromEntries(types.map((type, index) => [`c${index}`, type]))
        const source = records.map((each) => `${JSON.stringify(each)}\n`).join('')
        await castBoth({ source, from: 'ndjson', to, columns, options: { maxRejects: '100%' } })
      }),
      { numRuns: fuzzRuns(150) },
    )
  })
})

/** What fits, said by other means than the engines'. */
function fits(text: string, type: ColumnType): boolean {
  if (type === 'string' || text === '') return true
  if (type === 'integer') return /^-?(?:0|[1-9]\d*)$/.test(text)
  if (type === 'boolean') return ['true', 'True', 'TRUE', 'false', 'False', 'FALSE'].includes(text)
  if (type === 'number' && !/^[-\d]/.test(text)) return false
  try {
    const value: unknown = JSON.parse(text)
    return type === 'json' || (typeof value === 'number' && text.trim() === text)
  } catch {
    return false
  }
}
