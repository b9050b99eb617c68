import { readRegister, type Register } from '../../cluster/cluster-register.ts'
import type { ShardQueue } from '../../cluster/queue/open-queue.ts'

/** Between two looks whether another node is idle. */
const LOOK_MS = 1000
/** Idle nodes tell every 5 s that they are there. */
const FRESH_MS = 8000

interface Asking {
  readonly queue: Pick<ShardQueue, 'getJobCounts'>
  readonly register: Register
  /** The form of the plan that the shard is of. */
  readonly planVersion: number
}

/** A shard that waits for the threads of its node: until it is not wanted any more, or another node would begin it at once. */
export class TurnWait {
  /** Ends the waiting. */
  readonly signal: AbortSignal
  readonly #others = new AbortController()
  readonly #timer: NodeJS.Timeout
  #isLooking = false

  /** @param notWanted signals that end it too. */
  constructor({ notWanted, ...asking }: Asking & { readonly notWanted: readonly AbortSignal[] }) {
    this.signal = AbortSignal.any([...notWanted, this.#others.signal])
    this.#timer = setInterval(() => void this.#look(asking), LOOK_MS)
  }

  /** It ended, or is about to, since another node is idle. */
  get isForOthers(): boolean {
    return this.#others.signal.aborted
  }

  end(): void {
    clearInterval(this.#timer)
  }

  async #look(asking: Asking): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    // A server that is away would not take the shard back either.
    const isIdle = await isAnotherIdle(asking).catch(() => false)
    if (isIdle) this.#others.abort('another node is idle')
    this.#isLooking = false
  }
}

/**
 * Whether a shard that waits on a busy node would be begun at once by another one: nothing else is on the queue, and a node has nothing to do.
 * What the register says may be old, or not so: then the shard goes back for nothing, and is taken again.
 */
async function isAnotherIdle({ queue, register, planVersion }: Asking): Promise<boolean> {
  const { waiting = 0, prioritized = 0 } = await queue.getJobCounts('waiting', 'prioritized')
  if (waiting + prioritized > 0) return false
  const { nodes } = await readRegister(register)
  const sinceMs = Date.now() - FRESH_MS
  return nodes.some(
    (node) =>
      node.state === 'serving' && node.shards.length === 0 && node.atMs >= sinceMs && node.planVersion === planVersion,
  )
}
