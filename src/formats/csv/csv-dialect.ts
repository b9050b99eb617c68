import type { DelimitedSource } from './csv-settings.ts'

export const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20

/** The delimited formats: tsv is csv with a tab for a delimiter. */
export type DelimitedFormatName = 'csv' | 'tsv'

/** The delimiter that a format has, whatever the plan says of the other one. */
export function delimiterOf(format: DelimitedFormatName, planned: number): number {
  return format === 'tsv' ? TAB : planned
}

/** How one kind of source is written, in the form that scanning needs. */
export interface CsvDialect {
  readonly delimiter: number
  readonly quote: number
  readonly escape: number
  readonly isRfc: boolean
  readonly trimsAroundQuotes: boolean
  /** Unquoted text that stands for null; null: no text does. */
  readonly nullText: Uint8Array | null
  /** By byte: 1 where an unquoted field may end, or where something must be noted. */
  readonly unquotedStops: Uint8Array
  /** The same for what lies between quotes. */
  readonly quotedStops: Uint8Array
}

/** Dialects that are prepared, by what they were made from: a run has one or two of them, however many files it has. */
const prepared = new WeakMap<DelimitedSource, Map<DelimitedFormatName, CsvDialect>>()

/** The prepared dialect of the sources of a run. */
export function csvDialectOf(source: DelimitedSource, format: DelimitedFormatName): CsvDialect {
  let dialects = prepared.get(source)
  if (dialects === undefined) prepared.set(source, (dialects = new Map()))
  let dialect = dialects.get(format)
  if (dialect === undefined) dialects.set(format, (dialect = createCsvDialect(source, format)))
  return dialect
}

function createCsvDialect(source: DelimitedSource, format: DelimitedFormatName): CsvDialect {
  const delimiter = delimiterOf(format, source.delimiter)
  return {
    delimiter,
    quote: source.quote,
    escape: source.quote < 0 ? -1 : source.escape,
    isRfc: source.quotes === 'rfc',
    trimsAroundQuotes: source.trimAroundQuotes && source.quote >= 0,
    nullText: source.nullText === null ? null : new TextEncoder().encode(source.nullText),
    unquotedStops: byteTable([delimiter, source.quote, CR, LF]),
    quotedStops: byteTable([source.quote, source.escape, CR, LF]),
  }
}

/** A table of 256 bytes with 1 at the given places; negative places are left out. */
export function byteTable(marked: readonly number[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of marked) if (byte >= 0) table[byte] = 1
  return table
}

/** Passes over blanks, which are spaces and tabs but never the delimiter. Returns the position of what follows. */
export function passBlanks(bytes: Uint8Array, start: number, end: number, delimiter: number): number {
  let position = start
  while (position < end && isBlank(bytes[position]!, delimiter)) position++
  return position
}

/** True for a space or tab that is not the delimiter. */
export function isBlank(byte: number, delimiter: number): boolean {
  return (byte === SPACE || byte === TAB) && byte !== delimiter
}
