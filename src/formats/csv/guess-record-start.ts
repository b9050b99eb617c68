// Where the first record starts in bytes that begin anywhere in a file: behind the first line end, unless that stands between
// quotes. Both are tried, and whichever gives the more regular records is taken. This decides how fast a file is converted and
// never what becomes of it.
import { behindLine } from '../behind-line.ts'
import type { BatchMemory } from '../../batch/batch-memory.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { SCAN_COMPLETE, type CsvRecordScanner } from './csv-record-scanner.ts'

const LF = 0x0a
const CR = 0x0d

/** Records that a guess is judged by. */
const JUDGED_RECORDS = 16

interface Surroundings {
  readonly memory: BatchMemory
  /** Of a file whose lines end with line feeds. */
  readonly scanner: CsvRecordScanner
  readonly dialect: CsvDialect
  readonly columnCount: number
  readonly comment: number
}

/** See SplittableReader. The cell table is written over. */
export function guessRecordStart(around: Surroundings, start: number, end: number): number | null {
  const outside = behindLine(around.memory.bytes, start, end)
  const outsideScore = outside === null ? -1 : scoreRecords(around, outside, end)
  if (around.dialect.quote < 0 || outsideScore === 1) return outside
  const inside = startBehindQuote(around, start, end)
  const insideScore = inside === null ? -1 : scoreRecords(around, inside, end)
  if (outsideScore < 0 && insideScore < 0) return null
  return insideScore > outsideScore ? inside : outside
}

/** Takes the bytes for the rest of a quoted field: with a quote before them they are a record whose end can be found. */
function startBehindQuote({ memory, scanner, dialect }: Surroundings, start: number, end: number): number | null {
  const { bytes } = memory
  const before = bytes[start]!
  // What stands at `start` is not part of the record that is looked for, but for a line end right there.
  bytes[start] = dialect.quote
  const outcome = scanner.scan(memory, 0, start, end, false)
  bytes[start] = before
  return outcome === SCAN_COMPLETE ? scanner.next : null
}

/** The share of regular records among the first ones from `start` on; -1 where there is no whole record. */
function scoreRecords({ memory, scanner, columnCount, comment }: Surroundings, start: number, end: number): number {
  const { bytes } = memory
  let regular = 0
  let records = 0
  let position = start
  while (records < JUDGED_RECORDS && position < end) {
    const first = bytes[position]!
    if (first === comment || (columnCount !== 1 && (first === LF || first === CR))) {
      const next = behindLine(bytes, position, end)
      if (next === null) break
      position = next
      continue
    }
    if (scanner.scan(memory, 0, position, end, false) !== SCAN_COMPLETE) break
    records++
    const isRegular = scanner.fault === null && scanner.literalQuoteCount === 0 && scanner.fieldCount === columnCount
    if (isRegular) regular++
    position = scanner.next
  }
  return records === 0 ? -1 : regular / records
}
