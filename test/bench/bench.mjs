// npm run bench: the reference engine against the stream engine, and what a second thread brings, beside what it brings to a
// loop of pure arithmetic in the same run (so that a shared or throttled machine is not held against the program).
//
//   node test/bench/bench.mjs [--files 8] [--size-mb 100] [--runs 3] [--scratch DIR]
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { arithmetic, drover, runInterleaved } from './contenders.mjs'
import { generateFolder } from './generate-data.mjs'
import { withScratchFolder } from './scratch-folder.mjs'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '8' },
    'size-mb': { type: 'string', default: '100' },
    runs: { type: 'string', default: '3' },
    scratch: { type: 'string', default: tmpdir() },
  },
})
const fileCount = Number(values.files)
const sizeBytes = fileCount * Number(values['size-mb']) * 1e6
const runs = Number(values.runs)

await withScratchFolder(values.scratch, async (scratch) => {
  const source = join(scratch, 'source')
  const bytes = await generateFolder({ folder: source, shape: 'orders', format: 'csv', sizeBytes, fileCount })
  const work = { source, bytes, target: join(scratch, 'target'), to: 'ndjson' }

  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`)
  console.log(
    `${fileCount} files, ${(bytes / 1e6).toFixed(0)} MB of CSV to NDJSON, --no-fsync, scratch ${values.scratch}`,
  )
  console.log(`load before: ${loadavg()[0].toFixed(2)}; median of ${runs} interleaved runs (stream engine: 1 run)\n`)

  const reference = [1, 2].map((threads) => drover({ ...work, threads, engine: 'reference' }))
  await reference[0].measure()
  const [one, two, loopOne, loopTwo] = await runInterleaved(
    [...reference, arithmetic(1), arithmetic(2)],
    runs,
    console.error,
  )
  const [stream] = await runInterleaved([drover({ ...work, threads: 1, engine: 'stream' })], 1, console.error)
  for (const summary of [stream, one, two]) printLine(summary)

  const gain = one.wallSeconds / two.wallSeconds
  const possible = (2 * loopOne.wallSeconds) / loopTwo.wallSeconds
  console.log('')
  judge('reference against stream engine, 1 thread', stream.wallSeconds / one.wallSeconds, 8)
  console.log(`a second thread: ${gain.toFixed(2)} x; pure arithmetic in the same run: ${possible.toFixed(2)} x`)
  judge('share of the arithmetic gain', gain / possible, 0.9)
})

function printLine({ name, bytes, wallSeconds, cpuSeconds }) {
  const figures = [
    `${(bytes / 1e6 / wallSeconds).toFixed(1).padStart(7)} MB/s`,
    `${(wallSeconds / (bytes / 1e9)).toFixed(2).padStart(7)} s/GB`,
    `${wallSeconds.toFixed(2).padStart(7)} s real`,
    `${cpuSeconds?.toFixed(2).padStart(7) ?? '      ?'} s CPU`,
  ]
  console.log(`${name.padEnd(26)} ${figures.join(' ')}`)
}

function judge(name, value, target) {
  console.log(`${value >= target ? 'pass ' : 'SHORT'} ${name}: ${value.toFixed(2)} (target ${target})`)
}
