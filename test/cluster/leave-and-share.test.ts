import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { parseClusterUrl } from '../../src/cluster/queue/cluster-url.ts'
import { readClusterState, type ClusterState } from '../../src/control/coordinator/cluster-state.ts'
import { expectExit } from '../faults/run-program.ts'
import { writeSources } from '../faults/source-tree.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { contentsOf, expectNothingLeft, expectNothingStaged, expectNothingWrong } from '../faults/tree-state.ts'
import { ClusterBed } from './cluster-bed.ts'
import { clusterSuite } from './cluster-suite.ts'
import { countTargets, expectWhole, SLOW } from './scenarios.ts'
import { freePort } from './servers/child-server.ts'
import { SERVERS_OF_CHOICE } from './servers/for-each-server.ts'

const STOPPED_BY_INTERRUPT = 130
/** Some ten seconds in all, so that much is left when something is seen to be committed. */
const SLOWER = ['--bwlimit', '300k', '--shard-files', '40']

/** Resolves when something is committed, so that a shard is in the middle of its files. */
async function untilCommitted(out: string, isOver: () => boolean): Promise<void> {
  while (Object.keys(contentsOf(out)).length === 0 && !isOver()) await sleep(20)
}

describe.each(SERVERS_OF_CHOICE)('on $name', ({ share, isMissing }) => {
  describe.skipIf(isMissing)('a cluster', () => {
    const suite = clusterSuite(share, 160)
    const untilState = async (isIt: (state: ClusterState) => boolean): Promise<void> => {
      const address = { server: parseClusterUrl(suite.get().server.url), queue: 'drover' }
      while (!isIt(await readClusterState(address))) await sleep(50)
    }

    it('whose coordinator gets Ctrl-C stops its nodes, keeps what is finished, and goes on with the same command', async () => {
      const { bed, gold } = suite.get()
      const nodes = await bed.startNodes(2)
      const out = bed.newOut()
      let coordinator: ChildProcess | undefined
      let isOver = false
      const running = bed.coordinate(out, SLOWER, (child) => (coordinator = child)).finally(() => (isOver = true))
      await untilCommitted(out, () => isOver)
      coordinator?.kill('SIGINT')
      const stopped = await running
      expectExit(stopped, STOPPED_BY_INTERRUPT)
      await expectNothingWrong(out, gold, stopped.stderr)
      const kept = Object.keys(contentsOf(out)).length
      expect(kept).toBeGreaterThan(0)
      expect(kept).toBeLessThan(Object.keys(gold).length)
      for (const node of nodes) expect(node.isRunning).toBe(true)
      await untilState(
        ({ jobs, nodes: all }) => jobs.waiting + jobs.active === 0 && all.every((one) => one.shards.length === 0),
      )
      // A node may have a file in work still: what it tells of itself can be some seconds old.
      await vi.waitFor(() => expectNothingLeft(out), { timeout: 60_000, interval: 100 })

      const ended = await bed.coordinate(out, SLOW)
      expectExit(ended, 12)
      expect(contentsOf(out)).toEqual(gold)
      expectNothingLeft(out)
    })

    it('whose node is told to leave ends the files that it has in work, and another node does the rest', async () => {
      const { bed, gold } = suite.get()
      const [leaving] = await bed.startNodes(1)
      const out = bed.newOut()
      let isOver = false
      const running = bed.coordinate(out, SLOWER).finally(() => (isOver = true))
      await untilCommitted(out, () => isOver)
      expect(await leaving!.end('SIGTERM')).toBe(0)
      const ends = leaving!.lines.filter(({ event }) => event === 'node-shard-ended')
      expect(ends.some(({ files, reason }) => Number(files) > 0 && reason === 'draining')).toBe(true)
      expectNothingStaged(out, 'when the node has left')
      await expectNothingWrong(out, gold)

      await bed.startNodes(1)
      await expectWhole(out, gold, await running, countTargets(gold))
    })

    it('whose last shard waits on a busy node gives it to one that has nothing to do', async () => {
      const { bed, server } = suite.get()
      const small = new ClusterBed(bed.folder, server.url)
      onTestFinished(() => small.remove())
      // Large enough that each is a task of its own: the first shard has tasks left for long.
      writeSources(small.source, { fileCount: 12, sizeBytes: () => 300_000 })
      await small.startNodes(1)
      let coordinator: ChildProcess | undefined
      const flags = ['--bwlimit', '100k', '--shard-files', '6']
      const running = small.coordinate(small.newOut(), flags, (child) => (coordinator = child))
      await untilState(({ nodes }) => nodes.some(({ shards }) => shards.length === 2))
      const [idle] = await small.startNodes(1)
      const first = await Promise.race([idle!.saw('node-shard-started'), running])
      expect(first).toMatchObject({ event: 'node-shard-started' })
      coordinator?.kill('SIGINT')
      expectExit(await running, STOPPED_BY_INTERRUPT)
    })
  })
})

describe('a node', () => {
  const folder = suiteFolder()
  it('that waits for its server hears at once that it shall leave', async () => {
    const bed = new ClusterBed(folder, `redis://127.0.0.1:${await freePort()}`)
    onTestFinished(() => bed.remove())
    const node = bed.startNode()
    await node.saw('node-connection', ({ msg }) => msg.includes('waiting for redis:'))
    // Else it ends when it has waited for long enough, with another code.
    expect(await node.end('SIGTERM')).toBe(0)
  })
})
