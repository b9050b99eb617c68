import { appendFileSync, readdirSync, readlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MigrationError } from '../../src/errors/migration-error.ts'
import { formatNames } from '../../src/formats/registry.ts'
import type { FormatName } from '../../src/model/format-name.ts'
import type { MigrateOptions } from '../../src/options/options.ts'
import { convertBytes, convertText, planOf } from '../support/convert-bytes.ts'
import type { Conversion } from '../support/convert-bytes.ts'
import { readDelimited } from '../support/read-delimited.ts'

const CHUNK_SIZES = [1, 2, 3, 5, 8, 64, 4096]

/** Converts with chunks of all sizes and throws where that makes a difference. */
async function convertAtAllSizes(conversion: Conversion): Promise<string> {
  const outcomes = new Set<string>()
  for (const chunkSize of CHUNK_SIZES) {
    const options = { ...conversion.options, chunkSize }
    const { target, rejects, code, result } = await convertBytes({ ...conversion, options })
    const codes = rejects.map(({ code, record, line }) => `${code} ${record}:${line}`)
    const counts = result.isConverted ? result.records : code
    outcomes.add(JSON.stringify([target?.toString(), codes, counts]))
  }
  expect(outcomes.size).toBe(1)
  const [text, rejects, counts] = JSON.parse([...outcomes][0]!) as [string | null, string[], unknown]
  return text === null ? String(counts) : [text, ...rejects].join('|')
}

/** One table with all that is hard: quotes, delimiters, line ends, UTF-8, an odd name and a value that is JSON. */
const NAMES = ['id', 'näme', '__proto__', 'json']
const ROWS = [
  ['007', 'a "quoted", text', ' x ', '{"a":[1,2]}'],
  ['1.10', 'two\nlines\r\n', '😀\ttab', ''],
  ['', "it's", '\\n\u0000', '[]'],
]
const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`
const table = (delimiter: string): string =>
  [NAMES, ...ROWS].map((row) => `${row.map(quoted).join(delimiter)}\n`).join('')
const objects = ROWS.map(
  (row) => `{${NAMES.map((name, i) => `${JSON.stringify(name)}:${JSON.stringify(row[i])}`).join()}}`,
)
const SOURCES: Readonly<Record<FormatName, string>> = {
  csv: table(','),
  tsv: table('\t'),
  ndjson: objects.map((line) => `${line}\n`).join(''),
  json: `[\n${objects.join(',\n')}\n]\n`,
}
const PAIRS = formatNames().flatMap((from) => formatNames().map((to) => [from, to] as const))

function readRows(text: string, format: FormatName): string[][] {
  if (format === 'csv') return readDelimited(text, ',')
  if (format === 'tsv') return readDelimited(text, '\t')
  const array = format === 'json' ? text : `[${text.trimEnd().replaceAll('\n', ',')}]`
  const records = JSON.parse(array) as Record<string, string>[]
  return [
    NAMES,
    ...records.map((record) => NAMES.map((name) => Object.getOwnPropertyDescriptor(record, name)!.value as string)),
  ]
}

describe('all pairs of formats', () => {
  it.each(PAIRS)('convert the same table from %s to %s', async (from, to) => {
    const target = await convertAtAllSizes({ bytes: SOURCES[from], from, to })
    expect(readRows(target, to)).toEqual([NAMES, ...ROWS])
    expect(to === 'csv' || to === 'tsv' ? SOURCES[to] : target).toBe(SOURCES[to])
  })

  it.each<[to: FormatName, expected: string]>([
    ['csv', 'a,b,c\n"{""x"":[1,""y\\n""]}",1.10,\n,true,0\n'],
    ['tsv', 'a\tb\tc\n"{""x"":[1,""y\\n""]}"\t1.10\t\n\ttrue\t0\n'],
    ['ndjson', '{"a":{"x":[1,"y\\n"]},"b":1.10}\n{"b":true,"a":null,"c":0}\n'],
    ['json', '[\n{"a":{"x":[1,"y\\n"]},"b":1.10},\n{"b":true,"a":null,"c":0}\n]\n'],
  ])('bring nested values, numbers, null and missing members to %s', async (to, expected) => {
    const lines = '{"a": {"x" : [1, "y\\n"]}, "b":1.10}\n{"b":true,"a":null,"c":0}\n'
    expect(await convertAtAllSizes({ bytes: lines, from: 'ndjson', to })).toBe(expected)
    const array = `[${lines.trimEnd().replaceAll('\n', ', ')}]`
    expect(await convertAtAllSizes({ bytes: array, from: 'json', to })).toBe(expected)
  })
})

describe('the stream engine', () => {
  const options = { engine: 'stream', lossy: true } as const
  const PLAIN: Readonly<Record<FormatName, string>> = {
    csv: 'a,b\n1,"x, ""y"""\né,two\n',
    tsv: 'a\tb\n1\t"x, ""y"""\né\ttwo\n',
    ndjson: '{"a":"1","b":"x, \\"y\\""}\n{"a":"é","b":"two"}\n',
    json: '[\n{"a":"1","b":"x, \\"y\\""},\n{"a":"é","b":"two"}\n]\n',
  }

  it.each(PAIRS)('converts an ordinary table from %s to %s to the same values', async (from, to) => {
    const target = await convertText({ bytes: PLAIN[from], from, to, options })
    const back = await convertText({ bytes: target, from: to, to: 'ndjson' })
    expect(back).toBe(PLAIN.ndjson)
  })

  it('is refused without --lossy', () => {
    expect(() => planOf('csv', { engine: 'stream' })).toThrow('--engine stream loses values')
  })

  it.each<[title: string, from: FormatName, bytes: string, outcome: string]>([
    ['an unclosed quote', 'csv', 'a,b\n"1,2\n', 'UNTERMINATED_QUOTE'],
    ['text behind a closing quote', 'csv', 'a,b\n"1"x,2\n', 'TEXT_AFTER_CLOSING_QUOTE'],
    ['a repeated column', 'csv', 'a,a\n1,2\n', 'DUPLICATE_COLUMN'],
    ['a broken array', 'json', '[{"a":1},]', 'JSON_SYNTAX'],
    ['a ragged record', 'csv', 'a,b\n1\n1,2\n', '{"a":"1","b":"2"}\n 2 1'],
    ['a number for a record', 'json', '[1,{"a":1}]', '{"a":1}\n 2 1'],
    ['null for a record', 'json', '[null,{"a":1}]', '{"a":1}\n 2 1'],
    ['null for a line', 'ndjson', 'null\n{"a":1}\n', 'NOT_AN_OBJECT'],
    ['an array for a line', 'ndjson', '[1]\n{"a":1}\n', '{"a":1}\n 2 1'],
  ])('meets %s as a reject or a failure by code', async (_, from, bytes, outcome) => {
    const { target, result, code } = await convertBytes({ bytes, from, to: 'ndjson', options })
    const counts = result.isConverted ? `${result.records.read} ${result.records.rejected}` : ''
    expect(code ?? `${target!.toString()} ${counts}`).toBe(outcome)
  })

  it('reads the encoding that the plan names', async () => {
    const bytes = Buffer.from('\ufeffa,b\né,😀\n', 'utf16le')
    const target = await convertText({
      bytes,
      from: 'csv',
      to: 'ndjson',
      options: { ...options, encoding: 'utf-16le' },
    })
    expect(target).toBe('{"a":"é","b":"😀"}\n')
  })

  it('fails where the source changes while it is read, and where it stops', async () => {
    const bytes = `a\n${'1\n'.repeat(100_000)}`
    let asked = 0
    const changing: Conversion = {
      bytes,
      from: 'csv',
      to: 'ndjson',
      options,
      beforeChunk: (path) => {
        if (++asked === 3) appendFileSync(path, '2\n')
      },
    }
    expect((await convertBytes(changing)).code).toBe('SOURCE_CHANGED')
    const stopping = { bytes, from: 'csv', to: 'ndjson', options, shouldStop: () => true } as const
    expect((await convertBytes(stopping)).code).toBe('STOPPED')
  })
})

const bad = (count: number, good: number): string => `${'1\n'.repeat(count)}${'{}\n'.repeat(good)}`
const rejectLines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `|NOT_AN_OBJECT ${index + 1}:${index + 1}`).join('')

describe('limits', () => {
  it.each(PAIRS)('--max-record-size may be as large as it can be: %s to %s', async (from, to) => {
    const options = { maxRecordSize: 2 ** 28 - 1 }
    expect(await convertText({ bytes: SOURCES[from], from, to, options })).toBe(
      await convertText({ bytes: SOURCES[from], from, to }),
    )
  })

  const ragged = 'a,b\n1\n1,2,3\n1,2\n'

  it.each<[title: string, from: FormatName, bytes: string, options: Partial<MigrateOptions>, expected: string]>([
    ['short and long records are rejected', 'csv', ragged, {}, '{"a":"1","b":"2"}\n|FIELD_COUNT 1:2|FIELD_COUNT 2:3'],
    [
      'short records are padded',
      'csv',
      ragged,
      { ragged: 'pad' },
      '{"a":"1","b":""}\n{"a":"1","b":"2"}\n|FIELD_COUNT 2:3',
    ],
    [
      'long records are cut',
      'csv',
      ragged,
      { ragged: 'truncate' },
      '{"a":"1","b":"2"}\n{"a":"1","b":"2"}\n|FIELD_COUNT 1:2',
    ],
    [
      'as many rejects as allowed are kept',
      'csv',
      ragged,
      { maxRejects: 2 },
      '{"a":"1","b":"2"}\n|FIELD_COUNT 1:2|FIELD_COUNT 2:3',
    ],
    ['one more fails the file', 'csv', ragged, { maxRejects: 1 }, 'TOO_MANY_REJECTS'],
    ['also where worse comes behind', 'csv', 'a,b\n1\n2\n3,4\n"5,6\n', { maxRejects: 1 }, 'TOO_MANY_REJECTS'],
    ['but not where it came before', 'csv', 'a,b\n1\n2\n3,4\n"5,6\n', { maxRejects: 2 }, 'UNTERMINATED_QUOTE'],
    ['a share is judged at the end', 'csv', ragged, { maxRejects: '66%' }, 'TOO_MANY_REJECTS'],
    [
      'a share that is kept',
      'csv',
      ragged,
      { maxRejects: '67%' },
      '{"a":"1","b":"2"}\n|FIELD_COUNT 1:2|FIELD_COUNT 2:3',
    ],
    [
      'half of 1,000 records may be bad',
      'ndjson',
      bad(500, 500),
      { nested: 'json' },
      '{}\n'.repeat(500) + rejectLines(500),
    ],
    ['more than half of 1,000 may not', 'ndjson', bad(501, 499), {}, 'TOO_MANY_REJECTS'],
    ['999 records are too few to judge', 'ndjson', bad(999, 0), {}, rejectLines(999)],
  ])('%s', async (_, from, bytes, options, expected) => {
    expect(await convertAtAllSizes({ bytes, from, to: 'ndjson', options })).toBe(expected)
  })

  const RECORDS: readonly (readonly [from: FormatName, bytes: string, lengths: readonly number[]])[] = [
    ['csv', 'a\n1\n333\n55555\r\n"7777""\n"\n999999999\n1', [1, 3, 5, 9, 9, 1]],
    ['ndjson', '{}\n{"":1}\n\n{"a":11}\r\n[]\n{"a":1111}', [2, 6, 8, 2, 10]],
    ['json', '[{},{"":1},{"a":11} ,[],{"a":1111}]', [2, 6, 8, 2, 10]],
    ['json', '{}{"":1}\n{"a":11} []\r\n{"a":1111}', [2, 6, 8, 2, 10]],
  ]
  const sizes = RECORDS.flatMap((source) => Array.from({ length: 12 }, (_, index) => [index + 1, ...source] as const))

  it.each(sizes)('of %i bytes a record reject just what is longer: %s %j', async (size, from, bytes, lengths) => {
    const outcome = await convertAtAllSizes({ bytes, from, to: 'ndjson', options: { maxRecordSize: size } })
    const tooLarge = outcome.split('|').filter((part) => part.startsWith('RECORD_TOO_LARGE'))
    expect(tooLarge).toHaveLength(lengths.filter((length) => length > size).length)
  })

  it('do not count what only looks wrong as long as columns are missing', async () => {
    // In chunks of one byte the first pass sees `{}` before any column, and an empty name before the second one.
    const first: Conversion = { bytes: '1\n{}\n{"a":1}\n', from: 'ndjson', to: 'csv', options: { maxRejects: 1 } }
    expect(await convertAtAllSizes(first)).toBe('a\n""\n1\n|NOT_AN_OBJECT 1:1')
    const second: Conversion = { bytes: '{"":1}\n{"b":2}\n', from: 'ndjson', to: 'csv', options: { outQuote: 'none' } }
    expect(await convertAtAllSizes(second)).toBe(',b\n1,\n,2\n')
  })

  it('find the end of a record that is too large behind escapes of any kind', async () => {
    const options = { escape: '\\', maxRecordSize: 6 }
    const bytes = 'a\n1\n"xxxxxxx\\\\"\n2\n"xxxxxxx\\"\n"\n3\n'
    const expected = '{"a":"1"}\n{"a":"2"}\n{"a":"3"}\n|RECORD_TOO_LARGE 2:3|RECORD_TOO_LARGE 4:5'
    expect(await convertAtAllSizes({ bytes, from: 'csv', to: 'ndjson', options })).toBe(expected)
  })

  it('let a header alone and a file of nothing through', async () => {
    const cases: [FormatName, string, FormatName, string][] = [
      ['csv', 'a,b\n', 'csv', 'a,b\n'],
      ['csv', 'a,b', 'ndjson', ''],
      ['csv', '', 'csv', ''],
      ['tsv', '\ufeff', 'json', '[]\n'],
      ['ndjson', '\n\n', 'csv', ''],
      ['json', ' [ ] ', 'ndjson', ''],
    ]
    for (const [from, bytes, to, expected] of cases) expect(await convertAtAllSizes({ bytes, from, to })).toBe(expected)
  })

  it('take 100,000 columns', async () => {
    const names = Array.from({ length: 100_000 }, (_, column) => `c${column}`).join()
    const options = { maxRecordSize: '1MiB', chunkSize: 65_536 }
    const bytes = `${names}\n${names}\n`
    const ndjson = await convertText({ bytes, from: 'csv', to: 'ndjson', options: { maxRecordSize: '4MiB' } })
    expect(Object.keys(JSON.parse(ndjson) as object)).toHaveLength(100_000)
    expect(await convertText({ bytes: ndjson, from: 'ndjson', to: 'csv', options: { maxRecordSize: '4MiB' } })).toBe(
      bytes,
    )
    expect(await convertText({ bytes, from: 'csv', to: 'csv', options })).toBe(bytes)
  })
})

describe('--select and --drop', () => {
  const select = { select: 'x=b,a' }
  it.each<[from: FormatName, to: FormatName, options: Partial<MigrateOptions>, expected: string]>([
    ['csv', 'ndjson', select, '{"x":"2","a":"1"}\n{"x":"5","a":"4"}\n'],
    ['tsv', 'csv', select, 'x,a\n2,1\n5,4\n'],
    ['ndjson', 'tsv', select, 'x\ta\n2\t1\n5\t4\n'],
    ['json', 'json', select, '[\n{"x":"2","a":"1"},\n{"x":"5","a":"4"}\n]\n'],
    ['csv', 'csv', { drop: 'b' }, 'a,c\n1,3\n4,6\n'],
    ['tsv', 'ndjson', { drop: ['a', 'c'] }, '{"b":"2"}\n{"b":"5"}\n'],
    ['ndjson', 'csv', { drop: 'b,nothing' }, 'a,c\n1,3\n4,6\n'],
    ['json', 'tsv', { drop: 'a' }, 'b\tc\n2\t3\n5\t6\n'],
    ['csv', 'ndjson', { select: 'a,z' }, 'UNKNOWN_COLUMN'],
    ['tsv', 'tsv', { select: 'z=A' }, 'UNKNOWN_COLUMN'],
    ['ndjson', 'csv', { select: 'a,z' }, 'a,z\n1,\n4,\n'],
    ['json', 'ndjson', { select: 'z,a' }, '{"a":"1"}\n{"a":"4"}\n'],
    ['csv', 'ndjson', { drop: 'a,b,c' }, '{}\n{}\n'],
    ['csv', 'csv', { drop: 'a,b,c' }, '|UNREPRESENTABLE 1:2|UNREPRESENTABLE 2:3'],
  ])('from %s to %s with %j', async (from, to, options, expected) => {
    const bytes = await convertText({ bytes: 'a,b,c\n1,2,3\n4,5,6\n', from: 'csv', to: from })
    expect(await convertAtAllSizes({ bytes, from, to, options })).toBe(expected)
  })

  it('copies a column as often as it is selected, however long its values are', async () => {
    const value = 'x'.repeat(30_000)
    const names = Array.from({ length: 60 }, (_, column) => `c${column}`)
    const options = { select: names.map((name) => `${name}=a`).join() }
    const bytes = `a\n${`${value}\n`.repeat(3)}`
    for (const to of ['csv', 'ndjson'] as const) {
      const target = await convertText({ bytes, from: 'csv', to, options })
      const back = await convertText({ bytes: target, from: to, to: 'tsv', options: { maxRecordSize: '2MiB' } })
      expect(back).toBe(
        [names, ...[1, 2, 3].map(() => names.map(() => value))].map((row) => `${row.join('\t')}\n`).join(''),
      )
    }
  })
})

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')
const latin = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from('a\n'), Buffer.from(bytes), Buffer.from('\n')])

describe('encodings', () => {
  it.each<[title: string, bytes: Uint8Array | string, encoding: string, expected: string]>([
    ['UTF-16 without a mark', utf16('a\né😀€\n'), 'utf-16le', '{"a":"é😀€"}\n'],
    ['UTF-16 with its mark', utf16('\ufeffa\né😀\n'), 'utf-16le', '{"a":"é😀"}\n'],
    ['UTF-16 of the other order', utf16('\ufeffa\né😀\n').swap16(), 'utf-16be', '{"a":"é😀"}\n'],
    ['UTF-16 by its short name', utf16('a\né\n'), 'UTF-16', '{"a":"é"}\n'],
    ['UTF-16 that ends in the middle of a character', utf16('a\né\n').subarray(0, -1), 'utf-16le', 'INVALID_ENCODING'],
    ['half a surrogate pair', utf16('a\n\ud83d\n'), 'utf-16le', 'INVALID_ENCODING'],
    ['UTF-16 whose mark is of the other order', utf16('\ufeffa\né\n').swap16(), 'utf-16le', 'UNSUPPORTED_ENCODING'],
    ['UTF-16 where UTF-8 is expected', utf16('\ufeffa\né\n'), 'utf-8', 'UNSUPPORTED_ENCODING'],
    ['windows-1252', latin(0x80, 0xe9, 0x99, 0xff), 'windows-1252', '{"a":"€é™ÿ"}\n'],
    ['windows-1252 by an older name', latin(0x80, 0xe9), 'latin1', '{"a":"€é"}\n'],
    ['iso-8859-15', latin(0xa4), 'iso-8859-15', '{"a":"€"}\n'],
    ['shift_jis', latin(0x93, 0xfa, 0x96, 0x7b), 'shift_jis', '{"a":"日本"}\n'],
    ['gb18030', latin(0x94, 0x39, 0xda, 0x33), 'gb18030', '{"a":"💩"}\n'],
    ['bytes that are none of the encoding', latin(0xff), 'gb18030', 'INVALID_ENCODING'],
    ['UTF-8 by name', '\ufeffa\né\n', 'UTF8', '{"a":"é"}\n'],
    ['bytes that are not UTF-8', latin(0xe9), 'utf-8', '|INVALID_UTF8 1:2'],
  ])('%s', async (_, bytes, encoding, expected) => {
    expect(await convertAtAllSizes({ bytes, from: 'csv', to: 'ndjson', options: { encoding } })).toBe(expected)
  })
})

describe('a source that changes while it is read', () => {
  const bytes = `a\n${'12345\n'.repeat(1000)}`

  it.each<[title: string, change: (path: string) => void, code: string]>([
    ['grows', (path) => appendFileSync(path, '1\n'), 'SOURCE_CHANGED'],
    ['is cut', (path) => truncateSync(path, 4200), 'SOURCE_SHORT'],
    ['is emptied', (path) => truncateSync(path, 0), 'SOURCE_SHORT'],
    ['is touched', (path) => utimesSync(path, 1, 1), 'SOURCE_CHANGED'],
    ['is written again', (path) => writeFileSync(path, bytes), 'SOURCE_CHANGED'],
  ])('fails where it %s', async (_, change, code) => {
    for (const from of ['csv', 'bytes'] as const) {
      let chunk = 0
      const beforeChunk = (path: string): void => {
        if (++chunk === 2) change(path)
      }
      const converted = await convertBytes({ bytes, from, to: 'ndjson', beforeChunk, options: { chunkSize: 1024 } })
      expect(converted.code).toBe(code)
    }
  })

  it.each<[title: string, change: (path: string) => void]>([
    ['grows', (path) => appendFileSync(path, '1\n')],
    ['is cut', (path) => truncateSync(path, 4200)],
    ['is emptied', (path) => truncateSync(path, 0)],
    ['is touched', (path) => utimesSync(path, 1, 1)],
  ])('fails where it %s before it is read at once', async (_, beforeChunk) => {
    for (const from of ['csv', 'bytes'] as const) {
      const converted = await convertBytes({ bytes, from, to: 'ndjson', beforeChunk, options: { chunkSize: 65_536 } })
      expect(converted.code).toBe('SOURCE_CHANGED')
    }
  })

  it('and every other failure leave no descriptor open', async () => {
    const failures: Partial<Conversion>[] = [
      { shouldStop: () => true },
      { bytes: 'a,a\n' },
      { bytes: 'a\n"' },
      { options: { select: 'z' } },
      { options: { encoding: 'utf-16le' }, bytes: 'abc' },
      { from: 'bytes', shouldStop: () => true },
      { from: 'json' },
      { bytes: 'a\n"', options: { engine: 'stream', lossy: true } },
      { shouldStop: () => true, options: { engine: 'stream', lossy: true } },
    ]
    for (const failure of failures) {
      expect((await convertBytes({ bytes, from: 'csv', to: 'csv', ...failure })).target).toBeNull()
    }
    // Streams close their files a little later.
    await expect.poll(() => openSources()).toEqual([])
  })
})

/** The source and staged files that this process holds open. */
function openSources(): string[] {
  return readdirSync('/proc/self/fd')
    .map(linkOf)
    .filter((path) => path.includes('drover-convert-'))
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return 'closed meanwhile'
  }
}

it('refuses options that make no plan with one clear error', () => {
  expect(() => planOf('csv', { delim: '"' })).toThrow(MigrationError)
})

describe('a file that fails says why', () => {
  it('names the first of too many rejects', async () => {
    const { result } = await convertBytes({ bytes: `a,b\n${'x;y\n'.repeat(1000)}`, from: 'csv', to: 'ndjson' })
    expect(result).toMatchObject({ isConverted: false, error: { code: 'TOO_MANY_REJECTS' } })
    expect(!result.isConverted && result.error.message).toContain('the first is record 1 in line 2: FIELD_COUNT')
  })
})
