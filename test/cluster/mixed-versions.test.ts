import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseClusterUrl } from '../../src/cluster/queue/cluster-url.ts'
import { openQueue, type ShardQueue } from '../../src/cluster/queue/open-queue.ts'
import { readClusterState } from '../../src/control/coordinator/cluster-state.ts'
import type { NodeEvent } from '../../src/control/node/node-events.ts'
import { serveNode } from '../../src/control/node/serve-node.ts'
import { PLAN_VERSION } from '../../src/model/frozen-plan.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import { countTargets, expectWhole, prepareSources } from './scenarios.ts'
import type { QueueDatabase } from './servers/child-server.ts'
import { SERVERS_OF_CHOICE } from './servers/for-each-server.ts'

describe.each(SERVERS_OF_CHOICE)('nodes of two versions on $name', ({ share, isMissing }) => {
  describe.skipIf(isMissing)('share a queue', () => {
    const folder = suiteFolder()
    let server: QueueDatabase
    let bed: ClusterBed
    let queue: ShardQueue
    const leaving = new AbortController()
    beforeAll(async () => {
      server = await share()
      bed = new ClusterBed(folder, server.url)
      queue = await openQueue({ server: parseClusterUrl(server.url), queue: 'drover' })
    })
    afterEach(() => {
      leaving.abort()
      return bed.endNodes('SIGKILL')
    })
    afterAll(async () => {
      await queue?.close()
      await bed?.remove()
      await server?.stop()
    })

    it('and who does not know a plan leaves its jobs to those who do, says so once, and no file fails by it', async () => {
      const gold = await prepareSources(bed, 20)
      const address = { server: parseClusterUrl(server.url), queue: 'drover' }
      const events: NodeEvent[] = []
      const options = { address, root: bed.folder, threads: '1', planVersion: PLAN_VERSION + 1 }
      const other = serveNode(options, { signal: leaving.signal, onEvent: (event) => events.push(event) })
      while (!events.some(({ type }) => type === 'joined')) await sleep(20)

      const out = bed.newOut()
      const over = new AbortController()
      const running = bed.coordinate(out, ['--shard-files', '10']).finally(() => over.abort())
      // It has had a job in its hands twice.
      for (let started = 0; started < 2 && !over.signal.aborted; await sleep(50)) {
        const jobs = await queue.getJobs(['waiting', 'delayed', 'active', 'failed'])
        started = Math.max(0, ...jobs.map(({ attemptsStarted }) => attemptsStarted))
        for (const { attemptsMade } of jobs) expect(attemptsMade).toBe(0)
      }
      const { nodes } = await readClusterState(address)
      expect(nodes).toMatchObject([{ planVersion: PLAN_VERSION + 1, refused: { jobs: 1, code: 'PLAN_REFUSED' } }])

      await bed.startNodes(1)
      const ended = await running
      expect(ended.stderr).toContain('takes no part')
      await expectWhole(out, gold, ended, countTargets(gold))
      leaving.abort()
      expect(await other).toEqual({ shards: 0, files: 0, bytes: 0, refusedJobs: 1 })
      expect(events.filter(({ type }) => type === 'job-refused')).toMatchObject([{ code: 'PLAN_REFUSED' }])
    })
  })
})
