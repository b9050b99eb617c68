// Memory follows from --max-record-size, whatever a file holds. Each file is converted by a process of its own, which says at
// its end how much memory it had at most.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'

const LIBRARY = pathToFileURL(join(import.meta.dirname, '../../dist/src/index.js')).href
const MIB = 1024 * 1024
const LARGEST_MIB = 250

const PROGRAM = `
const { migrate } = await import(${JSON.stringify(LIBRARY)})
const report = await migrate(JSON.parse(process.argv[1]))
console.log(JSON.stringify({ report, residentKib: process.resourceUsage().maxRSS }))
`

interface Outcome {
  readonly report: {
    readonly files: { readonly failed: number }
    readonly records: unknown
    readonly rejectCodes: Readonly<Record<string, number>>
  }
  readonly residentKib: number
}

function migrateApart(options: Readonly<Record<string, unknown>>): Outcome {
  const settings = { threads: 1, fsync: false, ...options }
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM, JSON.stringify(settings)])
  return JSON.parse(output.toString()) as Outcome
}

/** Writes parts of a file, each a number of times. */
function writeParts(path: string, ...parts: readonly (readonly [text: string, times: number])[]): void {
  const descriptor = openSync(path, 'w')
  for (const [text, times] of parts) {
    const perBlock = Math.max(1, Math.floor(MIB / text.length))
    const block = text.repeat(perBlock)
    let left = times
    for (; left >= perBlock; left -= perBlock) writeSync(descriptor, block)
    writeSync(descriptor, text.repeat(left))
  }
  closeSync(descriptor)
}

it.each([
  ['csv (quoted)', 'a,b\n1,2\n"', '"",', '",x\n3,4\n'],
  ['csv', 'a,b\n1,2\n', 'x,', '\n3,4\n'],
  ['ndjson', '{"a":"1","b":"2"}\n{"a":"', 'xy', '"}\n{"a":"3","b":"4"}\n'],
  ['json', '[{"a":"1","b":"2"},{"a":[', '1,', '1]},{"a":"3","b":"4"}]'],
])('a record of 40 MB in %s is one reject and costs no memory', (title, before, middle, after) => {
  const folder = temporaryFolder()
  const source = join(folder, `in.${title.split(' ', 1)[0]}`)
  writeParts(source, [before, 1], [middle, 20_000_000], [after, 1])
  const out = join(folder, 'out.ndjson')
  const { report, residentKib } = migrateApart({ in: source, out, to: 'ndjson', maxRecordSize: '1MiB' })
  expect(report.rejectCodes).toEqual({ RECORD_TOO_LARGE: 1 })
  expect(readFileSync(out, 'utf8')).toBe('{"a":"1","b":"2"}\n{"a":"3","b":"4"}\n')
  expect(residentKib / 1024).toBeLessThan(LARGEST_MIB)
})

it('millions of rejects behind one long record are written as they come', () => {
  const folder = temporaryFolder()
  const source = join(folder, 'in.ndjson')
  writeParts(source, ['{"a":"', 1], ['x', 15 * MIB], ['"}\n', 1], ['x\n', 1_500_000])
  const { report, residentKib } = migrateApart({
    in: source,
    out: join(folder, 'out.ndjson'),
    maxRejects: '100%',
    to: 'ndjson',
  })
  expect(report.records).toEqual({ read: 1_500_001, written: 1, rejected: 1_500_000, filtered: 0 })
  expect(residentKib / 1024).toBeLessThan(LARGEST_MIB)
})

it('records that all have a key of their own do not take columns times records', () => {
  const folder = temporaryFolder()
  const source = join(folder, 'in.ndjson')
  const count = 8000
  writeParts(source, ...Array.from({ length: count }, (_, index) => [`{"k${index}":1}\n`, 1] as const))
  const { report, residentKib } = migrateApart({ in: source, out: join(folder, 'out.csv'), to: 'csv' })
  expect(report.records).toEqual({ read: count, written: count, rejected: 0, filtered: 0 })
  expect(residentKib / 1024).toBeLessThan(LARGEST_MIB)
})
