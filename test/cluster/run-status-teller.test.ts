import { expect, it } from 'vitest'
import type { Register } from '../../src/cluster/cluster-register.ts'
import type { NodeStatus } from '../../src/cluster/node-status.ts'
import { RunStatusTeller } from '../../src/control/coordinator/run-status-teller.ts'
import type { MigrateEvent } from '../../src/model/events.ts'
import { PLAN_VERSION } from '../../src/model/frozen-plan.ts'
import { RunTally } from '../../src/report/run-tally.ts'

const GENERATION = '000001-abcdef'

/** A node that still tells of shard 0, all of it read and its files grown, beside shard 1. */
function nodeAt(planVersion: number): NodeStatus {
  const shard = {
    generation: GENERATION,
    from: null,
    state: 'converting' as const,
    fileCount: 10,
    bytes: 1000,
    failedFiles: 0,
    records: { read: 5, written: 5, rejected: 0, filtered: 0 },
    rejectCodes: {},
    failuresByCode: {},
    current: [],
  }
  return {
    node: { name: 'n', host: 'host', pid: 1, threads: 1, cores: 2, cpu: null },
    version: '1.0.0',
    planVersion,
    state: 'serving',
    megabytesPerSecond: 1,
    verdict: null,
    shards: [
      { ...shard, shard: 0, doneFiles: 10, readBytes: 1000 },
      { ...shard, shard: 1, doneFiles: 4, readBytes: 1300 },
    ],
    refused: null,
    startedAtMs: Date.now(),
    atMs: Date.now(),
  }
}

/** A run of two shards of which the first is settled. @returns what the coordinator says. */
async function look(node: NodeStatus): Promise<{ readonly events: MigrateEvent[]; readonly warnings: string[] }> {
  const entry = { name: 'node', progress: node, updateProgress: () => Promise.resolve(), timestamp: Date.now() }
  const register = {
    addBulk: () => Promise.resolve([entry]),
    getJob: () => Promise.resolve(entry),
    getJobs: () => Promise.resolve([entry]),
  } as unknown as Register
  const events: MigrateEvent[] = []
  const warnings: string[] = []
  const teller = new RunStatusTeller({
    register,
    runId: GENERATION,
    sourceRoot: 'old',
    targetRoot: 'new',
    startedAtMs: Date.now(),
    tally: new RunTally(),
    readFindings: () => null,
    hooks: { onEvent: (event) => void events.push(event) },
    warn: (code, message) => void warnings.push(`${code}: ${message}`),
  })
  teller.plan({ files: 20, bytes: 2000, alreadyDone: 0 })
  teller.beginGeneration(GENERATION, 2)
  for (let file = 0; file < 10; file++) teller.settle(100)
  await teller.look(new Set([1]))
  teller.beginGeneration(GENERATION, 2)
  await teller.look(new Set([1]))
  return { events, warnings }
}

it('the progress of a coordinator counts a settled shard once, and nothing is more than there is', async () => {
  const { events, warnings } = await look(nodeAt(PLAN_VERSION))
  expect(events).toMatchObject([
    { doneFiles: 14, readBytes: 2000 },
    { doneFiles: 14, readBytes: 2000 },
  ])
  expect(warnings).toEqual([])
})

it('a coordinator tells once of a node of another version', async () => {
  const { warnings } = await look(nodeAt(PLAN_VERSION + 1))
  expect(warnings).toEqual([expect.stringMatching(/^PLAN_REFUSED: node n takes no part: .*version/)])
})
