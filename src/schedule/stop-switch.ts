import { MigrationError } from '../errors/migration-error.ts'
import type { MigrateHooks } from '../model/events.ts'
import type { Report } from '../model/report.ts'
import type { Executor } from './executor.ts'

/** How long threads may take to give up their files before they are ended. With the commit of what is finished it stays below 5 s. */
const GRACE_MS = 3500

export type StopReason = NonNullable<Report['stopped']>

/** Decides when a run stops, once, and makes its threads stop. */
export class StopSwitch {
  /** Why the run stops; null: it goes on. */
  reason: StopReason | null = null
  readonly #hooks: MigrateHooks
  #pool: Executor | null = null
  #isStopping = false
  #graceTimer: NodeJS.Timeout | undefined
  readonly #onAbort = (): void => this.stop(stopReasonOf(this.#hooks.signal?.reason))

  constructor(hooks: MigrateHooks) {
    this.#hooks = hooks
    hooks.signal?.addEventListener('abort', this.#onAbort)
    if (hooks.signal?.aborted) this.#onAbort()
  }

  /** Names the threads that are to stop. */
  control(pool: Executor): void {
    this.#pool = pool
    if (this.#isStopping) this.#stopPool(pool)
  }

  /** No further file is started, and those in work are given up. */
  stop(reason: StopReason): void {
    this.#note(reason)
    this.#isStopping = true
    if (this.#pool) this.#stopPool(this.#pool)
  }

  /** `--halt`: `soon` lets the files in work end, `now` gives them up. */
  halt(when: 'soon' | 'now'): void {
    if (when === 'now') this.stop('halt')
    else this.#note('halt')
  }

  /** Whether an error only says that threads were stopped, as this switch had asked. */
  explains(error: unknown): boolean {
    return this.reason !== null && error instanceof MigrationError && error.code === 'STOPPED'
  }

  /** Takes no further part: the run has ended. */
  disarm(): void {
    this.#hooks.signal?.removeEventListener('abort', this.#onAbort)
    clearTimeout(this.#graceTimer)
  }

  #stopPool(pool: Executor): void {
    pool.requestStop()
    this.#graceTimer ??= setTimeout(() => void pool.destroy(), GRACE_MS)
  }

  #note(reason: StopReason): void {
    if (this.reason !== null) return
    this.reason = reason
    this.#hooks.onEvent?.({ type: 'stopping', reason })
  }
}

/** An AbortSignal may carry the name of the signal that the process got. */
export function stopReasonOf(reason: unknown): StopReason {
  return reason === 'SIGINT' || reason === 'SIGTERM' || reason === 'SIGHUP' ? reason : 'abort'
}
