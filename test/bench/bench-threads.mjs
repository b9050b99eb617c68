// npm run build && node test/bench/bench-threads.mjs: does --threads auto come within 10 % of the best fixed number?
//
// On a CPU-bound tree (warm, --no-fsync) and on an I/O-bound one (--bwlimit, --latency), each of 20 files or more.
//
//   [--files 24] [--size-mb 2] [--threads 1,2,4,8,16] [--runs 3] [--bwlimit 200M] [--latency 5ms] [--scratch DIR]
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drover, runInterleaved } from './contenders.mjs'
import { generateFolder } from './generate-data.mjs'
import { withScratchFolder } from './scratch-folder.mjs'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '24' },
    'size-mb': { type: 'string', default: '2' },
    threads: { type: 'string', default: '1,2,4,8,16' },
    runs: { type: 'string', default: '3' },
    bwlimit: { type: 'string', default: '200M' },
    latency: { type: 'string', default: '5ms' },
    scratch: { type: 'string', default: tmpdir() },
  },
})
const fileCount = Number(values.files)
const sizeBytes = fileCount * Number(values['size-mb']) * 1e6
const counts = [...values.threads.split(','), 'auto']
const KINDS = [
  { kind: 'CPU-bound', flags: [] },
  {
    kind: `I/O-bound (${values.bwlimit}B/s, ${values.latency})`,
    flags: ['--bwlimit', values.bwlimit, '--latency', values.latency],
  },
]

await withScratchFolder(values.scratch, async (scratch) => {
  const source = join(scratch, 'source')
  const bytes = await generateFolder({ folder: source, shape: 'orders', format: 'csv', sizeBytes, fileCount })
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`)
  console.log(
    `${fileCount} files, ${(bytes / 1e6).toFixed(0)} MB of CSV to NDJSON; load before: ${loadavg()[0].toFixed(2)}`,
  )
  for (const { kind, flags } of KINDS) {
    const contenders = counts.map((threads) => {
      const work = { source, bytes, target: join(scratch, 'target'), to: 'ndjson', threads, flags }
      return { ...drover(work), name: threads }
    })
    const summaries = await runInterleaved(contenders, Number(values.runs), console.error)
    console.log(`\n${kind}`)
    for (const { name, wallSeconds, deviation, cpuSeconds } of summaries) {
      const noise = `+- ${(deviation * 100).toFixed(0)} %`
      const perGb = `${(wallSeconds / (bytes / 1e9)).toFixed(2)} s/GB`
      console.log(
        `${name.padStart(5)}: ${wallSeconds.toFixed(2)} s real ${noise}, ${cpuSeconds?.toFixed(2)} s CPU, ${perGb}`,
      )
    }
    const auto = summaries.at(-1).wallSeconds
    const best = Math.min(...summaries.slice(0, -1).map(({ wallSeconds }) => wallSeconds))
    console.log(
      `${auto <= best * 1.1 ? 'pass ' : 'SHORT'} auto against the best: ${(auto / best).toFixed(2)} (target <= 1.10)`,
    )
  }
})
