// What a cluster costs: the same small files converted by one machine without a queue, and by one node with as many threads, with a real
// server in between. Runs alternate; medians are compared. `npm run bench:cluster -- [files] [runs]`
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createJiti } from 'jiti'

const [files = '100000', runs = '5', only = 'Redis,Postgres'] = process.argv.slice(2)
const program = join(import.meta.dirname, '../../dist/bin/migrate.js')
const { startRedis } = await createJiti(import.meta.url).import('../cluster/servers/redis-server.ts')
const { startPostgres } = await createJiti(import.meta.url).import('../cluster/servers/postgres-server.ts')
const threads = 2
const folder = mkdtempSync(join(process.env.DROVER_BENCH_FOLDER ?? tmpdir(), 'drover-bench-cluster-'))
const source = join(folder, 'old')

function makeSources() {
  const rows = Array.from(
    { length: 40 },
    (_, row) => `${row},name ${row * 7919},${row / 8},some text of a record`,
  ).join('\n')
  for (let index = 0; index < Number(files); index++) {
    const below = join(source, String(index % 100))
    if (index < 100) mkdirSync(below, { recursive: true })
    writeFileSync(join(below, `${index}.csv`), `id,name,amount,note\n${index},x,1,y\n${rows}\n`)
  }
}

function single(out, flags) {
  const args = ['--in', source, '--out', out, '--to', 'ndjson', '--threads', String(threads), '--quiet', ...flags]
  return timed(() => check(spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })))
}

function coordinate(out, url, flags) {
  const args = ['--in', source, '--out', out, '--to', 'ndjson', '--cluster', url, '--quiet', ...flags]
  return timed(() => check(spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })))
}

// What an earlier run wrote is written out before: otherwise the system does so half a minute later, in the middle of another run.
function timed(work) {
  execFileSync('sync')
  const start = performance.now()
  work()
  return performance.now() - start
}

function check({ status, stderr }) {
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`)
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

async function measure(name, startServer, flags) {
  const server = await startServer(join(folder, `server-${name}-${flags.length}`))
  const worker = spawn(
    process.execPath,
    [program, 'worker', '--cluster', server.url, '--threads', String(threads), '--root', folder],
    { stdio: 'ignore' },
  )
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const singles = []
  const clustered = []
  try {
    for (let run = 0; run <= Number(runs); run++) {
      // Nothing is removed before the end: ext4 takes no inode again that was freed a moment ago, and looks at all of those for each new file.
      const alone = single(join(folder, `${name}-${flags.length}-${run}-alone`), flags)
      const together = coordinate(join(folder, `${name}-${flags.length}-${run}-together`), server.url, flags)
      // The first round warms caches and the node's threads up.
      if (run === 0) continue
      singles.push(alone)
      clustered.push(together)
    }
  } finally {
    worker.kill('SIGKILL')
    await server.stop()
  }
  const [alone, together] = [median(singles), median(clustered)]
  const over = (100 * (together / alone - 1)).toFixed(1)
  const durable = flags.includes('--no-fsync') ? 'not durable' : 'durable'
  console.log(
    `${name}, ${durable}: one machine ${(alone / 1000).toFixed(2)} s, one node of a cluster ${(together / 1000).toFixed(2)} s: ${over} % (${singles.map((ms) => (ms / 1000).toFixed(2)).join(' ')} | ${clustered.map((ms) => (ms / 1000).toFixed(2)).join(' ')})`,
  )
}

try {
  makeSources()
  const bytes = readdirSync(source).length
  console.log(
    `${files} files in ${bytes} folders, ${readFileSync(join(source, '0/0.csv')).length} bytes each; ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}, ${execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim()}`,
  )
  for (const flags of [['--no-fsync'], []]) {
    if (only.includes('Redis')) await measure('Redis', startRedis, flags)
    if (only.includes('Postgres')) await measure('Postgres', startPostgres, flags)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
