// npm run bench:million: time and memory of listing, planning and dry-running very many empty files, at half the number and at all
// of it, so that growth can be seen to be linear.
//
//   node test/bench/million-files.mjs [--files 1000000] [--scratch DIR] [--convert]
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const BYTES_PER_FILE_ALLOWED = 500
const FILES_PER_FOLDER = 2000

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    scratch: { type: 'string', default: tmpdir() },
    convert: { type: 'boolean', default: false },
  },
})
const fileCount = Number(values.files)
const cli = new URL('../../dist/bin/migrate.js', import.meta.url).pathname
const preload = new URL('print-peak-memory.cjs', import.meta.url).pathname
const scratch = mkdtempSync(join(values.scratch, 'drover-million-'))

try {
  mkdirSync(join(scratch, 'none'))
  const half = Math.floor(fileCount / 2)
  console.log(`making ${fileCount} empty files in ${scratch} ...`)
  makeFiles(join(scratch, 'all', 'first'), half)
  makeFiles(join(scratch, 'all', 'second'), fileCount - half)

  const jobs = [
    { name: 'plan', flags: ['plan'] },
    { name: 'dry run', flags: ['run', '--dry-run'] },
    { name: 'convert --no-fsync', flags: ['run', '--no-fsync'] },
  ]
  for (const { name, flags } of values.convert ? jobs : jobs.slice(0, 2)) {
    const none = measure(join(scratch, 'none'), flags)
    const first = measure(join(scratch, 'all', 'first'), flags)
    const all = measure(join(scratch, 'all'), flags)
    const bytesPerFile = (all.peakBytes - none.peakBytes) / fileCount
    const growth = (all.seconds - none.seconds) / (first.seconds - none.seconds)
    console.log(
      `${name}: ${half} files ${first.seconds.toFixed(1)} s, ${fileCount} files ${all.seconds.toFixed(1)} s ` +
        `(${growth.toFixed(2)} x the time for twice the files), peak ${(all.peakBytes / 1e6).toFixed(0)} MB`,
    )
    const verdict = bytesPerFile <= BYTES_PER_FILE_ALLOWED ? 'pass ' : 'SHORT'
    console.log(
      `${verdict} ${name}: ${bytesPerFile.toFixed(0)} bytes of memory a file (at most ${BYTES_PER_FILE_ALLOWED})`,
    )
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function makeFiles(root, count) {
  for (let file = 0; file < count; file++) {
    const folder = join(root, `folder-${Math.floor(file / FILES_PER_FOLDER)}`)
    if (file % FILES_PER_FOLDER === 0) mkdirSync(folder, { recursive: true })
    closeSync(openSync(join(folder, `file-${file}.csv`), 'w'))
  }
}

function measure(source, flags) {
  const target = join(scratch, 'target')
  const peakFile = join(scratch, 'peak')
  const startMs = performance.now()
  const run = spawnSync(
    process.execPath,
    ['--require', preload, cli, ...flags, '--in', source, '--out', target, '--to', 'ndjson'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PEAK_MEMORY_FILE: peakFile },
      encoding: 'utf8',
    },
  )
  if (run.status !== 0) throw new Error(`exit ${run.status}: ${run.stderr}`)
  const seconds = (performance.now() - startMs) / 1000
  rmSync(target, { recursive: true, force: true })
  return { seconds, peakBytes: Number(readFileSync(peakFile, 'utf8')) }
}
