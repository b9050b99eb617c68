// What runs against what: each contender is one way to do a piece of work, as a process from start to exit.
//
//     name     how tables call it
//     sources  what is read before each run, so that all inputs are warm
//     bytes    the size of the sources
//     target   what the run makes; removed after it, or with the group where `runInterleaved` is told to keep targets
//     measure  does it once: { wallSeconds, cpuSeconds, peakBytes }
//     threads  of Drover only, whose memory depends on it
import { renameSync, rmSync } from 'node:fs'
import { runArithmetic } from './arithmetic-loop.mjs'
import { measureProcess } from './measure-process.mjs'
import { median, relativeDeviation } from './statistics.mjs'
import { touchMemory } from './touch-memory.mjs'

const CLI = new URL('../../dist/bin/migrate.js', import.meta.url).pathname
const DUCKDB = new URL('peer-duckdb.mjs', import.meta.url).pathname

/** A target is up to 2.2 times as large as its source; programs need the rest. */
const TOUCHED_PER_BYTE = 4

/** The types of columns that have one, as `--map` takes them. */
const MAPPING = new URL('orders-mapping.json', import.meta.url).pathname

/** The names of columns that the projection keeps, as `--select` takes them. */
const SELECTED = 'id=order_id,customer=customer_id,order_date,place=city,product_name,quantity,price=unit_price,notes'

/** Drover's command line. */
export function drover({
  source,
  bytes,
  target,
  to,
  threads,
  engine = 'auto',
  isProjected = false,
  isTyped = false,
  isDurable = false,
  flags = [],
}) {
  const args = [CLI, '--in', source, '--out', target, '--to', to, '--engine', engine, '--quiet', ...flags]
  if (threads !== undefined) args.push('--threads', String(threads))
  if (!isDurable) args.push('--no-fsync')
  if (engine === 'stream') args.push('--lossy')
  if (isProjected) args.push('--select', SELECTED)
  if (isTyped) args.push('--map', MAPPING)
  const who = engine === 'auto' ? 'Drover' : `${engine} engine`
  const measure = () => measureProcess(process.execPath, args)
  const name = `${who}${isDurable ? ', durable' : ''}${inThreads(threads)}`
  return { name, sources: [source], bytes, target, measure, threads: engine === 'stream' ? undefined : threads }
}

/** DuckDB makes one target file out of all the sources. */
export function duckdb({ source, bytes, target, from, to, threads, isProjected = false, isTyped = false }) {
  const columns = [isProjected ? ['--select', SELECTED] : [], isTyped ? ['--map', MAPPING] : []].flat()
  const args = [DUCKDB, from, to, source, target, String(threads), ...columns]
  const measure = () => measureProcess(process.execPath, args)
  return { name: `DuckDB${inThreads(threads)}`, sources: [source], bytes, target, measure }
}

export function copy({ name = 'cp -r', source, bytes, target, isDurable = false }) {
  const script = isDurable ? 'cp -r "$1" "$2" && sync -f "$2"' : 'exec cp -r "$1" "$2"'
  const measure = () => measureProcess('sh', ['-c', script, 'sh', source, target])
  return { name: isDurable ? `${name} + sync -f` : name, sources: [source], bytes, target, measure }
}

/** Any other program, whose target is a file or its standard output. */
export function program({ name, command, args, source, bytes, target, isTargetStdout = false, env = {} }) {
  const measure = () => measureProcess(command, args, { ...(isTargetStdout ? { stdoutFile: target } : {}), env })
  return { name, sources: [source], bytes, target, measure }
}

export function bareNode() {
  return { name: 'node -e 0', sources: [], measure: () => measureProcess(process.execPath, ['-e', '0']) }
}

export function arithmetic(threads) {
  const measure = async () => ({ wallSeconds: await runArithmetic(threads), cpuSeconds: null, peakBytes: null })
  return { name: `arithmetic loop${inThreads(threads)}`, sources: [], measure }
}

/**
 * Runs the contenders in turn, A B C A B C ..., so that what changes on the machine changes for all of them.
 * @param keepsTargets moves targets aside instead of removing them: on ext4 without a journal, files that were just removed make
 *   those that are created after them several times slower, whoever creates them.
 * @returns one summary for each contender, in their order.
 */
export async function runInterleaved(contenders, runs, say, { keepsTargets = false } = {}) {
  const samples = contenders.map(() => [])
  for (let run = 0; run < runs; run++) {
    for (const [index, contender] of contenders.entries()) {
      say(`run ${run + 1} of ${runs}: ${contender.name}`)
      if (contender.sources.length > 0) {
        await measureProcess('find', [...contender.sources, '-type', 'f', '-exec', 'cat', '{}', '+'], {
          stdoutFile: '/dev/null',
        })
        // What earlier runs have left to be written is not this one's to wait for.
        await measureProcess('sync', ['-f', contender.sources[0]])
      }
      // Memory that was free for a second or two is the host's again: whoever comes after a pause must not pay for it alone.
      touchMemory(TOUCHED_PER_BYTE * (contender.bytes ?? 0))
      samples[index].push(await contender.measure())
      if (contender.target === undefined) continue
      if (keepsTargets) renameSync(contender.target, `${contender.target}-${run}-${index}`)
      else rmSync(contender.target, { recursive: true, force: true })
    }
  }
  return contenders.map((contender, index) => summarize(contender, samples[index]))
}

function summarize({ name, bytes, threads }, samples) {
  const walls = samples.map(({ wallSeconds }) => wallSeconds)
  const medianOf = (key) => (samples[0][key] === null ? null : median(samples.map((sample) => sample[key])))
  return {
    name,
    threads,
    bytes: bytes ?? null,
    runs: samples.length,
    wallSeconds: median(walls),
    deviation: relativeDeviation(walls),
    cpuSeconds: medianOf('cpuSeconds'),
    peakBytes: samples[0].peakBytes === null ? null : Math.max(...samples.map(({ peakBytes }) => peakBytes)),
  }
}

function inThreads(threads) {
  if (threads === undefined) return ''
  return threads === 1 ? ', 1 thread' : `, ${threads} threads`
}
