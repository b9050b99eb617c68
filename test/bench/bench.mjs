// npm run bench: the reference engine against the stream engine, and what a second thread brings, beside what it brings to a
// loop of pure arithmetic in the same run (so that a shared or throttled machine is not held against the program).
//
//   node test/bench/bench.mjs [--files 8] [--size-mb 100] [--runs 3] [--scratch DIR]
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { generateOrders } from './generate-orders.mjs'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '8' },
    'size-mb': { type: 'string', default: '100' },
    runs: { type: 'string', default: '3' },
    scratch: { type: 'string', default: tmpdir() },
  },
})
const fileCount = Number(values.files)
const sizeBytes = Number(values['size-mb']) * 1e6
const runs = Number(values.runs)
const cli = new URL('../../dist/bin/migrate.js', import.meta.url).pathname
const scratch = mkdtempSync(join(values.scratch, 'drover-bench-'))
const source = join(scratch, 'source')

try {
  mkdirSync(source)
  const first = join(source, 'orders-0.csv')
  generateOrders(first, sizeBytes, 1)
  for (let file = 1; file < fileCount; file++) copyFileSync(first, join(source, `orders-${file}.csv`))
  const totalBytes = fileCount * statSync(first).size

  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`)
  console.log(
    `${fileCount} files, ${(totalBytes / 1e6).toFixed(0)} MB of CSV to NDJSON, --no-fsync, scratch ${values.scratch}`,
  )
  console.log(`load before: ${loadavg()[0].toFixed(2)}; median of ${runs} interleaved runs (stream engine: 1 run)\n`)

  const one = []
  const two = []
  const arithmetic = []
  convert('reference', 1)
  for (let run = 0; run < runs; run++) {
    one.push(convert('reference', 1))
    two.push(convert('reference', 2))
    arithmetic.push(await measureArithmeticGain())
  }
  const stream = [convert('stream', 1)]

  const rate = (times) => totalBytes / 1e6 / median(times.map((time) => time.realSeconds))
  const line = (name, times) => {
    const seconds = median(times.map((time) => time.realSeconds))
    const cpu = median(times.map((time) => time.cpuSeconds))
    const perGb = seconds / (totalBytes / 1e9)
    console.log(
      `${name.padEnd(26)} ${rate(times).toFixed(1).padStart(7)} MB/s ${perGb.toFixed(2).padStart(7)} s/GB ` +
        `${seconds.toFixed(2).padStart(7)} s real ${cpu.toFixed(2).padStart(7)} s CPU`,
    )
  }
  line('stream engine, 1 thread', stream)
  line('reference, 1 thread', one)
  line('reference, 2 threads', two)

  const gain = rate(two) / rate(one)
  const possible = median(arithmetic)
  console.log('')
  judge('reference against stream engine, 1 thread', rate(one) / rate(stream), 8)
  console.log(`a second thread: ${gain.toFixed(2)} x; pure arithmetic in the same run: ${possible.toFixed(2)} x`)
  judge('share of the arithmetic gain', gain / possible, 0.9)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** One whole process, from start to exit. */
function convert(engine, threads) {
  const target = join(scratch, 'target')
  const report = join(scratch, 'report.json')
  const flags = [
    '--to',
    'ndjson',
    '--threads',
    String(threads),
    '--engine',
    engine,
    '--no-fsync',
    '--quiet',
    '--report',
    report,
  ]
  if (engine === 'stream') flags.push('--lossy')
  const startMs = performance.now()
  const run = spawnSync(process.execPath, [cli, '--in', source, '--out', target, ...flags], { encoding: 'utf8' })
  const realSeconds = (performance.now() - startMs) / 1000
  if (run.status !== 0) throw new Error(`exit ${run.status}: ${run.stderr}`)
  const { time } = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(target, { recursive: true })
  return { realSeconds, cpuSeconds: (time.userMs + time.systemMs) / 1000 }
}

/** How many times as much arithmetic two threads do as one, in the same time. */
async function measureArithmeticGain() {
  const alone = await runArithmetic(1)
  const together = await runArithmetic(2)
  return (2 * alone) / together
}

async function runArithmetic(threads) {
  const code = `
    const { parentPort } = require('node:worker_threads')
    parentPort.once('message', () => {
      let x = 1
      for (let i = 0; i < 1_500_000_000; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
      parentPort.postMessage(x)
      parentPort.close()
    })`
  const workers = Array.from({ length: threads }, () => new Worker(code, { eval: true }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('online', resolve))))
  const startMs = performance.now()
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise((resolve) => {
          worker.once('message', resolve)
          worker.postMessage('go')
        }),
    ),
  )
  return performance.now() - startMs
}

function judge(name, value, target) {
  console.log(`${value >= target ? 'pass ' : 'SHORT'} ${name}: ${value.toFixed(2)} (target ${target})`)
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
