import type { Job, Queue } from 'bullmq'
import type { z } from 'zod'
import { NodeStatusSchema, type NodeStatus } from './node-status.ts'
import { RunStatusSchema, type RunStatus } from './run-status.ts'

/*
 * Who is there: each node and each coordinator keeps an entry of its own beside the queue, and tells in it what it is at. An entry is a job
 * of a second queue that nobody takes jobs from, and what is told is its progress: so it works the same on every server. Nobody decides
 * anything by it; it is for people to look at.
 */

/** No queue of a user can have such a name. */
export function registerName(queue: string): string {
  return `${queue}~register`
}

/** More entries than any page shows. */
const MOST_ENTRIES = 5000
/** Nodes that were killed leave their entries. */
const KEEP_NODES_MS = 60 * 60 * 1000
const KEEP_RUNS_MS = 7 * 24 * 60 * 60 * 1000

export type Register = Pick<Queue, 'addBulk' | 'getJob' | 'getJobs'>

const KINDS = { node: NodeStatusSchema, run: RunStatusSchema } as const
type Kind = keyof typeof KINDS

/** What one node or one coordinator tells. */
export class RegisterEntry<Status extends NodeStatus | RunStatus> {
  readonly #register: Register
  readonly #kind: Kind
  readonly #id: string
  #job: Job | undefined
  #telling: Promise<void> | null = null

  /** @param name of the node or run. */
  constructor(register: Register, kind: Status extends NodeStatus ? 'node' : 'run', name: string) {
    this.#register = register
    this.#kind = kind
    this.#id = `${kind}-${name}`
  }

  /** Tells something, unless the last thing is still on its way. Never fails: what does not arrive is followed by something newer. */
  tell(status: Status): Promise<void> {
    this.#telling ??= this.#write(status)
      .catch(() => {
        // A server that lost it gets it again.
        this.#job = undefined
      })
      .finally(() => (this.#telling = null))
    return this.#telling
  }

  /** Tells the last thing, behind whatever is on its way. */
  async tellLast(status: Status): Promise<void> {
    await this.#telling
    await this.tell(status)
  }

  async remove(): Promise<void> {
    await this.#telling
    await this.#job?.remove().catch(() => undefined)
  }

  async #write(status: Status): Promise<void> {
    // An entry that is there already is not added again.
    this.#job ??= (await this.#register.addBulk([{ name: this.#kind, data: {}, opts: { jobId: this.#id } }]))[0]
    await this.#job?.updateProgress(status)
  }
}

export interface RegisterEntries {
  readonly nodes: readonly NodeStatus[]
  /** The newest first. */
  readonly runs: readonly RunStatus[]
}

export async function readRegister(register: Register): Promise<RegisterEntries> {
  const jobs = await listEntries(register)
  const read = <Status>(kind: Kind, schema: z.ZodType<Status>): Status[] =>
    jobs.flatMap(({ name, progress }) => {
      const parsed = name === kind ? schema.safeParse(progress) : null
      return parsed?.success === true ? [parsed.data] : []
    })
  return {
    nodes: read('node', NodeStatusSchema),
    runs: read('run', RunStatusSchema).toSorted((a, b) => b.startedAtMs - a.startedAtMs),
  }
}

/** Removes entries of those who have been silent for long. */
export async function tidyRegister(register: Register, nowMs = Date.now()): Promise<void> {
  for (const job of await listEntries(register)) {
    const told = KINDS[job.name as Kind]?.safeParse(job.progress)
    const lastMs = told?.success ? told.data.atMs : job.timestamp
    const keepMs = job.name === 'run' ? KEEP_RUNS_MS : KEEP_NODES_MS
    if (lastMs < nowMs - keepMs) await job.remove().catch(() => undefined)
  }
}

async function listEntries(register: Register): Promise<Job[]> {
  const jobs = await register.getJobs(['waiting'], 0, MOST_ENTRIES - 1)
  // An entry that was removed in this moment is nothing.
  return jobs.flatMap((job) => (job as Job | undefined) ?? [])
}
