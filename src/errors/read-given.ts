import type { ErrorCode } from './error-codes.ts'
import { MigrationError } from './migration-error.ts'
import { printableName } from './printable-name.ts'

/**
 * Reads what a caller gave: an object may have getters, or be a proxy, and what these throw is the caller's own error.
 * @throws MigrationError of the code, with the error as its cause.
 */
export function readGiven<Value>(what: string, read: () => Value, code: ErrorCode = 'WRONG_USE'): Value {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof MigrationError) throw cause
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new MigrationError(code, `${what} cannot be read: ${printableName(reason)}`, { phase: 'options', cause })
  }
}
