import { appendFileSync, cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseClusterUrl } from '../../src/cluster/queue/cluster-url.ts'
import { openQueue, type ShardQueue } from '../../src/cluster/queue/open-queue.ts'
import type { ShardJob } from '../../src/cluster/shard-job.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { listFiles } from '../faults/tree-state.ts'
import { ClusterBed, type NodeProcess } from './cluster-bed.ts'
import type { QueueDatabase } from './servers/child-server.ts'
import { SERVERS_OF_CHOICE } from './servers/for-each-server.ts'

describe.each(SERVERS_OF_CHOICE)('a job that somebody forged on $name', ({ share, isMissing }) => {
  describe.skipIf(isMissing)('is refused and logged', () => {
    const folder = suiteFolder()
    let server: QueueDatabase
    let bed: ClusterBed
    let node: NodeProcess
    let queue: ShardQueue
    let job: ShardJob
    let before: string[]

    const listTrees = (): string[] => listFiles(folder)

    beforeAll(async () => {
      server = await share()
      bed = new ClusterBed(folder, server.url)
      writeFileSync(join(bed.source, 'a.csv'), 'id\n1\n')
      // A plan that nobody works for yet: its coordinator dies.
      const out = bed.newOut()
      const waiting = bed.coordinate(out, [], (child) => {
        const look = setInterval(() => {
          if (listFiles(out).some((path) => path.endsWith('plan.json'))) {
            clearInterval(look)
            setTimeout(() => child.kill('SIGKILL'), 500)
          }
        }, 20)
      })
      await waiting
      queue = await openQueue({ server: parseClusterUrl(server.url), queue: 'drover' })
      const [waitingJob] = await queue.getJobs(['waiting'])
      job = waitingJob!.data
      await waitingJob!.remove()
      // The same plan once more, outside of the root, where a link leads to it.
      const outside = join(folder, 'outside')
      cpSync(bed.folder, outside, { recursive: true })
      symlinkSync(join(outside, 'new-1'), join(bed.folder, 'way-out'))
      node = bed.startNode()
      await node.saw('node-joined')
      before = listTrees()
    })
    afterAll(async () => {
      await queue?.close()
      await bed?.remove()
      await server?.stop()
    })

    const zeros = '0'.repeat(64)
    it.each<[string, (real: ShardJob) => unknown, string]>([
      ['a path outside the root', (real) => ({ ...real, targetRoot: '../outside/new-1' }), 'lies outside --root'],
      ['an absolute path', (real) => ({ ...real, targetRoot: '/etc' }), 'lies outside --root'],
      ['a link that leads out of the root', (real) => ({ ...real, targetRoot: 'way-out' }), 'leads out of --root'],
      ['a plan that is not there', (real) => ({ ...real, manifestHash: zeros }), 'no plan'],
      ['another mapping', (real) => ({ ...real, planHash: zeros }), 'another mapping'],
      ['another plan file', (real) => ({ ...real, planFileHash: zeros }), 'is not the one that the job names'],
      ['a shard that is not there', (real) => ({ ...real, shard: 7 }), 'has no shard 7'],
      ['more than a job says', (real) => ({ ...real, files: ['/etc/passwd'] }), "is not one of Drover's"],
      ['nothing at all', () => null, "is not one of Drover's"],
    ])('that names %s', async (name, forge, message) => {
      const id = `forged-${name.replaceAll(' ', '-')}`
      await queue.addBulk([{ name: 'shard', data: forge(job) as ShardJob, opts: { jobId: id } }])
      const line = await node.saw('node-job-refused', ({ jobId }) => jobId === id)
      expect(line['code']).toBe('PLAN_REFUSED')
      expect(line['message']).toContain(message)
      expect(listTrees()).toEqual(before)
    })

    it('also where somebody changed the plan or a list of files below the root', async () => {
      const plan = join(bed.folder, 'new-1/.migrate/cluster', job.manifestHash, job.generation)
      const list = join(plan, 'shards/0/0.json')
      appendFileSync(
        list,
        '{"index":1,"path":"../../etc/passwd","sizeBytes":1,"mtimeNs":"1","format":"csv","target":"b"}\n',
      )
      await queue.addBulk([{ name: 'shard', data: job, opts: { jobId: 'changed-list' } }])
      const line = await node.saw('node-job-refused', ({ jobId }) => jobId === 'changed-list')
      expect(line['message']).toContain('is not the one that the plan names')
    })
  })
})
