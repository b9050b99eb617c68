import type { ErrorCode } from '../../../errors/error-codes.ts'

/** Why the text of one record is not taken. */
export interface JsonFault {
  readonly code: ErrorCode
  /** One line: what is wrong, where in the file, and which option would accept it. */
  readonly message: string
  /** The member of the record that it lies in, where it lies in one. */
  readonly column?: string
  /** Where the text stops to be JSON, from the start of the decoded source; for JSON_SYNTAX. */
  readonly byte?: number
}

/** A name of the source for a message: quoted, printable, and not longer than a line. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name)
}
