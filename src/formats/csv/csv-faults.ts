// What is said of a record that is no table row, with the option that would accept it. No option that drops values is named.
import { isBlank, type CsvDialect } from './csv-dialect.ts'

/** What can be wrong with the structure of a record. */
export type CsvFault = 'TEXT_AFTER_CLOSING_QUOTE' | 'QUOTE_IN_UNQUOTED_FIELD' | 'BARE_CR'

const FAULTS: Readonly<Record<CsvFault, readonly [before: string, after: string]>> = {
  TEXT_AFTER_CLOSING_QUOTE: ['text follows the closing quote of field ', ''],
  QUOTE_IN_UNQUOTED_FIELD: ['a quote stands inside the unquoted field ', '; --quotes lenient takes it as it is'],
  BARE_CR: ['a carriage return without a line feed stands outside quotes, in field ', ''],
}

const BACKSLASH = 0x5c

interface FoundFault {
  readonly fault: CsvFault | null
  /** Counted from 0. */
  readonly faultField: number
  readonly faultPosition: number
}

/** The message of a structural fault. An option is named only where it would take the text. */
export function describeFault(
  { fault, faultField, faultPosition }: FoundFault,
  bytes: Uint8Array,
  dialect: Pick<CsvDialect, 'escape' | 'delimiter' | 'trimsAroundQuotes'>,
): string {
  const message = FAULTS[fault ?? 'BARE_CR'].join(String(faultField + 1))
  if (fault !== 'TEXT_AFTER_CLOSING_QUOTE') return message
  if (dialect.escape !== BACKSLASH && bytes[faultPosition - 2] === BACKSLASH)
    return `${message}; --escape '\\' takes a quote behind a backslash for text`
  if (!dialect.trimsAroundQuotes && isBlank(bytes[faultPosition]!, dialect.delimiter))
    return `${message}; --trim-around-quotes accepts blanks there`
  return message
}

/** @param model what the expected number of fields comes from */
export function describeFieldCount(found: number, expected: number, model: 'header' | 'first record'): string {
  const advice =
    found < expected ? '--ragged pad fills up with empty fields' : 'does the header lack a name, or is --delim another?'
  return `${found} ${found === 1 ? 'field' : 'fields'} where the ${model} has ${expected}; ${advice}`
}

export function describeTooLarge(byteCount: number, maxRecordBytes: number): string {
  return `the record has ${byteCount} bytes; --max-record-size ${byteCount} accepts it (now ${maxRecordBytes})`
}

export const INVALID_UTF8_MESSAGE = 'the record is not valid UTF-8; --encoding says what the file is in'

/** @param byte where the quote stands in the file, counted from 0 */
export function describeOpenQuote(byte: number, line: number): string {
  return `the quote at byte ${byte} (line ${line}) is still open at the end of the file`
}
