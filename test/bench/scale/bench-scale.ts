// npm run bench:scale: how shards fare from 1 to 1,000 nodes, by simulation with the real packing over heavy-tailed sizes.
//
//   npm run bench:scale -- [--full] [--seed 7]
//
// Prints two tables of Markdown: the time against the ideal, and what grows with the number of files. --full goes up to 100,000,000 files and
// 1 PB (4 GB of memory, some minutes); otherwise the largest rows have a tenth of their files. Costs are constants below, each with the
// measurement that it comes from.
import { parseArgs } from 'node:util'
import { cutShards } from '../../../src/cluster/shards/cut-shards.ts'
import type { FileSizes } from '../../../src/cluster/shards/order-by-size.ts'
import { packShards } from '../../../src/cluster/shards/pack-shards.ts'
import { bytesPerFile } from '../../../src/cluster/shards/shard-cost.ts'
import { heavyTailedSizes } from '../../cluster/heavy-tailed-sizes.ts'
import { seededRandom } from '../../faults/source-tree.ts'
import { simulate, type SimulatedNode } from './simulate.ts'

const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, seed: { type: 'string', default: '7' } },
})
const seed = Number(values.seed)

/** 8 threads of 200 MB/s (docs/benchmarks.md: 235 each of two). */
const NODE_BYTES_PER_SECOND = 1.6e9
const COST = { bytesPerSecond: NODE_BYTES_PER_SECOND, secondsPerFile: 0.0002 }
/** A parallel file system that feeds so many nodes at once; targets are as large as sources. */
const STORAGE_BYTES_PER_SECOND = 400e9
/** BullMQ 6.7 on Redis with appendfsync always: 532 jobs/s (everysec: 3,533), one connection, 2 cores, 2026-11-24. */
const QUEUE_JOBS_PER_SECOND = 532
/** kill -9 to the next attempt with lockDuration 15 s and stalledInterval 5 s: 14.1 s. */
const QUEUE_RECOVERY_SECONDS = 14.1
/** A batch system notices, starts a container, and the shard reads its list and journals again. */
const BATCH_RECOVERY_SECONDS = 60

interface Scale {
  readonly nodes: number
  readonly files: number
  readonly bytes: number
}

const SCALES: readonly Scale[] = [
  { nodes: 1, files: 100_000, bytes: 100e9 },
  { nodes: 8, files: 1_000_000, bytes: 5e12 },
  { nodes: 64, files: 10_000_000, bytes: 100e12 },
  { nodes: 256, files: 25_000_000, bytes: 250e12 },
  { nodes: 1000, files: 100_000_000, bytes: 1e15 },
]

const CONDITIONS = [
  { name: 'all alike', slow: 0, lost: 0, storage: Infinity },
  { name: 'every 10th half as fast', slow: 0.1, lost: 0, storage: Infinity },
  { name: 'and every 50th lost', slow: 0.1, lost: 0.02, storage: Infinity },
  { name: 'and 400 GB/s of storage', slow: 0.1, lost: 0.02, storage: STORAGE_BYTES_PER_SECOND },
] as const

console.log('| nodes | files | bytes | nodes are | ideal | by hash | static | dynamic |')
console.log('| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |')
const growth: string[] = []
for (const scale of SCALES) {
  const fileCount = values.full ? scale.files : Math.min(scale.files, 10_000_000)
  runScale({ ...scale, files: fileCount, bytes: scale.bytes * (fileCount / scale.files) })
}
console.log(
  '\n| files | shards, nodes | packing on each node | jobs | jobs handed out in | peak memory of the simulator |',
)
console.log('| ---: | ---: | ---: | ---: | ---: | ---: |')
for (const line of growth) console.log(line)

function runScale(scale: Scale): void {
  const sizes = sizesOf(scale)
  const files: FileSizes = { length: sizes.length, sizeBytes: (index) => sizes[index] ?? 0 }
  const work = (bytes: number, count: number): number =>
    bytes / NODE_BYTES_PER_SECOND + count * (COST.secondsPerFile / 8)
  const cost = { ...COST, secondsPerFile: COST.secondsPerFile / 8 }

  const packingStart = performance.now()
  const packing = packShards(files, scale.nodes, cost)
  const packingSeconds = (performance.now() - packingStart) / 1000
  const packed = Float64Array.from(packing.bytes, (bytes, shard) => work(bytes, packing.fileCounts[shard] ?? 0))
  const hashed = hashShards(sizes, scale.nodes, work)
  const cut = Float64Array.from(cutShards(files, { nodeCount: scale.nodes, cost }), (indexes) => {
    let bytes = 0
    for (const index of indexes) bytes += sizes[index] ?? 0
    return work(bytes, indexes.length)
  })
  const total = packed.reduce((sum, seconds) => sum + seconds, 0)

  for (const { name, slow, lost, storage } of CONDITIONS) {
    const nodes = makeNodes(scale.nodes, slow, lost, total / scale.nodes)
    const storageNodes = storage / (2 * NODE_BYTES_PER_SECOND)
    const speed = nodes.reduce((sum, node) => sum + node.speed, 0)
    const ideal = total / Math.min(speed, storageNodes)
    const rules = { nodes, storageNodes, queueRate: QUEUE_JOBS_PER_SECOND }
    const batch = { ...rules, isDynamic: false, recoverySeconds: BATCH_RECOVERY_SECONDS }
    const times = [
      simulate({ ...batch, shards: hashed }),
      simulate({ ...batch, shards: packed }),
      simulate({ ...rules, shards: cut, isDynamic: true, recoverySeconds: QUEUE_RECOVERY_SECONDS }),
    ]
    const cells = times.map((time) => `${(time / ideal).toFixed(2)} x`)
    console.log(
      `| ${scale.nodes.toLocaleString('en')} | ${scale.files.toLocaleString('en')} | ${formatBytes(scale.bytes)} | ${name} | ${ideal.toFixed(0)} s | ${cells.join(' | ')} |`,
    )
  }
  growth.push(
    `| ${scale.files.toLocaleString('en')} | ${scale.nodes.toLocaleString('en')} | ${packingSeconds.toFixed(1)} s | ${cut.length.toLocaleString('en')} | ${(cut.length / QUEUE_JOBS_PER_SECOND).toFixed(0)} s | ${formatBytes(process.resourceUsage().maxRSS * 1024)} |`,
  )
  // So that the sizes of the costs stay what the packing takes them for.
  if (bytesPerFile(cost) <= 0) throw new Error('a file must cost something')
}

/** Log-normal sizes that add up to the bytes of the scale; none is larger than 1 TB. */
function sizesOf({ files, bytes }: Scale): Float64Array {
  const sizes = heavyTailedSizes(files, seed)
  let sum = 0
  for (const size of sizes) sum += size
  const factor = bytes / sum
  for (let index = 0; index < sizes.length; index++)
    sizes[index] = Math.min(1e12, Math.round((sizes[index] ?? 0) * factor))
  return sizes
}

function hashShards(sizes: Float64Array, count: number, work: (bytes: number, count: number) => number): Float64Array {
  const shards = new Float64Array(count)
  for (let index = 0; index < sizes.length; index++) {
    const mixed = Math.imul(index ^ (index >>> 15), 0x2c1b3c6d)
    const shard = ((Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) ^ (mixed >>> 15)) >>> 0) % count
    shards[shard] = (shards[shard] ?? 0) + work(sizes[index] ?? 0, 1)
  }
  return shards
}

/** Every so many are slow, every so many are lost at a random moment of the run. */
function makeNodes(count: number, slow: number, lost: number, spanSeconds: number): SimulatedNode[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, node) => {
    const isSlow = slow > 0 && count > 1 && node % Math.round(1 / slow) === 0
    const isLost = lost > 0 && count > 1 && node % Math.round(1 / lost) === 1
    return { speed: isSlow ? 0.5 : 1, lostAt: isLost ? random() * spanSeconds : Infinity }
  })
}

function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${Number((bytes / 1000 ** at).toPrecision(3))} ${units[at]}`
}
