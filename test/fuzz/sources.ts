// Sources that look like real ones: many regular records, and here and there an odd one. Everything is text with one character a
// byte (latin1) until the end, so that a source can hold any bytes.
import * as fc from 'fast-check'
import type { MigrateOptions } from '../../src/options/options.ts'
import { json, jsonNumber, memberName, text } from '../support/arbitraries.ts'

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')

/** One in `times`. */
const rarely = (times: number): fc.Arbitrary<boolean> => fc.nat(times - 1).map((number) => number === times - 1)

const longText = fc
  .tuple(fc.constantFrom('x', 'Word ', 'ä', '😀', 'a"b', 'c,d;'), fc.integer({ min: 3, max: 60 }))
  .map(([unit, times]) => unit.repeat(times))

const columnName = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'id', 'total amount', 'näme') },
  { weight: 1, arbitrary: memberName },
  { weight: 1, arbitrary: longText },
)

/** The value of a field, and whether it is quoted though it need not be, or written raw though it would have to be. */
const field = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('', '1', '-2.50', 'NULL', 'true', 'some words', '2024-02-29', 'é', '😀') },
  { weight: 2, arbitrary: longText },
  { weight: 2, arbitrary: text },
)
const writtenField = fc.record({
  value: field.map(bytesOf),
  isQuoted: fc.constantFrom('where needed', 'where needed', 'always', 'never'),
})
const oddField = fc.constantFrom(
  '"x',
  'x"y',
  '"x"y',
  '"x" ',
  ' "x"',
  '\r',
  '\xff',
  '\xc3',
  '"\r\n"',
  '""',
  '"""',
  "'",
  '#',
)

/** What a table is written in, as its reader must be told. */
const dialect = fc.record({
  delim: fc.constantFrom(undefined, undefined, undefined, ';', '|', 'a'),
  quote: fc.constantFrom(undefined, undefined, undefined, "'"),
  escape: fc.constantFrom(undefined, undefined, undefined, '\\'),
})

const columnCount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 2, arbitrary: fc.integer({ min: 7, max: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 41, max: 600 }) },
)

const row = fc.record({
  /** Which fields of the pool it has. */
  first: fc.nat(),
  stride: fc.nat(5),
  /** Fields too many (or, below 0, too few). */
  surplus: fc.tuple(rarely(12), fc.integer({ min: -2, max: 2 })).map(([isRagged, by]) => (isRagged ? by : 0)),
  lineEnd: fc.tuple(rarely(12), fc.constantFrom('\n', '\r\n', '\r')).map(([isOdd, end]) => (isOdd ? end : null)),
  before: fc.tuple(rarely(15), fc.constantFrom('\n', '\r\n', '# note\n', '#"\n')).map(([is, line]) => (is ? line : '')),
  odd: fc.tuple(rarely(10), fc.nat(), oddField).map(([is, column, field]) => (is ? { column, field } : null)),
})

export interface Source {
  readonly bytes: Buffer
  /** What must be said to read it. */
  readonly options: Partial<MigrateOptions>
}

/** A delimited table, in csv or in tsv. */
export const tableSource = (format: 'csv' | 'tsv'): fc.Arbitrary<Source> =>
  fc
    .record({
      dialect,
      columnCount,
      names: fc.array(columnName, { minLength: 1, maxLength: 8 }),
      areNamesNumbered: fc.boolean(),
      pool: fc.array(writtenField, { minLength: 1, maxLength: 12 }),
      rows: fc.array(row, { maxLength: 60, size: 'max' }),
      lineEnd: fc.constantFrom('\n', '\n', '\n', '\r\n', '\r'),
      hasMark: rarely(10),
      hasLastEnd: fc.boolean(),
    })
    .map((table) => writeTable(format, table))

type Table = Parameters<Parameters<ReturnType<typeof fc.record<TableParts>>['map']>[0]>[0]
interface TableParts {
  dialect: { delim: string | undefined; quote: string | undefined; escape: string | undefined }
  columnCount: number
  names: string[]
  areNamesNumbered: boolean
  pool: { value: string; isQuoted: string }[]
  rows: (typeof row extends fc.Arbitrary<infer Row> ? Row : never)[]
  lineEnd: string
  hasMark: boolean
  hasLastEnd: boolean
}

function writeTable(format: 'csv' | 'tsv', table: Table): Source {
  const { columnCount, names, pool, rows, lineEnd, hasMark, hasLastEnd } = table
  const delimiter = format === 'tsv' ? '\t' : (table.dialect.delim ?? ',')
  const quote = table.dialect.quote ?? '"'
  const escape = table.dialect.escape ?? quote
  const write = ({ value, isQuoted }: Table['pool'][number]): string => {
    const needsQuotes = [delimiter, quote, '\n', '\r'].some((sign) => value.includes(sign))
    if (isQuoted === 'never' || (isQuoted === 'where needed' && !needsQuotes)) return value
    const escaped = escape === quote ? value : value.replaceAll(escape, escape + escape)
    return quote + escaped.replaceAll(quote, escape + quote) + quote
  }
  // Small tables have one chunk of 65,536 bytes at most: that is what keeps their parts in proportion.
  const fields = pool.map(write)
  const header = Array.from({ length: columnCount }, (_, column) => {
    const name = bytesOf(names[column % names.length]!)
    return write({ value: table.areNamesNumbered && column > 0 ? `${name}${column}` : name, isQuoted: 'where needed' })
  })
  const rowLimit = Math.ceil(4000 / columnCount)
  const lines = rows.slice(0, rowLimit).map(({ first, stride, surplus, lineEnd: oddEnd, before, odd }) => {
    const cells = Array.from(
      { length: Math.max(1, columnCount + surplus) },
      (_, column) => fields[(first + column * stride) % fields.length]!,
    )
    if (odd !== null) cells[odd.column % cells.length] = odd.field
    return `${before}${cells.join(delimiter)}${oddEnd ?? lineEnd}`
  })
  const text = `${hasMark ? bytesOf('\ufeff') : ''}${header.join(delimiter)}${lineEnd}${lines.join('')}`
  const options = Object.fromEntries(
    Object.entries(table.dialect).filter(
      ([name, value]) => value !== undefined && (format === 'csv' || name !== 'delim'),
    ),
  )
  return { bytes: Buffer.from(hasLastEnd ? text : text.replace(/\r?\n$/, ''), 'latin1'), options }
}

const writtenName = fc.oneof(
  { weight: 6, arbitrary: columnName.map((name) => JSON.stringify(name)) },
  { weight: 1, arbitrary: fc.constantFrom('"\\u0061"', '"\\u00e9"', '"\\ud83d\\ude00"', '"a\\/b"', '"\\u0000"') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 300 }).map((length) => `"${'n'.repeat(length)}"`) },
)
const writtenValue = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('"x"', '""', '1', '0.5', 'true', 'false', 'null', '"some words"', '"é"') },
  { weight: 2, arbitrary: jsonNumber },
  { weight: 2, arbitrary: longText.map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: json.value },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{"a" : [ 1 ,2] }', '[ ]', '{"a":{"b":1},"b":2}', '{"b":1,"b":2}', '[[[[]]]]'),
  },
  { weight: 1, arbitrary: fc.constantFrom('"\\u0041\\\\"', '"\\"\\n"', '"\\ud83d\\ude00"', '"\\/"', '"tab\\t"') },
)
const oddValue = fc.constantFrom(
  '"\\ud83d"',
  '"\\x"',
  '"\x01"',
  '"\t"',
  '01',
  '1.',
  '-',
  'nul',
  '"x',
  '"\xff"',
  '+1',
  '',
  '{',
  ']',
)

const record = fc.record({
  shape: fc.nat(3),
  first: fc.nat(),
  stride: fc.nat(5),
  space: fc.tuple(rarely(8), fc.constantFrom(' ', '  ', '\t', '\r', '\n')).map(([is, space]) => (is ? space : '')),
  end: fc
    .tuple(rarely(12), fc.constantFrom('\n', '\r\n', '\n\n', ' \n', '\r', ''))
    .map(([is, end]) => (is ? end : null)),
  odd: fc.tuple(rarely(12), fc.nat(), oddValue).map(([is, member, value]) => (is ? { member, value } : null)),
  other: fc
    .tuple(rarely(25), fc.constantFrom('1', '"x"', '[]', 'null', '{}', '{"a":1}}'))
    .map(([is, v]) => (is ? v : null)),
})

/** JSON records: one a line, in an array, or one behind the other. */
export const recordsSource = (format: 'ndjson' | 'json'): fc.Arbitrary<Source> =>
  fc
    .record({
      names: fc.array(writtenName, { minLength: 1, maxLength: 8 }),
      shapes: fc.array(fc.array(fc.nat(7), { maxLength: 10 }), { minLength: 1, maxLength: 4 }),
      pool: fc.array(writtenValue, { minLength: 1, maxLength: 12 }),
      records: fc.array(record, { maxLength: 60, size: 'max' }),
      lineEnd: fc.constantFrom('\n', '\n', '\r\n'),
      isArray: format === 'json' ? fc.constantFrom(true, true, false) : fc.constant(false),
      hasMark: rarely(10),
      keepsLast: fc.boolean(),
    })
    .map(({ names, shapes, pool, records, lineEnd, isArray, hasMark, keepsLast }) => {
      const parts = records.map(({ shape, first, stride, space, end, odd, other }) => {
        const members = shapes[shape % shapes.length]!
        const values = members.map((_, index) => pool[(first + index * stride) % pool.length]!)
        if (odd !== null && values.length > 0) values[odd.member % values.length] = odd.value
        const written = members.map(
          (name, index) => `${space}${bytesOf(names[name % names.length]!)}${space}:${space}${bytesOf(values[index]!)}`,
        )
        return { text: other ?? `{${written.join(`${space},`)}${space}}`, end: end ?? lineEnd }
      })
      const text = isArray
        ? `[${parts.map(({ text, end }) => `${end.trimEnd()}${text}`).join(`,${lineEnd}`)}]`
        : parts.map(({ text, end }) => text + end).join('')
      const mark = hasMark ? bytesOf('\ufeff') : ''
      return { bytes: Buffer.from(mark + text, 'latin1'), options: keepsLast ? { duplicateKeys: 'last' } : {} }
    })
