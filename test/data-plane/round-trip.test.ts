import * as fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { FormatName } from '../../src/model/format-name.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { json, text } from '../support/arbitraries.ts'
import { convertText } from '../support/convert-bytes.ts'
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts'
import { readDelimited } from '../support/read-delimited.ts'

vi.setConfig({ testTimeout: FUZZ_TIMEOUT_MS })

const CHUNK_SIZES = [1, 7, 4096]
const chunkSize = fc.constantFrom(...CHUNK_SIZES)

const name = text.filter((text) => text !== '')

/** Names and rows of a table of strings, at least one row and one column. */
const table = fc
  .uniqueArray(name, { minLength: 1, maxLength: 4 })
  .chain((names) => fc.tuple(fc.constant(names), fc.array(rowOf(names.length), { minLength: 1, maxLength: 5 })))

function rowOf(length: number): fc.Arbitrary<string[]> {
  return fc.array(text, { minLength: length, maxLength: length })
}

function writeDelimited(rows: readonly (readonly string[])[], delimiter: string): string {
  return rows.map((row) => `${row.map((field) => `"${field.replaceAll('"', '""')}"`).join(delimiter)}\n`).join('')
}

const numRuns = fuzzRuns(300)

it.each<[via: FormatName, from: FormatName]>([
  ['ndjson', 'csv'],
  ['json', 'csv'],
  ['tsv', 'csv'],
  ['csv', 'csv'],
  ['ndjson', 'tsv'],
  ['json', 'tsv'],
  ['csv', 'tsv'],
])('brings every table of strings through %s back to %s as it was', async (via, from) => {
  const delimiter = from === 'csv' ? ',' : '\t'
  await fc.assert(
    fc.asyncProperty(table, chunkSize, async ([names, rows], chunkSize) => {
      const options = { chunkSize }
      const bytes = writeDelimited([names, ...rows], delimiter)
      const first = await convertText({ bytes, from, to: from, options })
      expect(readDelimited(first, delimiter)).toEqual([names, ...rows])

      const between = await convertText({ bytes, from, to: via, options })
      const back = await convertText({ bytes: between, from: via, to: from, options })
      expect(back).toBe(first)
    }),
    { numRuns },
  )
})

it('writes a table of strings as objects that JSON.parse reads with the same keys, values and order', async () => {
  await fc.assert(
    fc.asyncProperty(table, async ([names, rows]) => {
      const bytes = writeDelimited([names, ...rows], ',')
      const lines = (await convertText({ bytes, from: 'csv', to: 'ndjson' })).split('\n').slice(0, -1)
      const array = JSON.parse(await convertText({ bytes, from: 'csv', to: 'json' })) as unknown[]
      expect(array).toHaveLength(rows.length)
      for (const [index, row] of rows.entries()) {
        // Object.fromEntries also makes `__proto__` an own key, as JSON.parse does.
        const expected = Object.fromEntries(names.map((name, column) => [name, row[column]]))
        expect(JSON.parse(lines[index]!)).toEqual(expected)
        expect(array[index]).toEqual(expected)
        expect(lines[index]).toBe(`{${names.map((n, c) => `${JSON.stringify(n)}:${JSON.stringify(row[c])}`).join()}}`)
      }
    }),
    { numRuns },
  )
})

/** Dialects in which any table can be written and read again. */
const dialect: fc.Arbitrary<{ source: Partial<MigrateOptions>; target: Partial<MigrateOptions> }> = fc
  .record({
    delim: fc.constantFrom(',', ';', '\t', '|', ' ', 'a', '\0'),
    quote: fc.constantFrom('"', "'", '#'),
    outCrlf: fc.boolean(),
    header: fc.boolean(),
    nullstr: fc.constantFrom(undefined, '', 'NULL', '\\N'),
  })
  .map(({ delim, quote, outCrlf, header, nullstr }) => {
    const shared = nullstr === undefined ? {} : { nullstr }
    return {
      source: { delim, quote, header, ...shared },
      target: { outDelim: delim, outQuote: quote, outHeader: header, outCrlf, ...shared },
    }
  })

it('reads every dialect back that it writes', async () => {
  await fc.assert(
    fc.asyncProperty(table, dialect, chunkSize, async ([names, rows], { source, target }, chunkSize) => {
      const bytes = writeDelimited([names, ...rows], ',')
      const options = { ...target, chunkSize }
      const first = await convertText({ bytes, from: 'csv', to: 'csv', options })
      const again = { ...source, ...target, chunkSize }
      expect(await convertText({ bytes: first, from: 'csv', to: 'csv', options: again })).toBe(first)
      const back = await convertText({
        bytes: await convertText({ bytes: first, from: 'csv', to: 'ndjson', options: again }),
        from: 'ndjson',
        to: 'tsv',
      })
      const expectedNames = source.header === true ? names : names.map((_, column) => `column${column}`)
      expect(readDelimited(back, '\t')).toEqual([expectedNames, ...rows])
    }),
    { numRuns },
  )
})

const { record } = json
const records = fc.array(record, { maxLength: 5 })

it('keeps compact JSON records byte for byte through NDJSON and JSON', async () => {
  await fc.assert(
    fc.asyncProperty(records, chunkSize, async (records, chunkSize) => {
      const bytes = records.map((record) => `${record}\n`).join('')
      const options = { chunkSize }
      expect(await convertText({ bytes, from: 'ndjson', to: 'ndjson', options })).toBe(bytes)
      const array = await convertText({ bytes, from: 'ndjson', to: 'json', options })
      expect(array).toBe(records.length === 0 ? '[]\n' : `[\n${records.join(',\n')}\n]\n`)
      expect(await convertText({ bytes: array, from: 'json', to: 'ndjson', options })).toBe(bytes)
    }),
    { numRuns },
  )
})

it('takes white space between tokens out of JSON records, wherever it stands, and nothing else', async () => {
  const space = fc.constantFrom('', ' ', '\n', '\r\n', '\t', '  \n ')
  await fc.assert(
    fc.asyncProperty(records, fc.infiniteStream(space), chunkSize, async (records, spaces, chunkSize) => {
      const spaced = `[${records.join()}]`.replaceAll(TOKEN, (token) => `${spaces.next().value}${token}`)
      const target = await convertText({ bytes: spaced, from: 'json', to: 'ndjson', options: { chunkSize } })
      expect(target).toBe(records.map((record) => `${record}\n`).join(''))
    }),
    { numRuns },
  )
})

/** A token of JSON: a string, a bracket or another sign, or a run of anything else. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^"[\]{},:]+/gs

it('writes JSON records as CSV whose cells are the text of each value, and brings strings back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), chunkSize, async (records, chunkSize) => {
      fc.pre(records.some((record) => record !== '{}'))
      const bytes = records.map((record) => `${record}\n`).join('')
      const csv = await convertText({ bytes, from: 'ndjson', to: 'csv', options: { chunkSize } })
      const [names, ...rows] = readDelimited(csv, ',')
      const members = records.map((record) => new Map(membersOf(record)))
      expect(names).toEqual([...new Set(members.flatMap((members) => [...members.keys()]))])
      expect(rows).toEqual(members.map((members) => names!.map((name) => cellOf(members.get(name)))))
    }),
    { numRuns },
  )
})

/** Names and compact texts of the values of a compact record. */
function membersOf(record: string): [name: string, value: string][] {
  const members: [string, string][] = []
  let depth = 0
  let name = ''
  let value: string | null = null
  for (const [token] of record.slice(1, -1).matchAll(TOKEN)) {
    if (depth === 0 && value === null && token.startsWith('"')) name = JSON.parse(token) as string
    else if (depth === 0 && token === ':' && value === null) value = ''
    else if (depth === 0 && token === ',') {
      members.push([name, value!])
      value = null
    } else {
      if (token === '{' || token === '[') depth++
      if (token === '}' || token === ']') depth--
      value += token
    }
  }
  if (value !== null) members.push([name, value])
  return members
}

function cellOf(value: string | undefined): string {
  if (value === undefined || value === 'null') return ''
  return value.startsWith('"') ? (JSON.parse(value) as string) : value
}
