import { createPostgresBackend, Queue, Worker, type PostgresPoolConfig, type Processor, type RedisOptions } from 'bullmq'
import { MigrationError } from '../errors/migration-error.ts'
import { redact, type ClusterUrl } from './cluster-url.ts'
import type { QueueAddress } from './queue-address.ts'
import type { ShardJob } from './shard-job.ts'
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

export type ShardWorker = Pick<
  Worker<ShardJob>,
  'on' | 'cancelAllJobs' | 'cancelJob' | 'close' | 'pause' | 'run' | 'isRunning' | 'waitUntilReady'
>

/** Connects to a queue. @throws MigrationError QUEUE_UNREACHABLE where the server does not answer in time. */
export async function openQueue(address: QueueAddress): Promise<ShardQueue> {
  const defaultJobOptions = {
    attempts: TRIES,
    backoff: { type: 'exponential' as const, delay: RETRY_DELAY_MS },
    removeOnComplete: KEEP_JOBS,
    removeOnFail: { ...KEEP_JOBS, age: 7 * KEEP_JOBS.age },
  }
  const { server, queue: name } = address
  const queue =
    server.kind === 'redis'
      ? new Queue<ShardJob>(name, { connection: redisConnection(server), defaultJobOptions })
      : (new Queue(name, { connection: postgresConnection(server), defaultJobOptions }, createPostgresBackend) as unknown as Queue<ShardJob>)
  const seen = watchErrors(queue, server)
  try {
    await waitForServer(queue.waitUntilReady(), server, seen)
  } catch (error) {
    // Closing waits for a connection that never comes.
    void queue.close().catch(() => undefined)
    throw error
  }
  return queue
}

/** Joins a queue as a node. It takes jobs once `run` is called. */
export function openWorker(
  address: QueueAddress,
  processor: Processor<ShardJob>,
  options: { readonly node: string; readonly concurrency: number },
): ShardWorker {
  const { server, queue: name } = address
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
  return server.kind === 'redis'
    ? new Worker<ShardJob>(name, processor, { ...settings, connection: redisConnection(server) })
    : (new Worker(name, processor as Processor, { ...settings, connection: postgresConnection(server) }, createPostgresBackend) as unknown as Worker<ShardJob>)
}

const CONNECT_MS = 10_000

/** Waits for a server that may be slow, but not for one that is not there. */
export async function waitForServer(ready: Promise<unknown>, server: ClusterUrl, seen: SeenError): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), CONNECT_MS)
  })
  try {
    await Promise.race([ready, patience])
  } catch (error) {
    const reason = seen.last ?? (error instanceof Error ? error.message : String(error))
    throw new MigrationError('QUEUE_UNREACHABLE', `${server.shown} does not answer: ${redact(server, reason)}`, {
      phase: 'lock',
      hint: 'check that the server runs, and the host, port and password of --cluster',
    })
  } finally {
    clearTimeout(timer)
  }
}

/** The last thing that a connection complained of. */
export interface SeenError {
  last: string | null
}

interface ErrorSource {
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown
}

/** BullMQ tells of connections that fail by events, and of nothing else. An event nobody hears would end the process. */
export function watchErrors(source: ErrorSource, server: ClusterUrl, tell?: (text: string) => void): SeenError {
  const seen: SeenError = { last: null }
  source.on('error', (error) => {
    // Errors of sockets that were tried one by one have no message of their own.
    const text = redact(server, error.message === '' ? (error.code ?? error.name) : error.message)
    if (text !== seen.last) tell?.(text)
    seen.last = text
  })
  return seen
}

function redisConnection({ url }: ClusterUrl): RedisOptions {
  const tls = url.startsWith('rediss:') ? { tls: {} } : {}
  return { url, maxRetriesPerRequest: null, retryStrategy: reconnectDelayMs, ...tls }
}

function postgresConnection({ url }: ClusterUrl): PostgresPoolConfig {
  return { connectionString: url, migrate: true, max: 4, keepAlive: true, connectionTimeoutMillis: CONNECT_MS }
}
