import { toWireError, type WireError } from '../../errors/migration-error.ts'
import { printableMessage } from '../../errors/printable-name.ts'

/** The line for an error that ended a command, and at most one more with what to try next. */
export function formatError(error: Pick<WireError, 'code' | 'message' | 'hint'>): string {
  const hint = error.hint === undefined ? '' : `  ${printableMessage(error.hint)}\n`
  return `migrate: ${printableMessage(error.message)}\n${hint}`
}

/** The line for what was thrown where nobody could catch it: a thread that the system refused in the middle, or a fault of Drover. */
export function formatUncaught(thrown: unknown): string {
  const code = (thrown as { code?: string } | null)?.code
  if (code !== 'ERR_WORKER_INIT_FAILED') return formatError(toWireError(thrown, { phase: 'worker' }))
  const why = thrown instanceof Error ? thrown.message.split('\n', 1)[0] : code
  return formatError({
    code: 'THREADS_UNAVAILABLE',
    message: `no further thread can be started: ${why}`,
    hint: 'raise the limits of the process (ulimit -a, pids.max) or use fewer --threads; run the same command again to go on',
  })
}
