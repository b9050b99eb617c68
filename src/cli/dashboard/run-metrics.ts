import type { NodeState, RunState } from '../../control/coordinator/cluster-state.ts'
import { readDroverVersion } from '../../report/drover-version.ts'
import type { MetricFamily, MetricSample } from './exposition.ts'
import type { RunView } from './run-watch.ts'

/** Runs of the last days that are told of: each is a set of series of its own. */
const MOST_RUNS = 10

/** The figures of the page as metrics: docs/cluster.md lists them. */
export function describeMetrics({ state, away, run, course }: RunView): MetricFamily[] {
  const runs = state?.runs.slice(0, MOST_RUNS) ?? []
  const current = run !== null && run.state !== 'ended' ? [run] : []
  return [
    gauge('drover_build_info', 'The version of this dashboard.', [
      { labels: { version: readDroverVersion() }, value: 1 },
    ]),
    gauge('drover_queue_up', 'Whether the server of the queue answers.', [{ value: away === null ? 1 : 0 }]),
    gauge(
      'drover_queue_read_timestamp_seconds',
      'When the server of the queue answered last.',
      state === null ? [] : [{ value: state.atMs / 1000 }],
    ),
    gauge(
      'drover_queue_jobs',
      'Jobs on the queue: shards, or parts of them.',
      Object.entries(state?.jobs ?? {}).map(([name, value]) => ({ labels: { state: name }, value })),
    ),
    ...courseFamilies(runs),
    ...outcomeFamilies(runs),
    gauge(
      'drover_run_read_bytes_per_second',
      'Bytes of sources that nodes read for the run at work, over the last seconds.',
      current.map(({ runId }) => ({ labels: { run: runId }, value: course.bytesPerMs * 1000 })),
    ),
    ...nodeFamilies(state?.nodes ?? []),
  ]
}

/** A sample for each value of a label. */
function samplesBy(
  runs: readonly RunState[],
  label: string,
  valuesOf: (run: RunState) => Readonly<Record<string, number>>,
): MetricSample[] {
  return runs.flatMap((run) =>
    Object.entries(valuesOf(run)).map(([key, value]) => ({ labels: { run: run.runId, [label]: key }, value })),
  )
}

/** How far runs are. */
function courseFamilies(runs: readonly RunState[]): MetricFamily[] {
  const one = (valueOf: (run: RunState) => number): MetricSample[] =>
    runs.map((run) => ({ labels: { run: run.runId }, value: valueOf(run) }))
  return [
    gauge(
      'drover_run_info',
      'The trees of a run, relative to the root of its nodes, and how far it is.',
      runs.map(({ runId, sourceRoot, targetRoot, state }) => ({
        labels: { run: runId, source: sourceRoot, target: targetRoot, state },
        value: 1,
      })),
    ),
    gauge(
      'drover_run_start_timestamp_seconds',
      'When the run began.',
      one(({ startedAtMs }) => startedAtMs / 1000),
    ),
    gauge(
      'drover_run_last_sign_timestamp_seconds',
      'The last sign of life of the coordinator; of a run that has ended, its end.',
      one(({ lastSignMs }) => lastSignMs / 1000),
    ),
    gauge(
      'drover_run_source_bytes',
      'Bytes of sources to convert.',
      one(({ total }) => total.bytes),
    ),
    gauge(
      'drover_run_done_bytes',
      'Bytes of sources read; they go back when a node dies.',
      one(({ done }) => done.bytes),
    ),
    gauge(
      'drover_run_files',
      'Files to convert.',
      one(({ total }) => total.files),
    ),
    gauge(
      'drover_run_done_files',
      'Files that have ended, failed ones included.',
      one(({ done }) => done.files),
    ),
    gauge(
      'drover_run_shards',
      'Shards by state.',
      samplesBy(runs, 'state', ({ shards }) => ({
        done: shards.done,
        in_work: shards.inWork,
        waiting: shards.waiting,
      })),
    ),
  ]
}

/** What became of records and files. */
function outcomeFamilies(runs: readonly RunState[]): MetricFamily[] {
  return [
    counter(
      'drover_run_records_total',
      'Records of settled files, by what became of them.',
      samplesBy(runs, 'outcome', ({ records: { written, rejected, filtered } }) => ({ written, rejected, filtered })),
    ),
    counter(
      'drover_run_rejects_total',
      'Rejected records of settled files, by code.',
      samplesBy(runs, 'code', ({ rejectCodes }) => rejectCodes),
    ),
    counter(
      'drover_run_failed_files_total',
      'Files that failed, by code.',
      samplesBy(runs, 'code', ({ failuresByCode }) => failuresByCode),
    ),
  ]
}

function nodeFamilies(nodes: readonly NodeState[]): MetricFamily[] {
  const one = (valueOf: (node: NodeState) => number): MetricSample[] =>
    nodes.map((node) => ({ labels: { node: node.node.name }, value: valueOf(node) }))
  return [
    gauge(
      'drover_node_threads',
      'Threads of a node.',
      one(({ node }) => node.threads),
    ),
    gauge(
      'drover_node_shards',
      'Shards that a node has in its hands.',
      one(({ shards }) => shards.length),
    ),
    gauge(
      'drover_node_read_bytes_per_second',
      'Bytes of sources that a node reads, over the last seconds.',
      one(({ megabytesPerSecond }) => megabytesPerSecond * 1e6),
    ),
    gauge(
      'drover_node_last_sign_timestamp_seconds',
      'The last sign of life of a node.',
      one(({ atMs }) => atMs / 1000),
    ),
    counter(
      'drover_node_refused_jobs_total',
      'Jobs that a node refused.',
      one(({ refused }) => refused?.jobs ?? 0),
    ),
  ]
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, help, type: 'gauge', samples }
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, help, type: 'counter', samples }
}
