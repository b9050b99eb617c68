import { RunCourse } from '../../../src/cli/dashboard/run-course.ts'
import type { RunView } from '../../../src/cli/dashboard/run-watch.ts'
import type { ClusterState, NodeState, RunState } from '../../../src/control/coordinator/cluster-state.ts'
import type { NodeFigures, Report } from '../../../src/model/report.ts'
import { measuredReport } from '../report/sample-measured.ts'

/** A run on two nodes, a third of it done, as a dashboard that looked at it for 20 seconds knows it. */

export const NOW = Date.parse('2026-11-27T21:00:20.000Z')
export const GENERATION = '000007-3fa9c2'

export function sampleNode(name: string, more: Partial<NodeState> = {}): NodeState {
  return {
    node: { name, host: 'host', pid: 7, threads: 4, cores: 8, cpu: null },
    version: '0.1.0',
    planVersion: 4,
    state: 'serving',
    megabytesPerSecond: 42.5,
    verdict: 'cpu-bound',
    shards: [],
    refused: null,
    startedAtMs: NOW - 60_000,
    atMs: NOW - 300,
    isConnected: true,
    ...more,
  }
}

export function sampleShard(shard: number, file = `orders/part-${shard}.csv`): NodeState['shards'][number] {
  return {
    generation: GENERATION,
    shard,
    from: null,
    state: 'converting',
    fileCount: 40,
    bytes: 400e6,
    doneFiles: 10,
    failedFiles: 0,
    readBytes: 100e6,
    records: { read: 1000, written: 999, rejected: 1, filtered: 0 },
    rejectCodes: {},
    failuresByCode: {},
    current: [{ file, readBytes: 5e6, sizeBytes: 10e6 }],
  }
}

function figuresOf(name: string): NodeFigures {
  return {
    name,
    host: 'host',
    threads: 4,
    cores: 8,
    cpu: null,
    files: 50,
    sourceBytes: 500e6,
    busyMs: 10_000,
    megabytesPerSecond: 50,
    secondsPerGb: 20,
    verdict: 'cpu-bound',
  }
}

export function sampleRun(more: Partial<RunState> = {}): RunState {
  return {
    runId: GENERATION,
    generation: GENERATION,
    sourceRoot: 'data/old',
    targetRoot: 'data/new',
    coordinator: { host: 'host', pid: 8, version: '0.1.0' },
    state: 'converting',
    stopped: null,
    startedAtMs: NOW - 20_000,
    lastSignMs: NOW - 200,
    alreadyDoneFiles: 3,
    total: { files: 300, bytes: 3.6e9 },
    done: { files: 120, bytes: 1.2e9 },
    shards: { total: 9, done: 3, inWork: 2, waiting: 4 },
    records: { read: 4000, written: 3990, rejected: 10, filtered: 0 },
    rejectCodes: { FIELD_COUNT: 7, BARE_CR: 3 },
    failedFiles: 3,
    failuresByCode: { UNTERMINATED_QUOTE: 2, TARGET_LINK: 1 },
    findings: {
      verdict: {
        kind: 'cpu-bound',
        evidence: 'on CPU 97%',
        advice: 'more cores will help',
        shares: { onCpu: 0.97, runQueue: 0.01, waiting: 0.02 },
      },
      advice: '2 nodes: 100 MB/s in all, bound by CPU: more machines will help as long as the share keeps up',
      nodes: [figuresOf('node-a'), figuresOf('node-b')],
    },
    inWork: [
      { ...sampleShard(3), node: 'node-a' },
      { ...sampleShard(4), node: 'node-b' },
    ],
    ...more,
  }
}

export function sampleState(more: Partial<ClusterState> = {}): ClusterState {
  return {
    server: 'redis://queue.example',
    queue: 'drover',
    atMs: NOW,
    jobs: { waiting: 4, active: 2, delayed: 0, completed: 3, failed: 0 },
    runs: [sampleRun()],
    nodes: [
      sampleNode('node-a', { shards: [sampleShard(3)] }),
      sampleNode('node-b', { shards: [sampleShard(4)], atMs: NOW - 4000 }),
      sampleNode('node-c', { megabytesPerSecond: 0, verdict: null, state: 'draining' }),
    ],
    failures: [],
    ...more,
  }
}

export function sampleView(more: Partial<RunView> = {}): RunView {
  const course = new RunCourse()
  for (let second = 0; second <= 20; second++) course.add(second * 1000, 60)
  const state = more.state === undefined ? sampleState() : more.state
  return { state, run: state?.runs[0] ?? null, report: null, course, away: null, ...more }
}

/** The report of that run. */
export function clusterReport(): Report {
  return {
    ...measuredReport(20),
    runId: GENERATION,
    cluster: {
      backEnd: 'redis',
      shards: 9,
      generations: 1,
      nodes: [figuresOf('node-a'), figuresOf('node-b')],
      imbalance: 1,
      advice: '2 nodes: 100 MB/s in all, bound by CPU: more machines will help as long as the share keeps up',
    },
  }
}

export function endedView(): RunView {
  const run = sampleRun({
    state: 'ended',
    done: { files: 300, bytes: 3.6e9 },
    shards: { total: 9, done: 9, inWork: 0, waiting: 0 },
    inWork: [],
  })
  const nodes = [sampleNode('node-a', { megabytesPerSecond: 0 })]
  return sampleView({ state: sampleState({ runs: [run], nodes }), report: clusterReport() })
}

export function emptyView(): RunView {
  return { ...sampleView({ state: sampleState({ runs: [], nodes: [] }) }), course: new RunCourse() }
}
