import { MigrationError } from '../errors/migration-error.ts'
import { FENCE_SHARE, LOCK_MS } from './queue/queue-settings.ts'

/*
 * A node that cannot reach the server cannot know that its lock has run out, and that another node converts the same shard. So it gives
 * its jobs up by itself, before that: when it could not renew for 0.8 of the lock's time. Even where it does not notice in time, since the
 * whole process was stopped, its commits lose (unit-committer.ts); this only saves the work of doing everything twice.
 */

const CHECK_MS = 500

export interface SelfFenceOptions {
  /** Told once for each job that is given up. */
  readonly onLost: (jobId: string) => void
  /** Milliseconds of a clock that goes on while the process is stopped. */
  readonly nowMs?: () => number
  readonly lockMs?: number
}

export class SelfFence {
  readonly #renewedAtMs = new Map<string, number>()
  readonly #onLost: (jobId: string) => void
  readonly #nowMs: () => number
  readonly #mostMs: number
  readonly #timer: NodeJS.Timeout

  constructor(options: SelfFenceOptions) {
    this.#onLost = options.onLost
    // Wall time, since the monotonic clock stands still while a machine sleeps, and the server's does not.
    this.#nowMs = options.nowMs ?? Date.now
    this.#mostMs = FENCE_SHARE * (options.lockMs ?? LOCK_MS)
    this.#timer = setInterval(() => this.check(), CHECK_MS)
    this.#timer.unref()
  }

  /** A job was taken: its lock is fresh. */
  take(jobId: string): void {
    this.#renewedAtMs.set(jobId, this.#nowMs())
  }

  renewed(jobIds: readonly string[]): void {
    for (const id of jobIds) if (this.#renewedAtMs.has(id)) this.#renewedAtMs.set(id, this.#nowMs())
  }

  release(jobId: string): void {
    this.#renewedAtMs.delete(jobId)
  }

  holds(jobId: string): boolean {
    const renewedAtMs = this.#renewedAtMs.get(jobId)
    return renewedAtMs !== undefined && this.#nowMs() - renewedAtMs <= this.#mostMs
  }

  /** @throws MigrationError LEASE_LOST where another node may have the job by now. */
  assertHeld(jobId: string): void {
    if (this.holds(jobId)) return
    throw new MigrationError('LEASE_LOST', 'the server of the queue could not be reached for too long', {
      phase: 'commit',
      hint: 'another node converts the shard',
      isRetryable: true,
    })
  }

  check(): void {
    for (const jobId of this.#renewedAtMs.keys()) {
      if (this.holds(jobId)) continue
      this.#renewedAtMs.delete(jobId)
      this.#onLost(jobId)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
