import type { ChildProcess } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectExit, runProgram } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { expectNothingLeft } from '../faults/tree-state.ts'
import { ClusterBed } from './cluster-bed.ts'
import { whyNoRedis } from './servers/redis-server.ts'
import { sharedDatabase } from './servers/shared-database.ts'

const TERABYTES = 1e12
const STOPPED_BY_INTERRUPT = 130

/** More than any disk of a test has free, and hardly a byte of it is there. */
function writeHuge(source: string): void {
  const path = join(source, 'huge.csv')
  writeFileSync(path, 'id,name\n'.concat('1,a name that is long enough\n'.repeat(200_000)))
  truncateSync(path, 8 * TERABYTES)
}

/** Ctrl-C as soon as the warning is there: once, since the summary has it again, and a second one ends a run at once. */
function stopAtWarning(): (child: ChildProcess, text: string) => void {
  let isStopped = false
  return (child, text) => {
    if (isStopped || !text.includes('will probably need')) return
    isStopped = true
    child.kill('SIGINT')
  }
}

describe('targets that will not fit are told of before the first of them', () => {
  const folder = suiteFolder()
  it.skipIf(whyNoRedis() !== null)('by a coordinator, whether nodes are there or not', async () => {
    const bed = new ClusterBed(folder, (await sharedDatabase('redis')).url)
    onTestFinished(() => bed.remove())
    writeHuge(bed.source)
    const out = bed.newOut()
    const ended = await runProgram(['--in', bed.source, '--out', out, '--to', 'ndjson', '--cluster', bed.url], {
      onText: stopAtWarning(),
    })
    expectExit(ended, STOPPED_BY_INTERRUPT)
    expect(ended.stderr).toMatch(/warning: the targets will probably need \d+\.\d TB, but only/)
    expectNothingLeft(out)
  })

  it('and by a run on one machine', async () => {
    const bed = new ClusterBed(folder, '')
    onTestFinished(() => bed.remove())
    writeHuge(bed.source)
    const out = bed.newOut()
    const ended = await runProgram(['--in', bed.source, '--out', out, '--to', 'ndjson', '--threads', '1'], {
      onText: stopAtWarning(),
    })
    expectExit(ended, STOPPED_BY_INTERRUPT)
    expect(ended.stderr).toMatch(/warning: the targets will probably need \d+\.\d TB, but only/)
    expectNothingLeft(out)
  })
})
