import type { FileOutcome } from '../../commit/records/settle-shard.ts'
import type { RunFindings } from '../../cluster/run-status.ts'
import type { NodeIdentity, RecordedTarget } from '../../model/commit-record.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import type { Measurements, Verdict } from '../../model/measurement.ts'
import type { ClusterFigures, NodeFigures } from '../../model/report.ts'
import type { ConvertedFile } from '../../model/task-result.ts'
import type { StageTimes } from '../../model/times.ts'
import { noStageTimes } from '../../model/no-stage-times.ts'
import { noNotices } from '../../formats/format.ts'
import { judgeFile } from '../../report/judge.ts'
import { RunFigures, type RunLimits } from '../../report/run-figures.ts'
import { addNumbers, addStageTimes, type RunTally } from '../../report/run-tally.ts'
import { joinModels } from '../../report/cpu-model.ts'
import { watchSystem } from '../../report/system-figures.ts'
import { shareAdvice } from '../../report/share-advice.ts'
import { bindingThrottle, type Throttle } from '../../report/throttle.ts'
import { countUsableCores, readCpuQuota } from '../../schedule/thread-count.ts'
import type { Plan } from '../plan/make-plan.ts'
import { limitsOf } from '../../run/run-meter.ts'
import type { TargetLedger } from '../target-ledger.ts'

const NO_NOTICES = Object.freeze(noNotices())

/** Numbers of threads that a node may have. */
const THREADS_A_NODE = 4096

interface NodeAccount {
  readonly node: NodeIdentity
  readonly number: number
  files: number
  sourceBytes: number
  startMs: number
  endMs: number
  readonly stageNs: StageTimes
  readonly busy: { busyNs: number; onCpuNs: number; runQueueNs: number; waitingNs: number }
}

type Committed = Extract<FileOutcome, { kind: 'converted' }>

/** Adds a run on a cluster up from its commit records, and from nothing else: each file counts once, whoever tried it. */
export class ClusterTally {
  readonly #plan: Plan
  readonly #tally: RunTally
  readonly #ledger: TargetLedger
  readonly #figures = new RunFigures()
  readonly #readSystem = watchSystem({ cores: countUsableCores(), cpuQuota: readCpuQuota() })
  readonly #nodes = new Map<string, NodeAccount>()
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = 0

  constructor(plan: Plan, tally: RunTally, ledger: TargetLedger) {
    this.#plan = plan
    this.#tally = tally
    this.#ledger = ledger
  }

  add(file: ShardFile, { recorded, node }: Committed): void {
    const result = asResult(file, recorded)
    const account = this.#account(node)
    this.#tally.addConverted(result)
    this.#ledger.add(file.index, recorded.targetBytes, recorded.targetHash)
    this.#figures.addTry(result, account.number * THREADS_A_NODE + recorded.thread)
    this.#figures.addCommitted(result, recorded.attempt)
    const endMs = recorded.startMs + recorded.durationNs / 1e6
    this.#firstMs = Math.min(this.#firstMs, recorded.startMs)
    this.#lastMs = Math.max(this.#lastMs, endMs)
    account.files++
    account.sourceBytes += file.sizeBytes
    account.startMs = Math.min(account.startMs, recorded.startMs)
    account.endMs = Math.max(account.endMs, endMs)
    addStageTimes(account.stageNs, recorded.stageNs)
    if (recorded.slice !== null) addNumbers(account.busy, recorded.slice)
  }

  #account(node: NodeIdentity): NodeAccount {
    const known = this.#nodes.get(node.name)
    if (known !== undefined) return known
    const account = {
      node,
      number: this.#nodes.size,
      files: 0,
      sourceBytes: 0,
      startMs: Number.POSITIVE_INFINITY,
      endMs: 0,
      stageNs: noStageTimes(),
      busy: { busyNs: 0, onCpuNs: 0, runQueueNs: 0, waitingNs: 0 },
    }
    this.#nodes.set(node.name, account)
    return account
  }

  /** Threads of all nodes that committed anything. */
  get threads(): number {
    return this.#sum(({ node }) => node.threads)
  }

  /** Models of the CPUs of all machines, each once; null where none is known. */
  get cpu(): string | null {
    return joinModels([...this.#nodes.values()].map(({ node }) => node.cpu))
  }

  #sum(amount: (account: NodeAccount) => number): number {
    return [...this.#nodes.values()].reduce((sum, account) => sum + amount(account), 0)
  }

  /** Cores of all machines; several nodes of one machine share its cores. */
  get #cores(): number {
    const byHost = new Map([...this.#nodes.values()].map(({ node }) => [node.host, node.cores]))
    return [...byHost.values()].reduce((sum, cores) => sum + cores, 0)
  }

  /** @param startMs when the run began, on the clock of the day. */
  measurements(startMs: number): Measurements | null {
    return this.#figures.read(this.#context(startMs))
  }

  /** What is known before the end: which node has done what, what binds them, and whether more of them would help. */
  findings(startMs: number): RunFindings | null {
    if (this.#nodes.size === 0) return null
    const verdict = this.#figures.judgeSoFar(this.#context(startMs))
    return {
      verdict,
      advice: verdict === null ? '' : this.#advise(verdict),
      nodes: [...this.#nodes.values()].map(describeNode),
    }
  }

  #context(startMs: number): Parameters<RunFigures['read']>[0] {
    const { files } = this.#plan.discovery
    return {
      startNs: startMs * 1e6,
      endNs: this.#lastMs * 1e6,
      // Nodes tell what their threads used, and nothing of the rest.
      cpuNs: 0,
      threads: this.threads,
      runNs: (Date.now() - startMs) * 1e6,
      path: (index) => files.path(index),
      stageNs: this.#tally.stageNs,
      limits: this.#limits,
      system: { ...this.#readSystem(), cores: this.#cores },
      timeline: [],
      tuning: null,
    }
  }

  get #limits(): RunLimits {
    return limitsOf(this.#plan, this.#nodes.size)
  }

  #throttles(wallMs: number): readonly Throttle[] {
    return this.#figures.throttles({ limits: this.#limits, threads: this.threads }, wallMs * 1e6)
  }

  clusterFigures(
    measured: Measurements | null,
    about: Pick<ClusterFigures, 'backEnd' | 'shards' | 'generations'>,
  ): ClusterFigures {
    const nodes = [...this.#nodes.values()].map(describeNode)
    const meanBytes = this.#sum(({ sourceBytes }) => sourceBytes) / Math.max(1, nodes.length)
    const most = Math.max(0, ...nodes.map(({ sourceBytes }) => sourceBytes))
    return {
      ...about,
      nodes,
      imbalance: nodes.length < 2 || meanBytes === 0 ? null : most / meanBytes,
      advice: this.#advise(measured?.verdict ?? null),
    }
  }

  #advise(verdict: Verdict | null): string {
    const wallMs = this.#lastMs - this.#firstMs
    const nodes = [...this.#nodes.values()].map(({ node }) => node)
    return shareAdvice({
      nodes: nodes.length,
      hosts: new Set(nodes.map(({ host }) => host)).size,
      megabytesPerSecond: wallMs <= 0 ? 0 : this.#tally.sourceBytes / 1000 / wallMs,
      verdict: verdict?.kind ?? null,
      throttle: verdict === null ? null : bindingThrottle(this.#throttles(wallMs), verdict.shares.waiting),
      isDurable: this.#plan.options.fsync,
    })
  }
}

function describeNode({ node, files, sourceBytes, startMs, endMs, busy, stageNs }: NodeAccount): NodeFigures {
  const busyMs = Math.max(0, endMs - startMs)
  return {
    name: node.name,
    host: node.host,
    threads: node.threads,
    cores: node.cores,
    cpu: node.cpu,
    files,
    sourceBytes,
    busyMs,
    megabytesPerSecond: busyMs === 0 ? 0 : sourceBytes / 1000 / busyMs,
    secondsPerGb: sourceBytes === 0 ? null : (busyMs / 1000 / sourceBytes) * 1e9,
    verdict: busy.busyNs === 0 ? null : judgeFile(busy, stageNs),
  }
}

/** A file as its thread returned it, from what its node recorded. */
function asResult(file: ShardFile, recorded: RecordedTarget): ConvertedFile {
  return {
    index: file.index,
    isConverted: true,
    sourceBytes: file.sizeBytes,
    targetBytes: recorded.targetBytes,
    targetHash: recorded.targetHash,
    sourceHash: recorded.sourceHash,
    hasRejects: recorded.stagedRejects !== null,
    ...(recorded.rejects === undefined ? {} : { rejects: recorded.rejects }),
    rejectCodes: recorded.rejectCodes,
    records: recorded.records,
    notices: recorded.notices ?? NO_NOTICES,
    ...(recorded.advice === undefined ? {} : { advice: recorded.advice }),
    ...(recorded.unseenColumns === undefined ? {} : { unseenColumns: recorded.unseenColumns }),
    stageNs: recorded.stageNs,
    startNs: recorded.startMs * 1e6,
    durationNs: recorded.durationNs,
    ...(recorded.slice === null ? {} : { slice: recorded.slice }),
  }
}
