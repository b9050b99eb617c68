// The work that bench:peers measures, in groups that can be run alone (`--only`). A group makes its data, checks that the peer's
// target holds the same values, runs its contenders interleaved, and returns
//
//     summaries    what each contender took
//     values       for keys of TARGETS: [1 thread, 2 threads], undefined where it has none
//     comparisons  of targets' values: { title, recordCount, difference }, one of the last two being null
//     notes        what a reader must know about them
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { arithmetic, bareNode, copy, drover, duckdb, program, runInterleaved } from './contenders.mjs'
import { generateFolder, generateSmallFiles, generateText } from './generate-data.mjs'
import { measureProcess } from './measure-process.mjs'

const COMPARE = new URL('compare-values.mjs', import.meta.url).pathname
const SMALL_FILE_BYTES = 2000
/** Small files are as many as the data has bytes for, so that `--size 1GB` means 100,000 of them. */
const BYTES_FOR_A_SMALL_FILE = 10_000
/** The stream engine and other slow programs get a twentieth of the data. */
const SLOW_SHARE = 1 / 20
const LEAST_SLOW_BYTES = 4e6
/** A tiny file takes a moment, so that there is time for more runs. */
const LEAST_TINY_RUNS = 11

/** Each is called with { sizeBytes, fileCount, runs, scratch, say }. */
export const GROUPS = {
  'csv-to-ndjson': csvToNdjson,
  typed,
  'ndjson-to-csv': ndjsonToCsv,
  'csv-to-csv': csvToCsv,
  'text-shape': (bench) => otherShape(bench, 'text', 'csvToNdjsonText'),
  'numeric-shape': (bench) => otherShape(bench, 'numeric', 'csvToNdjsonNumeric'),
  'small-files': smallFiles,
  'tiny-file': tinyFile,
  'other-peers': otherPeers,
}

async function csvToNdjson(bench) {
  const { scratch, sizeBytes, fileCount } = bench
  const work = await prepareConversion(bench, { shape: 'orders', from: 'csv', to: 'ndjson' })
  const large = join(scratch, 'one-file')
  const largeBytes = await generateFolder({ folder: large, shape: 'orders', format: 'csv', sizeBytes })
  const share = join(scratch, 'share')
  const shareBytes = await generateFolder({
    folder: share,
    shape: 'orders',
    format: 'csv',
    sizeBytes: slowBytes(bench),
  })
  const target = join(scratch, 'target')
  const split = drover({ source: large, bytes: largeBytes, target, to: 'ndjson', threads: 2 })
  const stream = drover({ source: share, bytes: shareBytes, target, to: 'ndjson', threads: 1, engine: 'stream' })
  const summaries = await runInterleaved(
    [
      ...work.contenders,
      copy({ name: 'cp -r of the target', source: work.kept, bytes: work.bytes, target }),
      { ...split, name: `${split.name}, one large file` },
      stream,
      arithmetic(1),
      arithmetic(2),
    ],
    bench.runs,
    bench.say,
  )
  const [one, , two, , copied, splitTwo, streamed, loopOne, loopTwo] = summaries
  const gain = one.wallSeconds / two.wallSeconds
  const possible = (2 * loopOne.wallSeconds) / loopTwo.wallSeconds
  return {
    summaries,
    values: {
      csvToNdjson: againstDuckdb(summaries),
      stream: [one, two].map((mine) => perByte(streamed) / perByte(mine)),
      copy: [one, two].map((mine) => mine.wallSeconds / copied.wallSeconds),
      split: [undefined, perByte(two) / perByte(splitTwo)],
      scaling: [undefined, gain / possible],
    },
    comparisons: [work.comparison],
    notes: [
      `the stream engine converts ${megabytes(shareBytes)} of the same data and is scaled per byte`,
      `a second thread: ${gain.toFixed(2)} x; the arithmetic loop: ${possible.toFixed(2)} x`,
      `all but the large file: ${fileCount} files`,
    ],
  }
}

async function typed(bench) {
  const work = await prepareConversion(bench, { shape: 'orders', from: 'csv', to: 'ndjson', isTyped: true })
  const judged = await judgeConversion(bench, work, 'typed')
  return { ...judged, notes: ['typed: four of the twelve columns of orders are numbers, by a mapping'] }
}

async function ndjsonToCsv(bench) {
  const work = await prepareConversion(bench, { shape: 'orders', from: 'ndjson', to: 'csv' })
  return judgeConversion(bench, work, 'ndjsonToCsv')
}

async function csvToCsv(bench) {
  const work = await prepareConversion(bench, { shape: 'orders', from: 'csv', to: 'csv', isProjected: true })
  return judgeConversion(bench, work, 'csvToCsv')
}

async function otherShape(bench, shape, key) {
  const work = await prepareConversion(bench, { shape, from: 'csv', to: 'ndjson' })
  return judgeConversion(bench, work, key)
}

async function judgeConversion(bench, work, key) {
  const summaries = await runInterleaved(work.contenders, bench.runs, bench.say)
  return { summaries, values: { [key]: againstDuckdb(summaries) }, comparisons: [work.comparison], notes: [] }
}

/** Makes the data, converts it once with each tool (which warms them up), and compares the values. Drover's target is kept. */
async function prepareConversion({ scratch, sizeBytes, fileCount, say }, { shape, from, to, ...columns }) {
  say(`making ${megabytes(sizeBytes)} of ${shape} as ${from}`)
  const source = join(scratch, 'source')
  const bytes = await generateFolder({ folder: source, shape, format: from, sizeBytes, fileCount })
  const target = join(scratch, 'target')
  const kept = join(scratch, 'kept')
  const peerTarget = join(scratch, `peer.${to}`)

  say('comparing the values')
  await drover({ source, bytes, target: kept, to, threads: 2, ...columns }).measure()
  await duckdb({ source, bytes, target: peerTarget, from, to, threads: 2, ...columns }).measure()
  const comparison = {
    title: `${shape}, ${from} -> ${to}${describeColumns(columns)}`,
    ...(await compareValues(to, kept, peerTarget)),
  }
  rmSync(peerTarget)

  const contenders = [1, 2].flatMap((threads) => [
    drover({ source, bytes, target, to, threads, ...columns }),
    duckdb({ source, bytes, target: peerTarget, from, to, threads, ...columns }),
  ])
  return { kept, bytes, contenders, comparison }
}

function describeColumns({ isProjected = false, isTyped = false }) {
  if (isTyped) return ' with types'
  return isProjected ? ' with columns dropped and renamed' : ''
}

async function compareValues(format, mine, theirs) {
  try {
    const { stdout } = await measureProcess(process.execPath, [COMPARE, format, mine, theirs])
    return { recordCount: Number(stdout), difference: null }
  } catch (error) {
    return { recordCount: null, difference: error.message }
  }
}

/** The first four summaries are Drover and DuckDB on one thread, then both on two. */
function againstDuckdb([one, peerOne, two, peerTwo]) {
  return [peerOne.wallSeconds / one.wallSeconds, peerTwo.wallSeconds / two.wallSeconds]
}

async function smallFiles({ scratch, sizeBytes, runs, say }) {
  const source = join(scratch, 'source')
  const fileCount = Math.max(100, Math.round(sizeBytes / BYTES_FOR_A_SMALL_FILE))
  say(`making ${fileCount} small files`)
  const bytes = await generateSmallFiles({ folder: source, fileCount, fileBytes: SMALL_FILE_BYTES })
  const work = { source, bytes, target: join(scratch, 'target') }
  const summaries = await runInterleaved(
    [
      drover({ ...work, to: 'ndjson', threads: 1 }),
      drover({ ...work, to: 'ndjson', threads: 2 }),
      copy(work),
      drover({ ...work, to: 'ndjson', threads: 1, isDurable: true }),
      drover({ ...work, to: 'ndjson', threads: 2, isDurable: true }),
      copy({ ...work, isDurable: true }),
    ],
    runs,
    say,
  )
  const [one, two, copied, durableOne, durableTwo, copiedDurably] = summaries
  return {
    summaries,
    values: {
      smallFiles: [one, two].map((mine) => mine.wallSeconds / copied.wallSeconds),
      smallFilesDurable: [durableOne, durableTwo].map((mine) => mine.wallSeconds / copiedDurably.wallSeconds),
    },
    comparisons: [],
    notes: [`${fileCount} small files of 2 KB, ${megabytes(bytes)} in all`],
  }
}

async function tinyFile({ scratch, runs, say }) {
  const source = join(scratch, 'tiny')
  mkdirSync(source)
  const text = generateText('orders', 'csv', 500)
  writeFileSync(join(source, 'orders.csv'), text)
  const tiny = drover({ source, bytes: text.length, target: join(scratch, 'target'), to: 'ndjson', threads: 1 })
  const contenders = [{ ...tiny, name: `${tiny.name}, a tiny file` }, bareNode()]
  const summaries = await runInterleaved(contenders, Math.max(runs, LEAST_TINY_RUNS), say)
  const [mine, bare] = summaries
  return { summaries, values: { tinyFile: [mine.wallSeconds / bare.wallSeconds] }, comparisons: [], notes: [] }
}

/** Tools that are measured where they are installed, beside Drover on the same small share, and that no target speaks of. */
async function otherPeers(bench) {
  const { scratch, runs, say } = bench
  const sizeBytes = slowBytes(bench)
  const csv = join(scratch, 'csv')
  const ndjson = join(scratch, 'ndjson')
  const csvBytes = await generateFolder({ folder: csv, shape: 'orders', format: 'csv', sizeBytes })
  const ndjsonBytes = await generateFolder({ folder: ndjson, shape: 'orders', format: 'ndjson', sizeBytes })
  const target = join(scratch, 'target')
  const fromCsv = { source: csv, bytes: csvBytes, target }
  const fromNdjson = { source: ndjson, bytes: ndjsonBytes, target }
  const csvFile = join(csv, 'orders-00.csv')
  const contenders = [drover({ ...fromCsv, to: 'ndjson', threads: 1 })]
  if (isInstalled('mlr', ['--version'])) {
    const args = ['-S', '--icsv', '--ojsonl', 'cat', csvFile]
    contenders.push(program({ ...fromCsv, name: 'Miller, csv -> ndjson', command: 'mlr', args, isTargetStdout: true }))
  }
  if (isInstalled('jq', ['--version'])) {
    const args = ['-r', '[.[]] | @csv', join(ndjson, 'orders-00.ndjson')]
    contenders.push(program({ ...fromNdjson, name: 'jq, ndjson -> csv', command: 'jq', args, isTargetStdout: true }))
  }
  if (isInstalled('python3', ['-c', 'import polars'])) {
    const code = 'import sys, polars; polars.scan_csv(sys.argv[1], infer_schema=False).sink_ndjson(sys.argv[2])'
    const args = ['-c', code, csvFile, target]
    const env = { POLARS_MAX_THREADS: '1' }
    contenders.push(program({ ...fromCsv, name: 'Polars, csv -> ndjson, 1 thread', command: 'python3', args, env }))
  }
  const notes = [
    `Miller, jq and Polars run where they are installed, on ${megabytes(sizeBytes)}; their values are not compared`,
  ]
  return { summaries: await runInterleaved(contenders, runs, say), values: {}, comparisons: [], notes }
}

function isInstalled(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function slowBytes({ sizeBytes }) {
  return Math.min(sizeBytes, Math.max(LEAST_SLOW_BYTES, sizeBytes * SLOW_SHARE))
}

function perByte({ wallSeconds, bytes }) {
  return wallSeconds / bytes
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`
}
