import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runProgram } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { expectGold, expectNothingLeft } from '../faults/tree-state.ts'
import { ClusterBed } from './cluster-bed.ts'
import { countTargets, expectWhole, prepareSources } from './scenarios.ts'
import { startRedis, whyNoRedis } from './servers/redis-server.ts'
import { TwoHosts } from './two-hosts.ts'

const CUT_MS = 40_000
/** Two shards take one thread 20 s and more, so that a node still has one in work when it gives up, which takes 12 s. */
const VERY_SLOW = ['--bwlimit', '150k', '--shard-files', '80']

/** It takes a minute: only in `npm run test:cluster`. */
const isShort = process.env['DROVER_CLUSTER'] !== 'full'
const whyNot = isShort ? null : (TwoHosts.whyNot() ?? whyNoRedis())
if (whyNot !== null) console.log(whyNot)

describe.skipIf(isShort || whyNot !== null)('a node whose network is cut for 40 s', () => {
  const folder = suiteFolder()

  it('gives its shards up by itself, others convert them, and it goes on when it is back', async () => {
    const hosts = new TwoHosts()
    onTestFinished(() => hosts.remove())
    const server = await startRedis(join(folder, 'server'), { host: hosts.address, prefix: hosts.on(0) })
    onTestFinished(() => server.stop())
    const bed = new ClusterBed(folder, server.url)
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') console.log(bed.said())
      await bed.remove()
    })
    const gold = await prepareSources(bed)
    const cutOff = bed.startNode({ prefix: hosts.on(1) })
    const other = bed.startNode({ prefix: hosts.on(0) })
    await Promise.all([cutOff.saw('node-joined'), other.saw('node-joined')])
    const out = bed.newOut()
    const args = ['--in', bed.source, '--out', out, '--to', 'ndjson', '--cluster', server.url, '-v', ...VERY_SLOW]
    const running = runProgram(args, { prefix: hosts.on(0) })
    await cutOff.saw('node-shard-started')
    await sleep(300)
    const cutAtMs = Date.now()
    hosts.setConnected(false)
    const lost = await cutOff.saw('node-lease-lost')
    console.log(`a node that was cut off gave up after ${((Date.parse(lost.time) - cutAtMs) / 1000).toFixed(1)} s`)
    const ended = await running
    await sleep(Math.max(0, CUT_MS - (Date.now() - cutAtMs)))
    const linesBefore = cutOff.lines.length
    hosts.setConnected(true)
    await expectWhole(out, gold, ended, countTargets(gold))

    const again = bed.newOut()
    await other.end()
    const resumed = runProgram(
      args.map((word) => (word === out ? again : word)),
      { prefix: hosts.on(0) },
    )
    await cutOff.saw('node-shard-started', (line) => cutOff.lines.indexOf(line) >= linesBefore)
    await expectWhole(again, gold, await resumed, countTargets(gold))
    // What it still had in its hands is in nobody's way.
    await expectGold(out, gold, 'after the cut')
    expectNothingLeft(out)
    expect(cutOff.isRunning).toBe(true)
  }, 300_000)
})
