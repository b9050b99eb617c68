import { MigrationError } from '../../errors/migration-error.ts'

/** The error for a command line, variable or configuration that makes no sense: one line, a hint, exit code 2. */
export function wrongUse(message: string, hint?: string): MigrationError {
  return new MigrationError('WRONG_USE', message, { phase: 'options', hint })
}
