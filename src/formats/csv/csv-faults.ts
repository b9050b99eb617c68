// What is said of a record that is no table row, with the option that would accept it.

/** What can be wrong with the structure of a record. */
export type CsvFault = 'TEXT_AFTER_CLOSING_QUOTE' | 'QUOTE_IN_UNQUOTED_FIELD' | 'BARE_CR'

const FAULTS: Readonly<Record<CsvFault, readonly [before: string, after: string]>> = {
  TEXT_AFTER_CLOSING_QUOTE: ['text follows the closing quote of field ', '; --trim-around-quotes accepts blanks there'],
  QUOTE_IN_UNQUOTED_FIELD: ['a quote stands inside the unquoted field ', '; --quotes lenient takes it as it is'],
  BARE_CR: ['a carriage return without a line feed stands outside quotes, in field ', ''],
}

/** The message of a structural fault in a field, whose number counts from 1. */
export function describeFault(code: CsvFault, field: number): string {
  return FAULTS[code].join(String(field))
}

/** @param model what the expected number of fields comes from */
export function describeFieldCount(found: number, expected: number, model: 'header' | 'first record'): string {
  const option = found < expected ? '--ragged pad fills the rest' : '--ragged truncate drops the rest'
  return `${found} ${found === 1 ? 'field' : 'fields'} where the ${model} has ${expected}; ${option}`
}

export function describeTooLarge(byteCount: number, maxRecordBytes: number): string {
  return `the record has ${byteCount} bytes; --max-record-size ${byteCount} accepts it (now ${maxRecordBytes})`
}

export const INVALID_UTF8_MESSAGE = 'the record is not valid UTF-8; --encoding says what the file is in'

/** @param byte where the quote stands in the file, counted from 0 */
export function describeOpenQuote(byte: number, line: number): string {
  return `the quote at byte ${byte} (line ${line}) is still open at the end of the file`
}
