// Data that nobody here wrote: every table of the vega-datasets package, there and back, and the files of csv-spectrum.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseString } from 'fast-csv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convertText } from '../support/convert-bytes.ts'

const VEGA = join(import.meta.dirname, '../../node_modules/vega-datasets/data')
const SPECTRUM = join(import.meta.dirname, '../../node_modules/csv-spectrum')
const CLI = join(import.meta.dirname, '../../dist/bin/migrate.js')

const FORMATS = ['csv', 'tsv', 'json'] as const
const files = FORMATS.flatMap((format) => filesOf(format).map((file) => ({ file, format })))

/** The tables among the files; a .json file that is no array is a single object (a map or a graph). */
function filesOf(format: (typeof FORMATS)[number]): string[] {
  const files = readdirSync(VEGA).filter((file) => file.endsWith(`.${format}`))
  return format === 'json'
    ? files.filter((file) => readFileSync(join(VEGA, file), 'utf8').trim().startsWith('['))
    : files
}

const root = mkdtempSync(join(tmpdir(), 'drover-vega-'))
const there = (file: string): string => join(root, 'there', file.replace(/\.\w+$/, '.ndjson'))
const back = (file: string): string => join(root, 'back', file)

beforeAll(() => {
  for (const { file, format } of files) {
    mkdirSync(join(root, 'in', format), { recursive: true })
    copyFileSync(join(VEGA, file), join(root, 'in', format, file))
  }
  for (const format of FORMATS) {
    migrate(join(root, 'in', format), join(root, 'there'), 'ndjson', format)
    mkdirSync(join(root, 'lines', format), { recursive: true })
    for (const { file } of files.filter((each) => each.format === format))
      copyFileSync(there(file), join(root, 'lines', format, file.replace(/\.\w+$/, '.ndjson')))
    migrate(join(root, 'lines', format), join(root, 'back'), format, 'ndjson')
  }
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Runs the command line. An exit code other than 0, which rejected records also give, throws. */
function migrate(source: string, target: string, to: string, from: string): void {
  const flags = ['--in', source, '--out', target, '--to', to, '--from', from, '--threads', '2', '--no-fsync']
  execFileSync(process.execPath, [CLI, ...flags], { stdio: 'pipe' })
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

/** Header and records of delimited text as fast-csv reads them. It drops records of which every field is empty. */
async function readWithFastCsv(text: string, delimiter: string): Promise<string[][]> {
  const rows: string[][] = []
  for await (const row of parseString(text, { delimiter })) rows.push(row as string[])
  return rows
}

function readLines(path: string): Record<string, unknown>[] {
  return readText(path)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('vega-datasets', () => {
  it('has the tables that this test is about', () => {
    expect(files.filter(({ format }) => format === 'csv').length).toBeGreaterThanOrEqual(20)
    expect(files.filter(({ format }) => format === 'json').length).toBeGreaterThanOrEqual(30)
  })

  it.each(files.filter(({ format }) => format !== 'json'))('$file to NDJSON and back', async ({ file, format }) => {
    const delimiter = format === 'csv' ? ',' : '\t'
    const source = readText(join(VEGA, file))
    const [names, ...rows] = await readWithFastCsv(source, delimiter)
    const records = readLines(there(file))
    expect(records.map((record) => Object.keys(record).join('\0'))).toEqual(rows.map(() => names!.join('\0')))
    expect(records.map((record) => Object.values(record))).toEqual(rows)
    expect(await readWithFastCsv(readText(back(file)), delimiter)).toEqual([names, ...rows])
  })

  it.each(files.filter(({ format }) => format === 'json'))('$file to NDJSON and back', ({ file }) => {
    const values = JSON.parse(readText(join(VEGA, file))) as unknown
    expect(readLines(there(file))).toEqual(values)
    expect(JSON.parse(readText(back(file)))).toEqual(values)
  })

  it.each(files.filter(({ format }) => format === 'json'))('keeps the text of every number of $file', ({ file }) => {
    expect(numbersOf(readText(there(file)))).toBe(numbersOf(readText(join(VEGA, file))))
    expect(readText(back(file))).toBe(`[\n${readText(there(file)).trimEnd().replaceAll('\n', ',\n')}\n]\n`)
  })
})

/** All text outside of strings that belongs to numbers, in order. */
function numbersOf(json: string): string {
  return json
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .match(/-?\d[\d.eE+-]*/g)!
    .join(' ')
}

/** What csv-spectrum's own JSON has differently from the CSV beside it: another number, and no array around the record. */
const LOCATION = {
  'Contact Phone Number': '2095257564',
  'Location Coordinates': '37\ufffd36\'37.8"N 121\ufffd2\'17.9"W',
  Cities: 'Modesto',
  Counties: 'Stanislaus',
}

describe('csv-spectrum', () => {
  it.each(readdirSync(join(SPECTRUM, 'csvs')))('%s has the records of its JSON', async (file) => {
    const bytes = readFileSync(join(SPECTRUM, 'csvs', file))
    const json = JSON.parse(readText(join(SPECTRUM, 'json', file.replace('.csv', '.json')))) as unknown
    const expected = file === 'location_coordinates.csv' ? [LOCATION] : json
    for (const chunkSize of [1, 4096]) {
      const target = await convertText({ bytes, from: 'csv', to: 'json', options: { chunkSize } })
      expect(JSON.parse(target)).toEqual(expected)
    }
  })
})
