import type { WireError } from '../errors/migration-error.ts'
import type { MigrateHooks } from '../model/events.ts'
import { RunTally } from '../report/run-tally.ts'

/** What a run has to tell: to its hooks at once, to its report at the end. */
export class RunLog {
  readonly tally = new RunTally()
  readonly warnings: { code: string; message: string }[] = []
  readonly #hooks: MigrateHooks

  constructor(hooks: MigrateHooks) {
    this.#hooks = hooks
  }

  warn(code: string, message: string): void {
    this.warnings.push({ code, message })
    this.#hooks.onEvent?.({ type: 'warning', code, message })
  }

  /** Counts a file that failed. One that was given up because the run stops is no failure of its own. */
  fail(error: WireError): void {
    this.tally.addFailed(error)
    if (error.code !== 'STOPPED') this.#hooks.onEvent?.({ type: 'file-failed', file: error.position.file ?? '', error })
  }
}
