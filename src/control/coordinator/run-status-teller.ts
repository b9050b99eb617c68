import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { readRegister, tidyRegister, RegisterEntry, type Register } from '../../cluster/cluster-register.ts'
import type { NodeStatus } from '../../cluster/node-status.ts'
import type { RunFindings, RunStatus } from '../../cluster/run-status.ts'
import type { MigrateEvent, MigrateHooks, NodeProgress } from '../../model/events.ts'
import { PLAN_VERSION } from '../../model/frozen-plan.ts'
import { readDroverVersion } from '../../report/drover-version.ts'
import type { RunTally } from '../../report/run-tally.ts'
import { shardsOf, SILENT_MS, type ShardInWork } from './cluster-state.ts'

const TELL_MS = 1000
const END_MS = 2000

interface RunParts {
  readonly register: Register
  readonly runId: string
  /** Relative to `--root`. */
  readonly sourceRoot: string
  readonly targetRoot: string
  readonly startedAtMs: number
  readonly tally: RunTally
  readonly readFindings: () => RunFindings | null
  readonly hooks: MigrateHooks
  readonly warn: (code: string, message: string) => void
}

/** Tells how far a run on a cluster is: whoever started it, and in the register of the queue everybody else. */
export class RunStatusTeller {
  readonly #parts: RunParts
  readonly #entry: RegisterEntry<RunStatus>
  readonly #coordinator = { host: hostname(), pid: process.pid, version: readDroverVersion() }
  readonly #startMs = performance.now()
  readonly #total = { files: 0, bytes: 0, shards: 0 }
  readonly #settled = { files: 0, bytes: 0, shards: 0 }
  #alreadyDoneFiles = 0
  #generation: string | null = null
  #nodes: readonly NodeStatus[] = []
  #openShards: ReadonlySet<number> = new Set()
  /** Nodes of which was told that they know another form of the plan. */
  readonly #toldNodes = new Set<string>()
  #nextMs = 0

  constructor(parts: RunParts) {
    this.#parts = parts
    this.#entry = new RegisterEntry<RunStatus>(parts.register, 'run', parts.runId)
    void tidyRegister(parts.register).catch(() => undefined)
  }

  plan({ files, bytes, alreadyDone }: { files: number; bytes: number; alreadyDone: number }): void {
    this.#total.files = files
    this.#total.bytes = bytes
    this.#alreadyDoneFiles = alreadyDone
  }

  beginGeneration(id: string, shards: number): void {
    this.#generation = id
    this.#total.shards = shards
    this.#settled.shards = 0
    this.#nextMs = 0
  }

  /** What became of a file is known for good. */
  settle(sizeBytes: number): void {
    this.#settled.files++
    this.#settled.bytes += sizeBytes
  }

  /** May be called as often as one likes. @param openShards that are not settled. */
  async look(openShards: ReadonlySet<number>): Promise<void> {
    this.#openShards = openShards
    this.#settled.shards = this.#total.shards - openShards.size
    if (performance.now() < this.#nextMs) return
    this.#nextMs = performance.now() + TELL_MS
    const told = this.#entry.tell(this.#status('converting'))
    this.#nodes = await readRegister(this.#parts.register).then(
      ({ nodes }) => nodes.filter(({ atMs }) => atMs >= Date.now() - SILENT_MS),
      () => this.#nodes,
    )
    this.#tellOtherVersions()
    this.#parts.hooks.onEvent?.(this.#progress())
    await told
  }

  /** All files have ended. */
  beginSettling(): void {
    void this.#entry.tell(this.#status('settling'))
  }

  /** A server that is away does not hold a run up that has ended. @param stopped why it ended early; null: it did not. */
  async end(stopped: string | null): Promise<void> {
    const told = this.#entry.tellLast(this.#status('ended', stopped))
    await Promise.race([told, sleep(END_MS, undefined, { ref: false })])
  }

  #status(state: RunStatus['state'], stopped: string | null = null): RunStatus {
    const { runId, sourceRoot, targetRoot, startedAtMs, tally, readFindings } = this.#parts
    const failuresByCode: Record<string, number> = {}
    for (const { code } of tally.failures) failuresByCode[code] = (failuresByCode[code] ?? 0) + 1
    return {
      runId,
      generation: this.#generation,
      sourceRoot,
      targetRoot,
      coordinator: this.#coordinator,
      state,
      stopped,
      startedAtMs,
      atMs: Date.now(),
      total: this.#total,
      alreadyDoneFiles: this.#alreadyDoneFiles,
      settled: this.#settled,
      records: tally.records,
      rejectCodes: Object.fromEntries(tally.rejectCodes),
      failuresByCode,
      findings: readFindings(),
    }
  }

  #tellOtherVersions(): void {
    for (const { node, version, planVersion } of this.#nodes) {
      if (planVersion === PLAN_VERSION || this.#toldNodes.has(node.name)) continue
      this.#toldNodes.add(node.name)
      this.#parts.warn(
        'PLAN_REFUSED',
        `node ${node.name} takes no part: its Drover ${version} knows plans of version ${planVersion}, and this one is of version ${PLAN_VERSION}`,
      )
    }
  }

  #progress(): MigrateEvent {
    // A node may still tell of a shard that is settled already.
    const shards = shardsOf(this.#generation, this.#nodes).filter(({ shard }) => this.#openShards.has(shard))
    const failedFiles = this.#parts.tally.failures.length
    const sum = (amount: (shard: ShardInWork) => number): number => shards.reduce((all, one) => all + amount(one), 0)
    const doneFiles = Math.max(0, this.#settled.files - failedFiles) + sum((shard) => shard.doneFiles)
    const readBytes = this.#settled.bytes + sum((shard) => Math.min(shard.readBytes, shard.bytes))
    return {
      type: 'progress',
      doneFiles: Math.min(doneFiles, this.#total.files),
      failedFiles,
      readBytes: Math.min(readBytes, this.#total.bytes),
      elapsedMs: performance.now() - this.#startMs,
      threads: shards.flatMap(({ current }) => current),
      nodes: this.#nodes.flatMap((status) => describeNode(status, shards)),
    }
  }
}

/** Only nodes with work of this run. */
function describeNode(
  { node, megabytesPerSecond, verdict }: NodeStatus,
  shards: readonly ShardInWork[],
): NodeProgress[] {
  const own = shards.filter((shard) => shard.node === node.name)
  if (own.length === 0) return []
  const files = own.flatMap(({ current }) => current.map(({ file }) => file))
  return [{ name: node.name, threads: node.threads, megabytesPerSecond, verdict, files }]
}
