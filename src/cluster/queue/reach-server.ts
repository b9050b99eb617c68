import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationError } from '../../errors/migration-error.ts'
import { redact, type ClusterUrl } from './cluster-url.ts'
import { queueRefused, whyRefused, wrongLanguage } from './refusal.ts'
import { whoAnswers } from './who-answers.ts'

/*
 * BullMQ tries to connect for ever, whatever the reason. So before it does, one plain connection finds out whether trying makes sense: what
 * cannot pass by itself is told at once, and only the rest is waited for.
 */

export interface Patience {
  /** True: a server that is not there yet may come, as for a node that the system starts beside it. */
  readonly waitsForServer?: boolean
  /** Told once, where it takes longer than a second. */
  readonly onWaiting?: (message: string) => void
  /** Ends the waiting, at once. */
  readonly signal?: AbortSignal | undefined
}

/** How long a server may take to come up. */
export const CONNECT_MS = 15_000
const CONNECT_AGAIN_MS = 500
const TELL_MS = 1000
/** A single try: shorter than what people take for silence. */
const TRY_MS = 1500

/**
 * Connects once, and leaves again.
 * @throws MigrationError QUEUE_REFUSED for what will not pass; QUEUE_UNREACHABLE where nothing listens (unless `waitsForServer`), or nothing
 * else came of it in 15 s; STOPPED by the signal.
 */
export async function reachServer(
  server: ClusterUrl,
  { waitsForServer = false, onWaiting, signal }: Patience = {},
): Promise<void> {
  const startMs = performance.now()
  let isTold = false
  for (;;) {
    const error = await orStopped(tryOnce(server), signal)
    if (error === null) return
    await throwIfFinal(server, error, waitsForServer)
    const waitedMs = performance.now() - startMs
    if (waitedMs > CONNECT_MS - CONNECT_AGAIN_MS) throw unreachable(server, textOf(error))
    if (!isTold && waitedMs >= TELL_MS) {
      isTold = true
      onWaiting?.(`waiting for ${server.shown}, up to ${CONNECT_MS / 1000} s: ${redact(server, textOf(error))}`)
    }
    await orStopped(sleep(CONNECT_AGAIN_MS), signal)
  }
}

/** @throws MigrationError STOPPED where the signal comes first. */
export async function orStopped<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise
  let stop: (() => void) | undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new MigrationError('STOPPED', 'stopped while waiting for the queue', { phase: 'lock' }))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([promise, stopped])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

type DriverError = Error & { readonly code?: string }

async function throwIfFinal(server: ClusterUrl, error: DriverError, waitsForServer: boolean): Promise<void> {
  const refusal = whyRefused(error)
  if (refusal !== null) throw queueRefused(server, refusal, textOf(error))
  if (error.code === 'ECONNREFUSED') {
    if (!waitsForServer) throw unreachable(server, 'nothing listens on that port (connect ECONNREFUSED)')
    return
  }
  if (!isHungUp(error)) return
  const { hostname, port } = new URL(server.url)
  const usual = server.kind === 'redis' ? 6379 : 5432
  const wrong = wrongLanguage(
    server,
    await whoAnswers(hostname.replace(/^\[|\]$/g, ''), port === '' ? usual : Number(port)),
  )
  if (wrong !== null) throw queueRefused(server, wrong, '')
}

/** No answer, or the line was cut before there was one. */
function isHungUp({ code, message }: DriverError): boolean {
  return (
    ['ECONNRESET', 'ETIMEDOUT', 'EPIPE'].includes(code ?? '') || /timeout|closed|terminated|disconnected/i.test(message)
  )
}

export function unreachable(server: ClusterUrl, reason: string): MigrationError {
  return new MigrationError('QUEUE_UNREACHABLE', `${server.shown} does not answer: ${redact(server, reason)}`, {
    phase: 'lock',
    hint: 'check that the server runs and listens for this machine, and the host and port of --cluster',
  })
}

/** Errors of sockets that were tried one by one have no message of their own. */
export function textOf(error: DriverError): string {
  return error.message === '' ? (error.code ?? error.name) : error.message
}

/** @returns what went wrong; null: nothing. */
async function tryOnce({ kind, url }: ClusterUrl): Promise<DriverError | null> {
  const attempt = kind === 'redis' ? await tryRedis(url) : await tryPostgres(url)
  try {
    return await Promise.race([attempt.end, sleep(TRY_MS, NO_ANSWER, { ref: false })])
  } finally {
    attempt.leave()
  }
}

const NO_ANSWER = Object.assign(new Error('timeout: it takes connections and says nothing'), { code: 'ETIMEDOUT' })

interface Attempt {
  readonly end: Promise<DriverError | null>
  /** Lets the line go, whatever is on it. */
  readonly leave: () => void
}

async function tryRedis(url: string): Promise<Attempt> {
  const { Redis } = await import('ioredis')
  const tls = url.startsWith('rediss:') ? { tls: {} } : {}
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, ...tls })
  let said: DriverError | null = null
  redis.on('error', (error: DriverError) => (said ??= error))
  const end = redis.connect().then(
    // A database that is not there is told by an event alone, and the first one is used instead.
    () => redis.ping().then(() => said),
    (error: DriverError) => said ?? error,
  )
  return { end, leave: () => redis.disconnect() }
}

async function tryPostgres(url: string): Promise<Attempt> {
  const { HeardClient } = await import('./heard-client.ts')
  const client = new HeardClient({ connectionString: url })
  const end = client.connect().then(
    () => null,
    (error: DriverError) => error,
  )
  return { end, leave: () => client.drop() }
}
