import type { PostgresPoolConfig, Processor, Queue, RedisOptions, Worker } from 'bullmq'
import { setTimeout as sleep } from 'node:timers/promises'
import { bullmq } from './bullmq.ts'
import { registerName, type Register } from '../cluster-register.ts'
import { redact, type ClusterUrl } from './cluster-url.ts'
import type { QueueAddress } from './queue-address.ts'
import { CONNECT_MS, orStopped, reachServer, textOf, unreachable, type Patience } from './reach-server.ts'
import { queueRefused, whyRefused } from './refusal.ts'
import type { ShardJob } from '../shard-job.ts'
import {
  KEEP_JOBS,
  LOCK_MS,
  MOST_STALLS,
  reconnectDelayMs,
  RETRY_DELAY_MS,
  STALLED_INTERVAL_MS,
  TRIES,
} from './queue-settings.ts'

/** The one place that knows on which server a queue lies: Redis (or Valkey) or Postgres, behind BullMQ's own two back ends. */

/** What is common to both back ends. */
export type ShardQueue = Pick<
  Queue<ShardJob>,
  | 'name'
  | 'addBulk'
  | 'getActive'
  | 'getJob'
  | 'getJobCounts'
  | 'getJobs'
  | 'getWorkers'
  | 'exportPrometheusMetrics'
  | 'close'
  | 'on'
>

/**
 * The register beside a queue, over the connection of that queue; it needs no closing of its own.
 */
export function openRegister(queue: ShardQueue): Register {
  // The type of a back end knows nothing of its siblings.
  const backEnd = (queue as unknown as { getBackend(): { forQueue(name: string): never } }).getBackend()
  const register = new bullmq.Queue(registerName(queue.name), { connection: {} }, () =>
    backEnd.forQueue(registerName(queue.name)),
  )
  register.on('error', () => {})
  return register
}

export type ShardWorker = Pick<
  Worker<ShardJob>,
  'on' | 'cancelAllJobs' | 'cancelJob' | 'close' | 'pause' | 'resume' | 'run' | 'isRunning' | 'waitUntilReady'
>

/**
 * Connects to a queue.
 * @throws MigrationError QUEUE_REFUSED for what will not pass by itself (password, database, TLS), QUEUE_UNREACHABLE where the server does
 * not answer in time.
 */
export async function openQueue(address: QueueAddress, patience: Patience = {}): Promise<ShardQueue> {
  const backEnd = await backEndOf(address.server)
  return connect(address.server, patience, () => makeQueue(address.queue, backEnd))
}

function makeQueue(name: string, { kind, connection }: BackEnd): Queue<ShardJob> {
  const defaultJobOptions = {
    attempts: TRIES,
    backoff: { type: 'exponential' as const, delay: RETRY_DELAY_MS },
    removeOnComplete: KEEP_JOBS,
    removeOnFail: { ...KEEP_JOBS, age: 7 * KEEP_JOBS.age },
  }
  return kind === 'redis'
    ? new bullmq.Queue<ShardJob>(name, { connection, defaultJobOptions })
    : (new bullmq.Queue(
        name,
        { connection, defaultJobOptions },
        bullmq.createPostgresBackend,
      ) as unknown as Queue<ShardJob>)
}

interface WorkerOptions {
  readonly node: string
  readonly concurrency: number
}

/** Joins a queue as a node. It takes jobs once `run` is called. @throws as `openQueue`. */
export async function openWorker(
  address: QueueAddress,
  processor: Processor<ShardJob>,
  options: WorkerOptions,
): Promise<ShardWorker> {
  const backEnd = await backEndOf(address.server)
  return connect(address.server, { waitsForServer: true }, () => makeWorker(address.queue, backEnd, processor, options))
}

function makeWorker(
  name: string,
  { kind, connection }: BackEnd,
  processor: Processor<ShardJob>,
  options: WorkerOptions,
): Worker<ShardJob> {
  const settings = {
    name: options.node,
    concurrency: options.concurrency,
    autorun: false,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: MOST_STALLS,
    removeOnComplete: KEEP_JOBS,
    removeOnFail: { ...KEEP_JOBS, age: 7 * KEEP_JOBS.age },
    metrics: { maxDataPoints: 60 * 24 },
    // After an error of the server the loop that fetches jobs waits this long.
    runRetryDelay: 1000,
  }
  return kind === 'redis'
    ? new bullmq.Worker<ShardJob>(name, processor, { ...settings, connection })
    : (new bullmq.Worker(
        name,
        processor as Processor,
        { ...settings, connection },
        bullmq.createPostgresBackend,
      ) as unknown as Worker<ShardJob>)
}

const CONNECT_AGAIN_MS = 500

interface Connecting extends ErrorSource {
  waitUntilReady(): Promise<unknown>
  close(): Promise<unknown>
}

/** Waits for a server that is slow or still starting, but not for what will not pass. */
async function connect<Connection extends Connecting>(
  server: ClusterUrl,
  patience: Patience,
  make: () => Connection,
): Promise<Connection> {
  await reachServer(server, patience)
  const untilMs = performance.now() + CONNECT_MS
  for (;;) {
    const connection = make()
    const seen = watchErrors(connection, server)
    try {
      const ready = withPatience(connection.waitUntilReady(), untilMs - performance.now())
      await orStopped(ready, patience.signal)
      return connection
    } catch (error) {
      // Closing waits for a connection that may never come.
      void connection.close().catch(() => undefined)
      const refusal = error instanceof Error ? whyRefused(error) : null
      if (patience.signal?.aborted === true) throw error
      if (refusal !== null) throw queueRefused(server, refusal, (error as Error).message)
      if (performance.now() < untilMs - CONNECT_AGAIN_MS && error !== NO_ANSWER) {
        await sleep(CONNECT_AGAIN_MS)
        continue
      }
      throw unreachable(server, seen.last ?? (error instanceof Error ? error.message : String(error)))
    }
  }
}

const NO_ANSWER = new Error('no answer')

async function withPatience(ready: Promise<unknown>, mostMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(NO_ANSWER), mostMs)
  })
  try {
    await Promise.race([ready, patience])
  } finally {
    clearTimeout(timer)
  }
}

/** The last thing that a connection complained of. */
interface SeenError {
  last: string | null
}

interface ErrorSource {
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown
}

/** BullMQ tells of connections that fail by events, and of nothing else. An event nobody hears would end the process. */
export function watchErrors(source: ErrorSource, server: ClusterUrl, tell?: (text: string) => void): SeenError {
  const seen: SeenError = { last: null }
  source.on('error', (error) => {
    const text = redact(server, textOf(error))
    if (text !== seen.last) tell?.(text)
    seen.last = text
  })
  return seen
}

type BackEnd =
  | { readonly kind: 'redis'; readonly connection: RedisOptions }
  | { readonly kind: 'postgres'; readonly connection: PostgresPoolConfig }

/** How a server is connected to. Whoever uses Redis does without the client of Postgres. */
async function backEndOf({ kind, url }: ClusterUrl): Promise<BackEnd> {
  if (kind === 'redis') {
    const tls = url.startsWith('rediss:') ? { tls: {} } : {}
    return { kind, connection: { url, maxRetriesPerRequest: null, retryStrategy: reconnectDelayMs, ...tls } }
  }
  const { HeardClient } = await import('./heard-client.ts')
  return {
    kind,
    connection: {
      connectionString: url,
      migrate: true,
      max: 4,
      keepAlive: true,
      connectionTimeoutMillis: 5000,
      Client: HeardClient,
    },
  }
}
