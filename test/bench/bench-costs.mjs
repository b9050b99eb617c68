// npm run bench:costs: what safety costs. In one thread and one process, a CSV file becomes NDJSON as in a run (read, convert, write, hash;
// sources and targets in memory), and beside it:
//
//     UTF-8       the check of the same chunks alone
//     hash        the CRC-32 of the same target bytes alone, and as zlib would take it
//     rejects     the same file with one record of 100, or of 10, that has a field too many
//
//   node test/bench/bench-costs.mjs [--size-mb 100] [--rounds 7] [--scratch /dev/shm]
//
// Everything takes turns in rounds; the best round of each counts, and shares are of the clean conversion's best.
import { isUtf8 } from 'node:buffer'
import { mkdirSync, readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { crc32 } from 'node:zlib'
import { createBatchMemory } from '../../dist/src/batch/batch-memory.js'
import { RecordBatch } from '../../dist/src/batch/record-batch.js'
import { convertFile } from '../../dist/src/convert/convert-file.js'
import { loadKernels } from '../../dist/src/kernels/load-kernels.js'
import { OptionsSchema } from '../../dist/src/options/options.js'
import { buildDataPlan } from '../../dist/src/plan/build-data-plan.js'
import { localSources } from '../../dist/src/storage/local/local-sources.js'
import { generateFolder } from './generate-data.mjs'
import { renderTable } from './render-results.mjs'
import { withScratchFolder } from './scratch-folder.mjs'

const { values: options } = parseArgs({
  options: {
    'size-mb': { type: 'string', default: '100' },
    rounds: { type: 'string', default: '7' },
    scratch: { type: 'string', default: '/dev/shm' },
  },
})
const sizeBytes = Number(options['size-mb']) * 1e6
const plan = buildDataPlan(OptionsSchema.parse({ in: '.', out: '.', maxRejects: '100%' }), 'ndjson')
const memory = createBatchMemory(plan.maxRecordBytes, plan.chunkBytes)
const batch = new RecordBatch(memory, loadKernels(memory))
const context = { plan, batch, shouldStop: () => false, onProgress: () => {}, spans: null, sources: localSources }

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0].toFixed(2)}\n`,
)
const rows = []
for (const shape of ['orders', 'text', 'numeric']) {
  rows.push(...(await withScratchFolder(options.scratch, (folder) => measureShape(folder, shape))))
}
console.log(renderTable(['shape', 'work', 'ms / 100 MB', 'share'], rows))

async function measureShape(folder, shape) {
  const source = await makeSource(folder, shape)
  const target = join(folder, 'target')
  await convert(source, target)
  const targetBytes = readFileSync(target)
  const works = {
    'the whole conversion': () => convert(source, target),
    'UTF-8 check': () => inChunks(readFileSync(source), (bytes, from, to) => isUtf8(bytes.subarray(from, to))),
    'hash of the target': () => inChunks(targetBytes, (bytes, from, to) => batch.checksum(bytes, from, to, 0)),
    'hash of the target by zlib': () => inChunks(targetBytes, (bytes, from, to) => crc32(bytes.subarray(from, to))),
    'with 1 % rejects': await withRejects(folder, source, 100),
    'with 10 % rejects': await withRejects(folder, source, 10),
  }
  const best = {}
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [name, work] of Object.entries(works)) best[name] = Math.min(best[name] ?? Infinity, await work())
  }
  const whole = best['the whole conversion']
  return Object.entries(best).map(([name, ms]) => {
    const share = name.startsWith('with') ? `+${percent(ms / whole - 1)}` : percent(ms / whole)
    return [shape, name, ((ms / statSync(source).size) * 1e8).toFixed(1), share]
  })
}

async function makeSource(folder, shape) {
  const sources = join(folder, 'source')
  mkdirSync(sources)
  await generateFolder({ folder: sources, shape, format: 'csv', sizeBytes })
  return join(sources, readdirSync(sources)[0])
}

/** A field too many is another delimiter in front of the line end. The target of such a file has fewer records, so it is a little faster. */
async function withRejects(folder, source, every) {
  const path = join(folder, `rejects-${every}.csv`)
  const bytes = readFileSync(source)
  const pieces = []
  let from = 0
  let record = 0
  let isInside = false
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x22) isInside = !isInside
    if (bytes[at] !== 0x0a || isInside || record++ === 0 || record % every !== 0) continue
    pieces.push(bytes.subarray(from, at), Buffer.from(','))
    from = at
  }
  writeFileSync(path, Buffer.concat([...pieces, bytes.subarray(from)]))
  const target = join(folder, `target-${every}`)
  await convert(path, target)
  return () => convert(path, target)
}

/** @returns milliseconds, without making room for the target. */
async function convert(sourcePath, stagedTarget) {
  for (const path of [stagedTarget, `${stagedTarget}.rejects`]) remove(path)
  const { size, mtimeNs } = statSync(sourcePath, { bigint: true })
  const file = { index: 0, sourcePath, relativePath: 'source', format: 'csv', sizeBytes: Number(size), mtimeNs }
  const startMs = performance.now()
  const result = await convertFile({ ...file, stagedTarget, stagedRejects: `${stagedTarget}.rejects` }, context)
  const durationMs = performance.now() - startMs
  if (!result.isConverted) throw new Error(result.error.message)
  return durationMs
}

/** @returns milliseconds of `work` alone, over bytes that come into the memory as a read brings them. */
function inChunks(bytes, work) {
  let durationMs = 0
  for (let from = 0; from < bytes.length; from += plan.chunkBytes) {
    const count = bytes.copy(memory.bytes, memory.inputStart, from, from + plan.chunkBytes)
    const startMs = performance.now()
    work(memory.bytes, memory.inputStart, memory.inputStart + count)
    durationMs += performance.now() - startMs
  }
  return durationMs
}

function remove(path) {
  try {
    unlinkSync(path)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}
