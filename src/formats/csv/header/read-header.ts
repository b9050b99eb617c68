// The first record of a table: read once a file, strictly, since everything behind it depends on it. What is wrong with it fails
// the file.
import { isUtf8 } from 'node:buffer'
import { decodeCellText } from '../../../batch/cell-text.ts'
import { CELL_ESCAPED_TEXT, CELL_KIND_SHIFT, CELL_LENGTH_MASK } from '../../../batch/cell.ts'
import type { RecordBatch } from '../../../batch/record-batch.ts'
import { MigrationError } from '../../../errors/migration-error.ts'
import { describeFault } from '../csv-faults.ts'
import { findDuplicateColumn, nameColumns } from './csv-header.ts'
import type { CsvDialect } from '../csv-dialect.ts'
import type { CsvRecordScanner } from '../csv-record-scanner.ts'

/** Where a header stands: the byte counts from 0, the line from 1. */
export interface HeaderPlace {
  readonly file: string
  readonly line: number
  readonly byte: number
}

/** A header that was scanned. */
interface ScannedHeader {
  readonly batch: RecordBatch
  readonly dialect: CsvDialect
  readonly scanner: CsvRecordScanner
  /** Where it begins in the memory. */
  readonly start: number
  readonly place: HeaderPlace
}

/**
 * The names of the columns, from the header that the scanner holds.
 * @param mayRename whether a name that occurs twice gets a number
 * @returns the names, all different and none empty, and how many of them were given here.
 * @throws MigrationError MALFORMED_HEADER, DUPLICATE_COLUMN
 */
export function readHeader(scanned: ScannedHeader, mayRename: boolean): ReturnType<typeof nameColumns> {
  const { batch, dialect, scanner, start, place } = scanned
  if (scanner.fault !== null) throw malformedHeader(describeFault(scanner, batch.memory.bytes, dialect), place)
  if (!isUtf8(batch.memory.bytes.subarray(start, scanner.recordEnd))) {
    throw malformedHeader('it is not valid UTF-8', place, ENCODING_HINT)
  }
  const header = decodeFields(batch, scanner.fieldCount)
  const duplicate = mayRename ? null : findDuplicateColumn(header)
  if (duplicate === null) return nameColumns(header)
  const { name, first, second } = duplicate
  throw new MigrationError(
    'DUPLICATE_COLUMN',
    `columns ${first} and ${second} are both named ${JSON.stringify(name)}`,
    {
      phase: 'parse',
      hint: '--duplicate-columns rename gives the second one a number; where the first line is no header: --no-header',
      position: place,
    },
  )
}

/** The failure of a file whose header cannot be read. */
export function malformedHeader(reason: string, place: HeaderPlace, hint = DIALECT_HINT): MigrationError {
  return new MigrationError('MALFORMED_HEADER', `the header cannot be read: ${reason}`, {
    phase: 'parse',
    hint,
    position: place,
  })
}

const DIALECT_HINT = 'check --quote and --escape, and --skip where lines stand before the header'
const ENCODING_HINT =
  '--encoding says what the file was written in: often windows-1252 in the west, shift_jis, gbk, windows-1251 ... elsewhere'

/** A mark in the middle of a file is text. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function decodeFields(batch: RecordBatch, fieldCount: number): readonly string[] {
  const { bytes, cells, scratchStart } = batch.memory
  return Array.from({ length: fieldCount }, (_, field) => {
    const word = 2 * (batch.cellCount + field)
    const start = cells[word]!
    const length = cells[word + 1]! & CELL_LENGTH_MASK
    if (cells[word + 1]! >>> CELL_KIND_SHIFT !== CELL_ESCAPED_TEXT)
      return utf8.decode(bytes.subarray(start, start + length))
    return utf8.decode(bytes.subarray(scratchStart, decodeCellText(batch, CELL_ESCAPED_TEXT, start, length)))
  })
}
