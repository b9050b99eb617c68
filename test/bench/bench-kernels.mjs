// npm run bench:kernels: how fast the kernels are beside their reference twins, in one process and in memory: no files, no threads.
// A slow-down shows here before it drowns in the noise of whole runs.
//
//   node test/bench/bench-kernels.mjs [--only TEXT] [--export-json FILE] [--baseline FILE]
//
// Readers and writers are used as a conversion uses them, once over a batch with kernels and once over one without, so a figure
// includes what the host side of a kernel does, and the check of UTF-8. Readers and casts count bytes of the source, writers
// bytes of the target. The best of several rounds counts: noise only ever makes a round slower. Ends with 1 where a kernel is slower than its
// twin, or than 85 % of what it was in the baseline (a file that --export-json made).
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { createBatchMemory } from '../../dist/src/batch/batch-memory.js'
import { OutputBuffer } from '../../dist/src/batch/output-buffer.js'
import { RecordBatch } from '../../dist/src/batch/record-batch.js'
import { getFormat } from '../../dist/src/formats/registry.js'
import { loadKernels } from '../../dist/src/kernels/load-kernels.js'
import { createMapper } from '../../dist/src/map/mapper.js'
import { MappingSchema } from '../../dist/src/model/mapping.js'
import { OptionsSchema } from '../../dist/src/options/options.js'
import { buildDataPlan } from '../../dist/src/plan/build-data-plan.js'
import { generateText, SHAPE_NAMES } from './generate-data.mjs'
import { renderTable } from './render-results.mjs'

const CHUNK_BYTES = 512 * 1024
const MAX_RECORD_BYTES = 4 * 1024 * 1024
const ROUNDS = 7
const ROUND_MS = 60
const LEAST_SHARE_OF_BASELINE = 0.85

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, 'export-json': { type: 'string' }, baseline: { type: 'string' } },
})

const memory = createBatchMemory(MAX_RECORD_BYTES, CHUNK_BYTES)
const kernels = loadKernels(memory)
if (kernels === null) throw new Error('there is no SIMD here, or no kernels.wasm: npm run build makes it')
const batches = { reference: new RecordBatch(memory), kernel: new RecordBatch(memory, kernels) }

const cases = [
  ...['csv', 'tsv', 'ndjson', 'json'].map((format) => ({
    title: `parse ${format}`,
    source: format,
    prepare: prepareParsing,
  })),
  ...['csv', 'tsv', 'ndjson', 'json'].map((format) => ({
    title: `encode ${format}`,
    source: 'csv',
    target: format,
    prepare: prepareEncoding,
  })),
  { title: 'cast csv', source: 'csv', prepare: prepareCasting },
  { title: 'encode csv, from ndjson', source: 'ndjson', target: 'csv', prepare: prepareEncoding },
  { title: 'checksum', source: 'csv', prepare: prepareChecksum },
].flatMap((each) => SHAPE_NAMES.map((shape) => ({ ...each, shape, name: `${each.title}, ${shape}` })))

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0].toFixed(2)}\n`,
)
const baseline = options.baseline ? JSON.parse(readFileSync(options.baseline, 'utf8')) : {}
const rates = {}
const rows = []
for (const each of cases.filter(({ name }) => name.includes(options.only))) {
  const [reference, kernel] = measureRates(each)
  rates[each.name] = kernel
  const verdict = judge(each.name, reference, kernel)
  if (verdict !== 'pass') process.exitCode = 1
  rows.push([each.name, kernel.toFixed(0), reference.toFixed(0), `${(kernel / reference).toFixed(1)}x`, verdict])
}
console.log(renderTable(['kernel', 'MB/s', 'reference', 'ratio', 'verdict'], rows))
if (options['export-json']) writeFileSync(options['export-json'], `${JSON.stringify(rates, null, 2)}\n`)

function judge(name, reference, kernel) {
  if (kernel < reference) return 'SLOWER than the reference'
  if (kernel < LEAST_SHARE_OF_BASELINE * (baseline[name] ?? 0)) return `SLOWER than ${baseline[name].toFixed(0)}`
  return 'pass'
}

/** MB/s of the reference and of the kernel: the best of rounds that take turns. */
function measureRates({ source, target, shape, prepare }) {
  const plan = buildDataPlan(OptionsSchema.parse({ in: '.', out: '.' }), target ?? 'ndjson')
  const text = placeSource(shape, source)
  const best = { reference: 0, kernel: 0 }
  const doneBytes = new Set()
  for (let round = 0; round < ROUNDS; round++) {
    for (const engine of Object.keys(best)) {
      const work = prepare({
        batch: batches[engine],
        plan,
        source,
        target,
        shape,
        end: memory.inputStart + text.length,
      })
      doneBytes.add(work())
      best[engine] = Math.max(best[engine], measureRate(work))
    }
  }
  if (doneBytes.size > 1) throw new Error(`${shape}: the engines differ by ${[...doneBytes].join(' and ')} bytes`)
  return [best.reference, best.kernel]
}

/** Calls `work`, which returns the bytes that it did, for a while. */
function measureRate(work) {
  let bytes = 0
  const startMs = performance.now()
  let durationMs = 0
  while (durationMs < ROUND_MS) {
    bytes += work()
    durationMs = performance.now() - startMs
  }
  return bytes / 1000 / durationMs
}

/** Puts whole records of about a chunk into the memory. */
function placeSource(shape, format) {
  const bytes = Buffer.from(sourceText(shape, format))
  memory.bytes.set(bytes, memory.inputStart)
  return bytes
}

/** Tabs and arrays are made of what the generator knows: none of its values has a tab in it. */
function sourceText(shape, format) {
  const size = 0.9 * CHUNK_BYTES
  if (format === 'tsv')
    return generateText(shape, 'csv', size).replaceAll(/"(?:[^"]|"")*"|,/g, (m) => (m === ',' ? '\t' : m))
  if (format !== 'json') return generateText(shape, format, size)
  return `[\n${generateText(shape, 'ndjson', size).trimEnd().replaceAll('\n', ',\n')}\n]\n`
}

function prepareParsing({ batch, plan, source, end }) {
  return () => {
    parse({ batch, plan, source, end })
    return end - memory.inputStart
  }
}

function prepareEncoding({ batch, plan, source, target, end }) {
  parse({ batch, plan, source, end })
  createMapper(plan, source === 'csv')(batch)
  const writer = getFormat(target).createWriter(plan)
  if (!writer.learnColumns(batch)) throw new Error('columns came too late')
  let targetBytes = 0
  const output = new OutputBuffer(memory, (_, from, to) => {
    targetBytes += to - from
  })
  return () => {
    targetBytes = 0
    writer.write(batch, output)
    output.flush()
    return targetBytes
  }
}

/** Numbers are cast where the same data as NDJSON has some. A cell is cast once, so each round gets the cells as they were parsed. */
function prepareCasting({ batch, source, shape, end }) {
  const [first] = generateText(shape, 'ndjson', 1000).split('\n', 1)
  const numbers = Object.entries(JSON.parse(first)).filter(([, value]) => typeof value === 'number')
  const mapping = MappingSchema.parse({ columns: Object.fromEntries(numbers.map(([name]) => [name, 'number'])) })
  const plan = buildDataPlan(OptionsSchema.parse({ in: '.', out: '.' }), 'ndjson', mapping)
  parse({ batch, plan, source, end })
  const parsed = memory.cells.slice(0, 2 * batch.cellCount)
  const map = createMapper(plan, true)
  return () => {
    memory.cells.set(parsed)
    map(batch)
    if (batch.rejects.length > 0) throw new Error(batch.rejects[0].message)
    return end - memory.inputStart
  }
}

function prepareChecksum({ batch, end }) {
  return () => {
    batch.checksum(memory.bytes, memory.inputStart, end, 0)
    return end - memory.inputStart
  }
}

/** One chunk is one batch, so that the batch can be encoded afterwards. */
function parse({ batch, plan, source, end }) {
  batch.clear()
  batch.sourceOffset = -memory.inputStart
  const reader = getFormat(source).createReader(plan, `bench.${source}`)
  const position = reader.parse(batch, memory.inputStart, end, true)
  if (position !== end || batch.rejects.length > 0) throw new Error(`${source}: the chunk was not parsed whole`)
}
