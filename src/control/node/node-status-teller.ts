import type { RegisterEntry } from '../../cluster/cluster-register.ts'
import type { NodeStatus } from '../../cluster/node-status.ts'
import type { NodeIdentity } from '../../model/commit-record.ts'
import { readDroverVersion } from '../../report/drover-version.ts'
import type { NodeMeter } from './node-meter.ts'
import type { ShardProgress } from './shard-progress.ts'

const TELL_MS = 1000
/** A node without work need not say so all the time. */
const TELL_IDLE_MS = 5000

/** Tells what a node is at, in the register of its queue, for as long as it serves. */
export class NodeStatusTeller {
  readonly #entry: RegisterEntry<NodeStatus>
  readonly #node: NodeIdentity
  readonly #meter: NodeMeter
  readonly #planVersion: number
  readonly #shards = new Map<string, ShardProgress>()
  readonly #startedAtMs = Date.now()
  #refused: NodeStatus['refused'] = null
  #state: NodeStatus['state'] = 'serving'
  #nextMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(entry: RegisterEntry<NodeStatus>, node: NodeIdentity, meter: NodeMeter, planVersion: number) {
    this.#entry = entry
    this.#node = node
    this.#meter = meter
    this.#planVersion = planVersion
  }

  /** Resolves when the node is known. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#tick(), TELL_MS)
    await this.#tell()
  }

  begin(jobId: string, progress: ShardProgress): void {
    this.#shards.set(jobId, progress)
    void this.#tell()
  }

  end(jobId: string): void {
    this.#shards.delete(jobId)
    // At once: the coordinator is about to count it as settled.
    void this.#tell()
  }

  refuse(code: string, message: string): void {
    this.#refused = { jobs: (this.#refused?.jobs ?? 0) + 1, code, message }
  }

  drain(): void {
    this.#state = 'draining'
    void this.#tell()
  }

  /** The node has left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#entry.remove()
  }

  #tick(): void {
    if (this.#shards.size > 0 || performance.now() >= this.#nextMs) void this.#tell()
  }

  #tell(): Promise<void> {
    this.#nextMs = performance.now() + TELL_IDLE_MS
    return this.#entry.tell({
      node: this.#node,
      version: readDroverVersion(),
      planVersion: this.#planVersion,
      state: this.#state,
      megabytesPerSecond: this.#meter.megabytesPerSecond(),
      verdict: this.#meter.verdict,
      shards: [...this.#shards.values()].map((progress) => progress.read()),
      refused: this.#refused,
      startedAtMs: this.#startedAtMs,
      atMs: Date.now(),
    })
  }
}
