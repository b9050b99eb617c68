/**
 * What was measured to work (docs/cluster.md): a node that is killed is replaced in about 14 s, one that is cut off gives up before
 * another one may begin.
 */

/** A lock that is not renewed for this long is free for others. */
export const LOCK_MS = 15_000
/** How often nodes look for jobs whose locks have run out: with 5 s a shard of a killed node was taken up after up to 20 s. */
export const STALLED_INTERVAL_MS = 3000
/** Nodes that a shard may bring down before it counts as failed. Poisoned shards are halved long before. */
export const MOST_STALLS = 10
/** Tries at a shard that fails, on whatever node. On Postgres a server that goes down fails the jobs in work. */
export const TRIES = 3
export const RETRY_DELAY_MS = 1000
/** A node that could not renew for this share of the lock gives its jobs up by itself. */
export const FENCE_SHARE = 0.8
/** The longest wait before the next attempt to reach the server. */
const LONGEST_RECONNECT_MS = 1500

export function reconnectDelayMs(attempt: number): number {
  return Math.min(LONGEST_RECONNECT_MS, 50 * 2 ** Math.min(attempt, 10))
}

/** Jobs that have ended are kept this long for the dashboard. */
export const KEEP_JOBS = { age: 24 * 60 * 60, count: 10_000 }
