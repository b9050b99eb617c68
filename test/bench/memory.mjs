// npm run test:memory: the most memory that the command line takes, for large files, wide tables and huge records. Linux only.
//
//   node test/bench/memory.mjs [--size 400MB] [--dir FOLDER] [--only TEXT]
//
// Each row is a process of its own, with a limit: 100 MB + 30 MB a thread, and where records larger than usual are asked for, what these
// must take besides. The sources are made of one generated block, again and again. Ends with 1 where a row is over its limit.
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { OptionsSchema } from '../../dist/src/options/options.js'
import { generateText } from './generate-data.mjs'
import { renderTable } from './render-results.mjs'
import { withScratchFolder } from './scratch-folder.mjs'

const PROGRAM = join(import.meta.dirname, '../../dist/bin/migrate.js')
const REPORTER = pathToFileURL(join(import.meta.dirname, 'report-peak.mjs')).href
const MB = 1e6
const BLOCK_BYTES = 100 * MB
const WRITE_BYTES = 4 * MB
const DONE = 0
const WITH_REJECTS = 12

const { values: flags } = parseArgs({
  options: {
    size: { type: 'string', default: '400MB' },
    dir: { type: 'string', default: tmpdir() },
    only: { type: 'string', default: '' },
  },
})
const { minSize: sizeBytes } = OptionsSchema.parse({ in: '.', out: '.', minSize: flags.size })
const limitMb = (threads) => 100 + 30 * threads

const cases = [
  ...[1, 2, 8].map((threads) => ({ title: `one csv file of ${flags.size}`, threads, make: makeTable(sizeBytes, 1) })),
  ...[2, 8].map((threads) => ({
    title: `eight csv files of ${flags.size} together`,
    threads,
    make: makeTable(sizeBytes / 8, 8),
  })),
  { title: 'a csv table with 100,000 columns', make: makeWideTable },
  ...['csv', 'ndjson'].flatMap((format) => [
    { title: `a ${format} record of 200 MB`, make: makeLongRecord(format, 200 * MB), exit: WITH_REJECTS },
    {
      title: `a ${format} record of 200 MB, --max-record-size 220MB`,
      args: ['--max-record-size', '220MB'],
      make: makeLongRecord(format, 200 * MB),
      // The record lies whole in the memory, which must have been asked for.
      extraMb: 220,
    },
    { title: `a ${format} line of 2 GB`, make: makeLongRecord(format, 2000 * MB), exit: WITH_REJECTS },
  ]),
].filter(({ title }) => title.includes(flags.only))

const rows = []
await withScratchFolder(flags.dir, async (folder) => {
  for (const each of cases) rows.push(measure(folder, each))
})
console.log(renderTable(['source', 'threads', 'peak', 'limit', 'time', 'verdict'], rows))
if (rows.some((row) => row.at(-1) !== 'pass')) process.exitCode = 1

function measure(folder, { title, threads = 1, args = [], make, exit = DONE, extraMb = 0 }) {
  const [source, out, peakFile] = ['in', 'out', 'peak'].map((name) => join(folder, name))
  for (const path of [source, out]) rmSync(path, { recursive: true, force: true })
  mkdirSync(source)
  const to = make(source)
  const startMs = performance.now()
  const flags = ['--in', source, '--out', out, '--to', to, '--threads', String(threads), '--no-fsync', ...args]
  const { status, stderr } = spawnSync(process.execPath, ['--import', REPORTER, PROGRAM, ...flags], {
    env: { ...process.env, DROVER_PEAK_FILE: peakFile },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const seconds = (performance.now() - startMs) / 1000
  if (status !== exit) throw new Error(`${title}: exit ${status} instead of ${exit}\n${stderr.toString()}`)
  if (exit === WITH_REJECTS) checkTooLarge(out, source)
  const peakMb = (Number(readFileSync(peakFile, 'utf8')) * 1024) / MB
  const limit = limitMb(threads) + extraMb
  const verdict = peakMb <= limit ? 'pass' : 'SHORT'
  return [title, String(threads), `${peakMb.toFixed(0)} MB`, `${limit} MB`, `${seconds.toFixed(1)} s`, verdict]
}

/** One reject, with its place and without its bytes. */
function checkTooLarge(out, source) {
  const name = ['data.csv', 'data.ndjson'].find((name) => existsSync(join(source, name)))
  const lines = readFileSync(join(out, '.migrate/rejects', `${name}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n')
  const { code, byteStart, byteEnd, raw, rawBase64 } = JSON.parse(lines[0])
  const isRight = lines.length === 1 && code === 'RECORD_TOO_LARGE' && byteEnd - byteStart > 100 * MB
  if (!isRight || raw !== undefined || rawBase64 !== undefined)
    throw new Error(`not the reject it should be: ${lines[0]}`)
}

/** A table of `bytes` (about), `copies` times under other names. */
function makeTable(bytes, copies) {
  return (folder) => {
    const [header, rest] = splitHeader(Buffer.from(generateText('orders', 'csv', Math.min(bytes, BLOCK_BYTES))))
    const path = join(folder, 'data-0.csv')
    writeParts(path, [header], repeated(rest, Math.max(1, Math.round(bytes / rest.length))))
    for (let copy = 1; copy < copies; copy++) linkSync(path, join(folder, `data-${copy}.csv`))
    return 'ndjson'
  }
}

function splitHeader(bytes) {
  const end = bytes.indexOf('\n') + 1
  return [bytes.subarray(0, end), bytes.subarray(end)]
}

function makeWideTable(folder) {
  const header = wideLine((column) => `column ${column}`)
  const row = wideLine((column) => String(column % 7))
  writeParts(join(folder, 'data.csv'), [header], repeated(row, 50))
  return 'ndjson'
}

function wideLine(cell) {
  return Buffer.from(`${Array.from({ length: 100_000 }, (_, column) => cell(column)).join(',')}\n`)
}

/** Two short records and a long one between them. */
function makeLongRecord(format, bytes) {
  const [before, after] =
    format === 'csv' ? ['a,b\n1,2\n3,"', '"\n5,6\n'] : ['{"a":"1","b":"2"}\n{"a":"3","b":"', '"}\n{"a":"5","b":"6"}\n']
  return (folder) => {
    const piece = Buffer.alloc(WRITE_BYTES, 'some words ')
    const times = Math.round(bytes / WRITE_BYTES)
    writeParts(join(folder, `data.${format}`), [Buffer.from(before)], repeated(piece, times), [Buffer.from(after)])
    return format === 'csv' ? 'ndjson' : 'csv'
  }
}

function* repeated(block, times) {
  for (let count = 0; count < times; count++) yield block
}

function writeParts(path, ...parts) {
  const descriptor = openSync(path, 'w')
  for (const part of parts) for (const bytes of part) writeSync(descriptor, bytes)
  closeSync(descriptor)
}
