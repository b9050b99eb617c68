import { readRegister, type Register, type RegisterEntries } from '../../cluster/cluster-register.ts'
import type { NodeStatus, ShardStatus } from '../../cluster/node-status.ts'
import { openQueue, openRegister, type ShardQueue } from '../../cluster/queue/open-queue.ts'
import type { QueueAddress } from '../../cluster/queue/queue-address.ts'
import type { Patience } from '../../cluster/queue/reach-server.ts'
import type { RunStatus } from '../../cluster/run-status.ts'
import { addCounts, addNumbers } from '../../report/run-tally.ts'

/** The state of a queue, of the runs on it and of the nodes that serve it: what `migrate status` and the dashboard show. */
export interface ClusterState {
  readonly server: string
  readonly queue: string
  /** When it was read; milliseconds since 1970, as all times here. Nodes and coordinators tell times by their own clocks. */
  readonly atMs: number
  /** Jobs by state: a job is a shard, or a part of one. */
  readonly jobs: Readonly<Record<'waiting' | 'active' | 'delayed' | 'completed' | 'failed', number>>
  /** The newest first: those at work, and those that ended in the last days. */
  readonly runs: readonly RunState[]
  /** Each node once, by name. */
  readonly nodes: readonly NodeState[]
  /** The last jobs that failed, with the reason. */
  readonly failures: readonly { readonly jobId: string; readonly reason: string }[]
}

export interface RunState {
  readonly runId: string
  readonly generation: string | null
  /** Relative to `--root`. */
  readonly sourceRoot: string
  readonly targetRoot: string
  readonly coordinator: RunStatus['coordinator']
  /** `silent`: its coordinator has told nothing for a while; it may be dead, and nodes go on. */
  readonly state: 'converting' | 'settling' | 'ended' | 'silent'
  readonly stopped: string | null
  readonly startedAtMs: number
  /** The coordinator's last sign of life; of a run that has ended, its end. */
  readonly lastSignMs: number
  readonly alreadyDoneFiles: number
  /** To convert. */
  readonly total: Amount
  /** Settled, and what nodes have done of the shards in work. */
  readonly done: Amount
  readonly shards: {
    readonly total: number
    readonly done: number
    readonly inWork: number
    readonly waiting: number
  }
  /** Of settled files, and of those that nodes have done of the shards in work; so are the codes below. */
  readonly records: RunStatus['records']
  readonly rejectCodes: Readonly<Record<string, number>>
  readonly failedFiles: number
  readonly failuresByCode: Readonly<Record<string, number>>
  readonly findings: RunStatus['findings']
  /** Shards that nodes have in their hands. */
  readonly inWork: readonly ShardInWork[]
}

interface Amount {
  readonly files: number
  readonly bytes: number
}

export interface ShardInWork extends ShardStatus {
  /** The name of the node. */
  readonly node: string
}

export interface NodeState extends NodeStatus {
  /** Whether the server has a connection of it; null where the server does not tell. */
  readonly isConnected: boolean | null
}

const SHOWN_FAILURES = 10
/** Whoever has told nothing for so long is not counted as at work. */
export const SILENT_MS = 20_000

/** @throws MigrationError QUEUE_UNREACHABLE, QUEUE_REFUSED. */
export async function readClusterState(address: QueueAddress, patience: Patience = {}): Promise<ClusterState> {
  const queue = await openQueue(address, patience)
  try {
    return await stateOf(queue, openRegister(queue), address)
  } finally {
    await queue.close()
  }
}

export async function stateOf(queue: ShardQueue, register: Register, address: QueueAddress): Promise<ClusterState> {
  const [jobs, connected, entries, failed] = await Promise.all([
    queue.getJobCounts('waiting', 'active', 'delayed', 'completed', 'failed'),
    readConnected(queue),
    readRegister(register),
    queue.getJobs(['failed'], 0, SHOWN_FAILURES - 1),
  ])
  const { waiting = 0, active = 0, delayed = 0, completed = 0 } = jobs
  const atMs = Date.now()
  return {
    server: address.server.shown,
    queue: address.queue,
    atMs,
    jobs: { waiting, active, delayed, completed, failed: jobs['failed'] ?? 0 },
    ...describeEntries(entries, connected, atMs),
    failures: failed.map(({ id, failedReason }) => ({ jobId: id ?? '', reason: failedReason ?? '' })),
  }
}

/** The runs and nodes of a register. @param connected names of the nodes that the server has connections of; null: it does not tell. */
export function describeEntries(
  { nodes, runs }: RegisterEntries,
  connected: readonly string[] | null,
  nowMs: number,
): Pick<ClusterState, 'runs' | 'nodes'> {
  const present = nodes
    .map((node) => ({ ...node, isConnected: connected === null ? null : isAmong(connected, node.node.name) }))
    .filter(({ isConnected, atMs }) => isConnected === true || atMs >= nowMs - SILENT_MS)
    .toSorted((a, b) => (a.node.name < b.node.name ? -1 : 1))
  return { nodes: present, runs: withoutSuperseded(runs).map((run) => describeRun(run, present, nowMs)) }
}

/** Postgres cuts names off. */
const CUT_NAME_LENGTH = 40

function isAmong(connected: readonly string[], name: string): boolean {
  return connected.some((one) => one === name || (one.length >= CUT_NAME_LENGTH && name.startsWith(one)))
}

/** A coordinator that goes on with the plan of a dead one takes its place. */
function withoutSuperseded(runs: readonly RunStatus[]): RunStatus[] {
  const seen = new Set<string>()
  return runs.filter(({ generation }) => {
    if (generation === null) return true
    if (seen.has(generation)) return false
    seen.add(generation)
    return true
  })
}

function describeRun(run: RunStatus, nodes: readonly NodeState[], nowMs: number): RunState {
  const { settled, total, atMs } = run
  const inWork = run.state === 'ended' ? [] : shardsOf(run.generation, nodes)
  const done = inWork.reduce<Amount>(
    (sum, shard) => ({
      files: sum.files + shard.doneFiles + shard.failedFiles,
      bytes: sum.bytes + Math.min(shard.readBytes, shard.bytes),
    }),
    settled,
  )
  const { records, rejectCodes, failuresByCode } = addInWork(run, inWork)
  const shardsLeft = Math.max(0, total.shards - settled.shards)
  const shardsInWork = Math.min(shardsLeft, new Set(inWork.map(({ shard }) => shard)).size)
  return {
    runId: run.runId,
    generation: run.generation,
    sourceRoot: run.sourceRoot,
    targetRoot: run.targetRoot,
    coordinator: run.coordinator,
    state: run.state !== 'ended' && atMs < nowMs - SILENT_MS ? 'silent' : run.state,
    stopped: run.stopped,
    startedAtMs: run.startedAtMs,
    lastSignMs: atMs,
    alreadyDoneFiles: run.alreadyDoneFiles,
    total: { files: total.files, bytes: total.bytes },
    done: { files: Math.min(done.files, total.files), bytes: Math.min(done.bytes, total.bytes) },
    shards: {
      total: total.shards,
      done: settled.shards,
      inWork: shardsInWork,
      waiting: run.state === 'ended' ? 0 : shardsLeft - shardsInWork,
    },
    records,
    rejectCodes,
    failedFiles: Object.values(failuresByCode).reduce((sum, count) => sum + count, 0),
    failuresByCode,
    findings: run.findings,
    inWork,
  }
}

/** What became of records and files, those included that nodes have done of the shards in work. */
function addInWork(
  run: RunStatus,
  inWork: readonly ShardInWork[],
): Pick<RunStatus, 'records' | 'rejectCodes' | 'failuresByCode'> {
  const records = { ...run.records }
  const rejectCodes = { ...run.rejectCodes }
  const failuresByCode = { ...run.failuresByCode }
  for (const shard of inWork) {
    addNumbers(records, shard.records)
    addCounts(rejectCodes, shard.rejectCodes)
    addCounts(failuresByCode, shard.failuresByCode)
  }
  return { records, rejectCodes, failuresByCode }
}

/** The shards of a run in the hands of nodes. Where two have the same one, since the first was held up, the newer word counts. */
export function shardsOf(generation: string | null, nodes: readonly NodeStatus[]): ShardInWork[] {
  const shards = new Map<string, ShardInWork>()
  for (const { node, shards: own } of nodes.toSorted((a, b) => a.atMs - b.atMs)) {
    for (const shard of own) {
      if (shard.generation === generation) shards.set(`${shard.shard}-${shard.from}`, { ...shard, node: node.name })
    }
  }
  return [...shards.values()].toSorted((a, b) => a.shard - b.shard || (a.from ?? 0) - (b.from ?? 0))
}

/**
 * BullMQ names the connection of a node `<queue>:w:<name>`, and gives that as `rawname`. `name` is the queue's.
 * @returns null where the server does not tell of connections, as some hosted ones.
 */
async function readConnected(queue: ShardQueue): Promise<string[] | null> {
  const clients = (await queue.getWorkers().catch(() => null)) as readonly Readonly<Record<string, string>>[] | null
  if (clients === null || clients.some(({ rawname }) => rawname === undefined)) return null
  return clients.flatMap(({ rawname = '' }) =>
    rawname.includes(MARK) ? [rawname.slice(rawname.indexOf(MARK) + 3)] : [],
  )
}

const MARK = ':w:'
