import { MigrationError } from '../../errors/migration-error.ts'
import type { ErrorCode } from '../../errors/error-codes.ts'

/** What the libraries of the stream engine throw, by their words: they have no codes. */
const KNOWN_MESSAGES: readonly (readonly [words: RegExp, code: ErrorCode])[] = [
  [/missing closing/, 'UNTERMINATED_QUOTE'],
  [/OR new line got/, 'TEXT_AFTER_CLOSING_QUOTE'],
  [/^Duplicate headers/, 'DUPLICATE_COLUMN'],
  [/header/, 'MALFORMED_HEADER'],
  // split2 takes the null of a line for the end of the stream.
  [/after EOF/, 'NOT_AN_OBJECT'],
]

/** Gives an error of a library the code that the reference engine has for the same fault. Every other error comes back as it is. */
export function describeStreamError(error: unknown): unknown {
  if (error instanceof MigrationError || !(error instanceof Error)) return error
  const code = codeOf(error)
  if (code === undefined) return error
  return new MigrationError(code, error.message.split('\n', 1)[0] ?? code, {
    phase: 'parse',
    hint: 'without --engine stream such a fault is met with its position, and often as a reject',
    cause: error,
  })
}

function codeOf(error: Error): ErrorCode | undefined {
  if (error instanceof SyntaxError) return 'JSON_SYNTAX'
  if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'INVALID_ENCODING'
  return KNOWN_MESSAGES.find(([words]) => words.test(error.message))?.[1]
}
