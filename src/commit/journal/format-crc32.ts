import type { JournalEntry } from '../../model/journal-entry.ts'
import type { FileSum } from '../../model/task-result.ts'

/** Two hex digits for each byte. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A CRC-32 as eight hex digits. By a table: `toString(16)` takes a microsecond for each of many files. */
export function formatCrc32(crc: number): string {
  return `${BYTES[crc >>> 24]}${BYTES[(crc >>> 16) & 255]}${BYTES[(crc >>> 8) & 255]}${BYTES[crc & 255]}`
}

/** What the journal says of a rejects file; nothing where there is none. */
export function formatSum(rejects: FileSum | undefined): Pick<JournalEntry, 'rejects'> {
  return rejects === undefined ? {} : { rejects: { sizeBytes: rejects.sizeBytes, hash: formatCrc32(rejects.hash) } }
}
