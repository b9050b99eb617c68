import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM, runProgram, type Ended } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { contentsOf, expectNothingWrong } from '../faults/tree-state.ts'

/*
 * Limits of the system: whatever a run may not have, it ends by a clear line or rightly, and a signal ends it. `DROVER_TRUST=full` takes all
 * steps; the short form takes some.
 */

const isFull = process.env['DROVER_TRUST'] === 'full'
const RUN_MS = 60_000
const STOP_MS = 5000
const MIB = 2 ** 20
/** A user who runs nothing else. */
const LONELY_UID = 64_321

interface Limit {
  readonly name: string
  readonly prefix: readonly string[]
}

const steps = <Value>(all: readonly Value[], short: readonly Value[]): readonly Value[] => (isFull ? all : short)
const asLonely = ['setpriv', `--reuid=${LONELY_UID}`, `--regid=${LONELY_UID}`, '--clear-groups']

function works(words: readonly string[]): boolean {
  return spawnSync(words[0] ?? '', words.slice(1), { stdio: 'ignore' }).status === 0
}

const noPrlimit = works(['prlimit', '--version']) ? null : 'there is no prlimit'
const noUser =
  noPrlimit ??
  (works([...asLonely, process.execPath, PROGRAM, '--version']) ? null : 'no other user can start the program')
const pidsGroup = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup']
  .map((root) => join(root, `drover-test-${process.pid}`))
  .find(canLimitPids)

function canLimitPids(group: string): boolean {
  try {
    mkdirSync(group)
    return existsSync(join(group, 'pids.max'))
  } catch {
    return false
  }
}

const limits: Limit[] = []
if (noPrlimit === null) {
  for (const mebibytes of steps(
    [600, 1200, 2000, 4000, 8000, 12_000, 13_500, 13_700, 14_000, 24_000],
    [1200, 8000, 13_700],
  ))
    limits.push({ name: `-v ${mebibytes} MiB`, prefix: ['prlimit', `--as=${mebibytes * MIB}`] })
  for (const files of steps([12, 16, 20, 24, 28, 32, 40, 48, 64], [32]))
    limits.push({ name: `-n ${files}`, prefix: ['prlimit', `--nofile=${files}`] })
  for (const bytes of steps([0, 1, 4096, 100_000], [4096]))
    limits.push({ name: `file size ${bytes}`, prefix: ['prlimit', `--fsize=${bytes}`] })
}
if (noUser === null) {
  for (const processes of steps([8, 11, 12, 14, 16, 32], [16]))
    limits.push({ name: `-u ${processes}`, prefix: [...asLonely, 'prlimit', `--nproc=${processes}`] })
}
if (pidsGroup !== undefined) {
  for (const pids of steps([12, 16, 24], [16])) {
    const enter = `echo ${pids} > ${pidsGroup}/pids.max && echo $$ > ${pidsGroup}/cgroup.procs && exec "$@"`
    limits.push({ name: `pids.max ${pids}`, prefix: ['sh', '-c', enter, 'sh'] })
  }
}
for (const [what, reason] of [
  ['limits of the process', noPrlimit],
  ['limits of a user', noUser],
  ['control groups', pidsGroup === undefined ? 'no control group for pids can be made here' : null],
]) {
  if (reason !== null) console.log(`tests of ${what} are skipped: ${reason}`)
}

/** Node ended by its own assertion, before or while it loaded the program; or the program could not be loaded at all. */
function isNodesOwn({ exitCode, signal, stderr }: Ended): boolean {
  const isAborted = signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGSEGV' || (exitCode ?? 0) >= 133
  return isAborted || (/EMFILE: too many open files, open '.*\/dist\//.test(stderr) && stderr.includes('node:'))
}

/** Limits under which Node may end by itself: see docs/reliability.md. */
const BELOW_NODE = /^-v 600|^-n (?:12|16|20|24)$|^-u (?:8|11)$|^pids.max 12/

function argsOf(source: string, out: string): string[] {
  return ['--in', source, '--out', out, '--threads', '4', '--retries', '0', '-q']
}

type Contents = Readonly<Record<string, string>>

/** What is wrong with the end of a run, in words; `right` where nothing is. */
function judge(name: string, ended: Ended, contents: Contents, gold: Contents): string {
  const { exitCode, signal, stderr } = ended
  if (signal === 'SIGKILL') return `hangs: ${stderr}`
  if (isNodesOwn(ended)) return BELOW_NODE.test(name) ? 'right' : `Node ended: ${stderr}`
  if (/\n\s+at .*:\d+|unhandled|UNEXPECTED|a fault of Drover/i.test(stderr)) return `no clear line: ${stderr}`
  if (exitCode === 0) return isDeepStrictEqual(contents, gold) ? 'right' : 'targets are missing'
  return stderr === '' ? `exit ${exitCode} without a word` : 'right'
}

describe('under a limit of the system', () => {
  const folder = suiteFolder()
  const source = join(folder, 'in')
  let gold: Record<string, string> = {}
  const table: string[] = []

  beforeAll(async () => {
    chmodSync(folder, 0o777)
    mkdirSync(source)
    // Each large one is a task of its own, so that all threads are asked for.
    for (let index = 0; index < 4; index++)
      writeFileSync(join(source, `large-${index}.csv`), `a,b\n${`${index},some text\n`.repeat(30_000)}`)
    writeFileSync(join(source, 'small.csv'), 'a,b\n1,2\n')
    await runProgram(['--in', source, '--out', join(folder, 'gold'), '--threads', '1'])
    gold = contentsOf(join(folder, 'gold'))
    if (Object.keys(gold).length !== 5) throw new Error('the gold run failed')
  })

  afterAll(() => {
    console.log(['limit | exit | seconds | TERM ends it after | what it says', ...table].join('\n'))
    if (pidsGroup !== undefined) spawnSync('rmdir', [pidsGroup])
  })

  it.each(limits)(
    'a run ends in 60 s, rightly or by a clear line, and within 5 s of a signal: $name',
    async ({ name, prefix }) => {
      const out = join(folder, name.replaceAll(/\W+/g, '-'))
      const ended = await runProgram(argsOf(source, out), {
        prefix,
        onStart: (child) => void setTimeout(() => child.kill('SIGKILL'), RUN_MS),
      })
      expect(judge(name, ended, contentsOf(out), gold)).toBe('right')
      await expectNothingWrong(out, gold)

      let signalledMs = 0
      const slow = join(folder, `${name.replaceAll(/\W+/g, '-')}-slow`)
      const stopped = await runProgram([...argsOf(source, slow), '--latency', '700ms'], {
        prefix,
        onStart: (child) => {
          setTimeout(() => {
            signalledMs = performance.now()
            child.kill('SIGTERM')
          }, 1500)
          setTimeout(() => child.kill('SIGKILL'), RUN_MS)
        },
      })
      const stopMs = signalledMs === 0 ? null : performance.now() - signalledMs
      expect(stopped.signal, `${name} ignores SIGTERM`).not.toBe('SIGKILL')
      expect(stopMs ?? 0).toBeLessThan(STOP_MS)
      const said = ended.stderr.trim().split('\n', 1)[0]?.slice(0, 150)
      const end = ended.signal ?? ended.exitCode
      table.push(
        `${name} | ${end} | ${(ended.durationMs / 1000).toFixed(1)} | ${stopMs === null ? 'ended before' : `${(stopMs / 1000).toFixed(1)} s`} | ${isNodesOwn(ended) ? "Node's own message" : said}`,
      )
      for (const tree of [out, slow]) rmSync(tree, { recursive: true, force: true })
    },
    2 * RUN_MS + 20_000,
  )
})
