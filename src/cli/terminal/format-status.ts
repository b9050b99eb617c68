import type { ClusterState, NodeState, RunState } from '../../control/coordinator/cluster-state.ts'
import { printableMessage, printableName } from '../../errors/printable-name.ts'
import { countOf, formatBytes, formatCount, formatDuration, threeDigits } from './format-quantity.ts'

/** Ended runs that are named. */
const NAMED_RUNS = 3

/** What `migrate status` prints. */
export function formatStatus({ server, queue, atMs, jobs, runs, nodes, failures }: ClusterState): string {
  const counts = Object.entries(jobs).map(([state, count]) => `${count} ${state}`)
  const atWork = runs.filter(({ state }) => state !== 'ended')
  const ended = runs.filter(({ state }) => state === 'ended').slice(0, NAMED_RUNS)
  const lines = [
    `${server}, queue ${queue}`,
    `  jobs       ${counts.join(', ')}`,
    ...(runs.length === 0 ? ['  runs       none'] : []),
    ...[...atWork, ...ended].flatMap((run) => describeRun(run, atMs)),
    `  nodes      ${nodes.length}`,
    ...nodes.flatMap((node) => describeNode(node, atMs)),
    ...failures.map(
      ({ jobId, reason }) =>
        `  failed     ${printableName(jobId.slice(0, 8))}...${printableName(jobId.slice(-24))}: ${printableName(reason)}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function describeRun(run: RunState, atMs: number): string[] {
  const { done, total, shards, coordinator } = run
  const state = STATES[run.state]
  const failed = Object.entries(run.failuresByCode).map(([code, count]) => `${count} ${code}`)
  return [
    `  run        ${printableName(run.runId)}: ${printableName(run.sourceRoot)} to ${printableName(run.targetRoot)}, ${state} ${ago(run.lastSignMs, atMs)}`,
    `    ${formatCount(done.files)} of ${countOf(total.files, 'file')}, ${formatBytes(done.bytes)} of ${formatBytes(total.bytes)}`,
    `    shards: ${shards.done} of ${shards.total} done, ${shards.inWork} in work, ${shards.waiting} waiting`,
    `    ${countOf(run.records.read, 'record')} read, ${formatCount(run.records.rejected)} rejected`,
    ...(run.failedFiles === 0 ? [] : [`    ${countOf(run.failedFiles, 'file')} failed: ${failed.join(', ')}`]),
    `    coordinator: process ${coordinator.pid} on ${printableName(coordinator.host)}, Drover ${printableName(coordinator.version)}`,
  ]
}

const STATES: Readonly<Record<RunState['state'], string>> = {
  converting: 'at work, last sign of life',
  settling: 'settling, last sign of life',
  ended: 'ended',
  silent: 'its coordinator has told nothing since',
}

function describeNode({ node, shards, ...status }: NodeState, atMs: number): string[] {
  const bound = status.verdict === null ? '' : `, ${status.verdict}`
  const what = status.state === 'draining' ? ', draining' : shards.length === 0 ? ', no shard' : ''
  const isGone = status.isConnected === false ? ', not connected' : ''
  return [
    `  ${node.name} on ${printableName(node.host)}: ${countOf(node.threads, 'thread')}, ${threeDigits(status.megabytesPerSecond)} MB/s${bound}${what}${isGone}, Drover ${printableName(status.version)}, last sign of life ${ago(status.atMs, atMs)}`,
    ...shards.flatMap((shard) => [
      `    shard ${shard.shard}: ${formatCount(shard.doneFiles)} of ${countOf(shard.fileCount, 'file')}, ${formatBytes(shard.readBytes)} of ${formatBytes(shard.bytes)}${shard.state === 'waiting' ? ', waits for the threads' : ''}`,
      ...shard.current.map(({ file }) => `      ${printableName(file)}`),
    ]),
    ...(status.refused === null
      ? []
      : [
          `    refused ${countOf(status.refused.jobs, 'job')}: ${printableMessage(`${status.refused.code}: ${status.refused.message}`)}`,
        ]),
  ]
}

function ago(thenMs: number, nowMs: number): string {
  return `${formatDuration(Math.max(0, nowMs - thenMs))} ago`
}
