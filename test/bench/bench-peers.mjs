// npm run bench:peers: Drover, its stream engine, DuckDB, `cp` and what else is installed, interleaved in one run, against the
// targets that Drover must reach. The values of its targets are compared with DuckDB's in the same run.
//
//   node test/bench/bench-peers.mjs [--size 1GB] [--files 8] [--runs 5] [--scratch DIR] [--only GROUP,...]
//                                   [--export-json FILE] [--export-markdown FILE]
//
// Ends with 1 where values differ; a target that is missed does not fail the run, because a busy machine misses them too.
// A small size (50MB) takes a minute or two and shows the way; start-up then weighs, so the ratios are lower than they will be.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { MEASURING_METHOD } from './measure-process.mjs'
import { GROUPS } from './peer-groups.mjs'
import { renderMarkdown } from './render-results.mjs'
import { withScratchFolder } from './scratch-folder.mjs'
import { touchMemory } from './touch-memory.mjs'

const NOISY_DEVIATION = 0.1
const HIGH_LOAD = 0.5
/** What the sources, all targets and the programs of one group take up at most, as a multiple of the sources. */
const MEMORY_PER_SIZE = 12
const UNITS = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9 }

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '1GB' },
    files: { type: 'string', default: '8' },
    runs: { type: 'string', default: '5' },
    scratch: { type: 'string', default: tmpdir() },
    only: { type: 'string', default: Object.keys(GROUPS).join(',') },
    'export-json': { type: 'string' },
    'export-markdown': { type: 'string' },
  },
})

const names = options.only.split(',')
for (const name of names) {
  if (!(name in GROUPS)) throw new Error(`--only ${name}: there are ${Object.keys(GROUPS).join(', ')}`)
}
const sizeBytes = parseSize(options.size)
const runs = Number(options.runs)
const machine = describeMachine()
console.error('using free memory once, so that no contender pays for its first use')
const touchedBytes = touchMemory(MEMORY_PER_SIZE * sizeBytes)

await withScratchFolder(options.scratch, async (folder) => {
  const groups = []
  for (const [index, name] of names.entries()) {
    // What the group before left goes only now: after the last one that takes minutes, and the figures should not wait for it.
    if (index > 0) rmSync(join(folder, names[index - 1]), { recursive: true })
    const scratch = join(folder, name)
    mkdirSync(scratch)
    const say = (what) => console.error(`${name}: ${what}`)
    groups.push({
      name,
      ...(await GROUPS[name]({ sizeBytes, fileCount: Number(options.files), runs, scratch, say })),
    })
  }
  tell(groups)
  console.error('removing what was measured')
})

function tell(groups) {
  const results = {
    machine,
    settings: {
      size: options.size,
      files: options.files,
      runs,
      scratch: options.scratch,
      measuringMethod: MEASURING_METHOD,
      touchedBytes,
    },
    groups,
    values: { ...Object.assign({}, ...groups.map(({ values }) => values)), memory: largestMemory(groups) },
    warnings: findNoise(groups),
  }
  const markdown = renderMarkdown(results)
  console.log(markdown)
  if (options['export-json']) writeFileSync(options['export-json'], `${JSON.stringify(results, null, 2)}\n`)
  if (options['export-markdown']) writeFileSync(options['export-markdown'], markdown)
  if (groups.some(({ comparisons }) => comparisons.some(({ difference }) => difference !== null))) process.exitCode = 1
}

/** In MB, on one thread and on two; nothing where none was measured. */
function largestMemory(allGroups) {
  const summaries = allGroups.flatMap((group) => group.summaries)
  return [1, 2].map((threads) => {
    const peaks = summaries.filter((summary) => summary.threads === threads && summary.peakBytes !== null)
    return peaks.length === 0 ? undefined : Math.max(...peaks.map(({ peakBytes }) => peakBytes)) / 1e6
  })
}

function findNoise(allGroups) {
  const warnings = []
  if (Number(machine.loadBefore) > HIGH_LOAD) {
    warnings.push(`the load was ${machine.loadBefore} before the first run: stop other work and run again`)
  }
  for (const { name, summaries } of allGroups) {
    const noisy = summaries.filter(({ deviation }) => deviation > NOISY_DEVIATION).map((summary) => summary.name)
    if (noisy.length > 0) {
      warnings.push(
        `${name}: noisy, standard deviation over 10 % (${noisy.join('; ')}): run it again, or with more --runs`,
      )
    }
  }
  return warnings
}

function describeMachine() {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    loadBefore: loadavg()[0].toFixed(2),
    versions: {
      Drover: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
      Node: process.version,
      DuckDB: createRequire(import.meta.url)('@duckdb/node-api/package.json').version,
      ...versionOf('cp', ['--version']),
      ...versionOf('mlr', ['--version']),
      ...versionOf('jq', ['--version']),
      ...versionOf('polars', ['-c', 'import polars; print(polars.__version__)'], 'python3'),
    },
  }
}

/** Nothing where the program is not installed. */
function versionOf(name, args, command = name) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
  return status === 0 ? { [name]: /\d[\w.]*/.exec(stdout)?.[0] ?? '?' } : {}
}

function parseSize(text) {
  const [, number, unit] = /^([\d.]+)\s*(KB|MB|GB|)$/.exec(text.toUpperCase()) ?? []
  if (number === undefined) throw new Error(`--size ${text}: a size like 50MB or 1GB`)
  return Number(number) * UNITS[unit]
}
