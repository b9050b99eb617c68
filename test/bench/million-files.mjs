// npm run bench:million: time and memory of listing, planning and dry-running very many empty files, at half the number and at all
// of it, so that growth can be seen to be linear.
//
//   node test/bench/million-files.mjs [--files 1000000] [--scratch DIR] [--convert]
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { measureProcess } from './measure-process.mjs'
import { withScratchFolder } from './scratch-folder.mjs'

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

await withScratchFolder(values.scratch, async (scratch) => {
  mkdirSync(join(scratch, 'none'))
  const half = Math.floor(fileCount / 2)
  console.log(`making ${fileCount} empty files in ${scratch} ...`)
  await makeFiles(join(scratch, 'all', 'first'), half)
  await makeFiles(join(scratch, 'all', 'second'), fileCount - half)

  for (const { name, flags } of [
    { name: 'plan', flags: ['plan'] },
    { name: 'dry run', flags: ['run', '--dry-run'] },
    ...(values.convert ? [{ name: 'convert --no-fsync', flags: ['run', '--no-fsync'] }] : []),
  ]) {
    const [none, first, all] = [
      await measure(scratch, 'none', flags),
      await measure(scratch, join('all', 'first'), flags),
      await measure(scratch, 'all', flags),
    ]
    const bytesPerFile = (all.peakBytes - none.peakBytes) / fileCount
    const growth = (all.wallSeconds - none.wallSeconds) / (first.wallSeconds - none.wallSeconds)
    console.log(
      `${name}: ${half} files ${first.wallSeconds.toFixed(1)} s, ${fileCount} files ${all.wallSeconds.toFixed(1)} s ` +
        `(${growth.toFixed(2)} x the time for twice the files), peak ${(all.peakBytes / 1e6).toFixed(0)} MB`,
    )
    const verdict = bytesPerFile <= BYTES_PER_FILE_ALLOWED ? 'pass ' : 'SHORT'
    console.log(
      `${verdict} ${name}: ${bytesPerFile.toFixed(0)} bytes of memory a file (at most ${BYTES_PER_FILE_ALLOWED})`,
    )
  }
})

async function makeFiles(root, count) {
  for (let file = 0; file < count; file++) {
    const folder = join(root, `folder-${Math.floor(file / FILES_PER_FOLDER)}`)
    if (file % FILES_PER_FOLDER === 0) {
      mkdirSync(folder, { recursive: true })
      await nextTurn()
    }
    closeSync(openSync(join(folder, `file-${file}.csv`), 'w'))
  }
}

async function measure(scratch, source, flags) {
  const target = join(scratch, 'target')
  const paths = ['--in', join(scratch, source), '--out', target]
  const cost = await measureProcess(process.execPath, [cli, ...flags, ...paths, '--to', 'ndjson'])
  rmSync(target, { recursive: true, force: true })
  return cost
}
