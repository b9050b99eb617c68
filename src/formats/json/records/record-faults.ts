import type { ErrorCode } from '../../../errors/error-codes.ts'
import { findFirstDuplicate } from '../text/find-first-duplicate.ts'
import { quoteName, type JsonFault } from '../text/json-fault.ts'

/** What positions turn into where the text is refused; the reason is in `fault`. */
export const REFUSED = -1

/**
 * What is wrong with the record that is parsed. A fault of meaning (a duplicate, half a surrogate pair) is noted and the parse goes on, so that a
 * syntax error behind it is still found: in an array it fails the whole file.
 */
export class RecordFaults {
  fault: JsonFault | null = null
  /** Faults of meaning noted so far, of all records, the ones behind the first included. */
  count = 0
  /** Where the record starts, and where its first fault of meaning was noted. */
  #recordStart = 0
  #position = 0
  readonly #keepsLastDuplicate: boolean
  readonly #isFlattening: boolean

  constructor(keepsLastDuplicate: boolean, isFlattening: boolean) {
    this.#keepsLastDuplicate = keepsLastDuplicate
    this.#isFlattening = isFlattening
  }

  begin(recordStart: number): void {
    this.fault = null
    this.#recordStart = recordStart
  }

  /** Keeps the first fault of meaning; a syntax error may still replace it. */
  note(position: number, code: ErrorCode, message: string, column: string | undefined): void {
    if (this.fault === null) this.#position = position
    this.fault ??= column === undefined ? { code, message } : { code, message, column }
    this.count++
  }

  /** Refuses a record for the first fault of meaning: a duplicate is noted only where its object ends. */
  refuseForFirst(bytes: Uint8Array): number {
    if (this.#keepsLastDuplicate) return REFUSED
    const found = findFirstDuplicate(bytes, this.#recordStart, this.#position, this.#isFlattening)
    if (found === null) return REFUSED
    this.fault = { code: 'DUPLICATE_KEY', message: duplicateMessage(found.name), column: found.column }
    return REFUSED
  }

  refuseDuplicate(name: string): number {
    this.fault = { code: 'DUPLICATE_KEY', message: duplicateMessage(name), column: name }
    return REFUSED
  }

  refuseCollision(column: string): number {
    const message = `two paths of nested keys meet in the column ${quoteName(column)}; --nested json keeps nested values as JSON text`
    this.fault = { code: 'FLATTEN_COLLISION', message, column }
    return REFUSED
  }

  refuseOtherValue(): number {
    this.fault = { code: 'NOT_AN_OBJECT', message: 'a record must be a JSON object, and this is another value' }
    return REFUSED
  }

  /** @param byte where it is in the source. */
  refuseSyntax(byte: number, problem: string): number {
    this.fault = { code: 'JSON_SYNTAX', message: `not valid JSON: ${problem} at byte ${byte}`, byte }
    return REFUSED
  }
}

export function duplicateMessage(name: string): string {
  return `an object has the key ${quoteName(name)} twice; --duplicate-keys last keeps the later value`
}
