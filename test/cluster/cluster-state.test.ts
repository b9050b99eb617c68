import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseClusterUrl } from '../../src/cluster/queue/cluster-url.ts'
import type { NodeStatus } from '../../src/cluster/node-status.ts'
import type { RunStatus } from '../../src/cluster/run-status.ts'
import { describeEntries, readClusterState, type ClusterState } from '../../src/control/coordinator/cluster-state.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import { prepareSources, SOME_REJECTED } from './scenarios.ts'
import type { QueueDatabase } from './servers/child-server.ts'
import { SERVERS } from './servers/for-each-server.ts'

const NOW = 1_000_000_000
const GENERATION = '000001-abcdef'

function nodeStatus(name: string, shards: readonly Partial<NodeStatus['shards'][number]>[] = []): NodeStatus {
  const shard = {
    generation: GENERATION,
    shard: 0,
    from: null,
    state: 'converting' as const,
    fileCount: 10,
    bytes: 1000,
    doneFiles: 4,
    failedFiles: 0,
    readBytes: 450,
    records: { read: 5, written: 4, rejected: 1, filtered: 0 },
    rejectCodes: { BARE_CR: 1 },
    failuresByCode: {},
    current: [],
  }
  return {
    node: { name, host: 'host', pid: 1, threads: 2, cores: 2, cpu: null },
    version: '1.0.0',
    planVersion: 4,
    state: 'serving',
    megabytesPerSecond: 1,
    verdict: null,
    shards: shards.map((more) => ({ ...shard, ...more })),
    refused: null,
    startedAtMs: NOW - 60_000,
    atMs: NOW - 500,
  }
}

function runStatus(more: Partial<RunStatus> = {}): RunStatus {
  return {
    runId: GENERATION,
    generation: GENERATION,
    sourceRoot: 'old',
    targetRoot: 'new',
    coordinator: { host: 'host', pid: 7, version: '1.0.0' },
    state: 'converting',
    stopped: null,
    startedAtMs: NOW - 30_000,
    atMs: NOW - 700,
    total: { files: 40, bytes: 4000, shards: 4 },
    alreadyDoneFiles: 2,
    settled: { files: 10, bytes: 1000, shards: 1 },
    records: { read: 100, written: 99, rejected: 1, filtered: 0 },
    rejectCodes: { FIELD_COUNT: 1 },
    failuresByCode: { SOURCE_MISSING: 2, TIMEOUT: 1 },
    findings: null,
    ...more,
  }
}

describe('the state of a cluster', () => {
  it('adds what nodes have done of their shards to what is settled, a shard that two nodes have once', () => {
    const [run] = describeEntries(
      {
        nodes: [
          { ...nodeStatus('held-up', [{ shard: 1, doneFiles: 1, readBytes: 100 }]), atMs: NOW - 9000 },
          nodeStatus('a', [{ shard: 1 }, { shard: 2, state: 'waiting', doneFiles: 0, readBytes: 0 }]),
          nodeStatus('other', [{ shard: 3, generation: '000009-aaaaaa' }]),
        ],
        runs: [runStatus()],
      },
      null,
      NOW,
    ).runs
    expect(run).toMatchObject({
      state: 'converting',
      total: { files: 40, bytes: 4000 },
      done: { files: 14, bytes: 1450 },
      shards: { total: 4, done: 1, inWork: 2, waiting: 1 },
      failedFiles: 3,
      inWork: [
        { shard: 1, node: 'a' },
        { shard: 2, node: 'a' },
      ],
    })
  })

  it('never has more done than there is', () => {
    const nodes = [nodeStatus('a', [{ shard: 1, doneFiles: 900, readBytes: 99_999 }])]
    const { done } = describeEntries({ nodes, runs: [runStatus()] }, null, NOW).runs[0]!
    expect(done.files).toBe(40)
    expect(done.bytes).toBeLessThanOrEqual(4000)
  })

  it('tells of a coordinator that is silent, and shows the one that took its place instead', () => {
    const dead = runStatus({ atMs: NOW - 60_000 })
    expect(describeEntries({ nodes: [], runs: [dead] }, null, NOW).runs).toMatchObject([{ state: 'silent' }])
    const runs = [runStatus({ runId: '000002-abcdef' }), dead]
    expect(describeEntries({ nodes: [], runs }, null, NOW).runs).toMatchObject([
      { runId: '000002-abcdef', state: 'converting' },
    ])
  })

  it('leaves out nodes that are neither connected nor were heard lately, and knows names that a server cut off', () => {
    const long = `${'h'.repeat(40)}-12345-abcdef`
    const nodes = [
      { ...nodeStatus('gone'), atMs: NOW - 60_000 },
      { ...nodeStatus('stopped'), atMs: NOW - 60_000 },
      nodeStatus('killed'),
      nodeStatus(long),
    ]
    const state = describeEntries({ nodes, runs: [] }, ['stopped', long.slice(0, 45)], NOW)
    expect(state.nodes.map(({ node, isConnected }) => [node.name, isConnected])).toEqual([
      [long, true],
      ['killed', false],
      ['stopped', true],
    ])
  })
})

describe.each(SERVERS)('the state of a cluster on $name', ({ share, isMissing }) => {
  describe.skipIf(isMissing)('with two nodes', () => {
    const folder = suiteFolder()
    let server: QueueDatabase
    let bed: ClusterBed
    beforeAll(async () => {
      server = await share()
      bed = new ClusterBed(folder, server.url)
    })
    // Nodes that are killed are forgotten some 15 s later, which the next test would wait for: only in the long suite.
    afterEach(() => bed.endNodes(process.env['DROVER_CLUSTER'] === 'full' ? 'SIGKILL' : 'SIGTERM'))
    afterAll(async () => {
      await bed?.remove()
      await server?.stop()
    })
    const read = (): Promise<ClusterState> => readClusterState({ server: parseClusterUrl(server.url), queue: 'drover' })
    const until = async (isIt: (state: ClusterState) => boolean): Promise<ClusterState> => {
      for (;;) {
        const state = await read()
        if (isIt(state)) return state
        await sleep(100)
      }
    }

    it('names each node once, idle or busy, with its threads, and the run with its plan, whoever asks', async () => {
      const gold = await prepareSources(bed, 100)
      const nodes = await bed.startNodes(2, { threads: 2 })
      const names = nodes.map(({ lines }) => (lines[0] as unknown as { node: { name: string } }).node.name).toSorted()
      const idle = await read()
      expect(idle.runs).toEqual([])
      expect(idle.nodes.map(({ node }) => node.name)).toEqual(names)
      expect(idle.nodes).toMatchObject([
        { isConnected: true, shards: [], node: { threads: 2 }, state: 'serving' },
        { isConnected: true, shards: [], node: { threads: 2 }, state: 'serving' },
      ])

      const out = bed.newOut()
      const running = bed.coordinate(out, ['--bwlimit', '150k', '--shard-files', '20'])
      const busy = await until(({ runs: [run] }) => run?.inWork.some(({ readBytes }) => readBytes > 0) ?? false)
      const [run] = busy.runs
      const fileCount = Object.keys(gold).filter((path) => !path.startsWith('.migrate')).length
      expect(busy.nodes.map(({ node }) => node.name)).toEqual(names)
      expect(run).toMatchObject({ state: 'converting', sourceRoot: 'old', total: { files: fileCount } })
      expect(run!.shards.total).toBeGreaterThan(2)
      expect(run!.shards.done + run!.shards.inWork + run!.shards.waiting).toBe(run!.shards.total)
      for (const { node } of run!.inWork) expect(names).toContain(node)

      const ended = await running
      expect(ended.exitCode).toBe(SOME_REJECTED)
      const [after] = (await read()).runs
      expect(after).toMatchObject({ state: 'ended', stopped: null, done: { files: fileCount }, failedFiles: 0 })
      const report = bed.reportOf(out, after!.generation!)
      expect(after!.records).toEqual(report.records)
      expect(after!.total.bytes).toBe(report.sourceBytes)
      expect(after!.rejectCodes).toEqual(report.rejectCodes)
    })

    it('tells which files failed, by code, and forgets nodes that have left', async () => {
      const other = new ClusterBed(folder, server.url)
      writeFileSync(join(other.source, 'good.csv'), 'id\n1\n')
      writeFileSync(join(other.source, 'bad.csv'), 'id,id\n1,2\n')
      const [node] = await other.startNodes(1)
      await other.coordinate(other.newOut())
      const [run] = (await read()).runs
      expect(run).toMatchObject({ state: 'ended', failedFiles: 1, failuresByCode: { DUPLICATE_COLUMN: 1 } })
      await node!.end()
      expect((await until(({ nodes }) => nodes.length === 0)).nodes).toEqual([])
      await other.remove()
    })
  })
})
