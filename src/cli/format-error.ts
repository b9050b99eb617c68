import type { MigrationError } from '../errors/migration-error.ts'
import { printableName } from '../errors/printable-name.ts'

/** The line for an error that ended a command, and at most one more with what to try next. */
export function formatError(error: Pick<MigrationError, 'code' | 'message' | 'hint'>): string {
  const hint = error.hint === undefined ? '' : `  ${printableName(error.hint)}\n`
  return `migrate: ${printableName(error.message)}\n${hint}`
}
