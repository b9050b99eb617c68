import {
  CompactedEntrySchema,
  JournalEndSchema,
  JournalEntrySchema,
  JournalHeaderSchema,
  type JournalEntry,
  type JournalHeader,
  type SourceTree,
} from '../../model/journal-entry.ts'
import { formatCheckedLine, parseCheckedLine } from './checked-line.ts'

/*
 * The lines of a journal: a header, commits, an end. Journals of older versions have commits only. Writers (journal.ts, complete-journal.ts)
 * and the reader (journal-reader.ts) must change together.
 */

/** The first line. @param sourceTrees one, or those that the lines of a compacted journal name by number. */
export function formatJournalHeader(sourceTrees: readonly (SourceTree | null)[]): string {
  return formatCheckedLine('journal', { version: 2, sourceTrees })
}

/** The line of one commit. */
export function formatJournalLine(entry: JournalEntry): string {
  return formatCheckedLine('commit', entry)
}

/** The last line: how many commits there are, so that none can be missing unseen. */
export function formatJournalEnd(entries: number): string {
  return formatCheckedLine('end', { entries })
}

export type JournalLine =
  | { readonly kind: 'header'; readonly header: JournalHeader }
  /** `run` and `tree` only in a compacted journal; `tree` is the number of a source tree of the header. */
  | { readonly kind: 'commit'; readonly entry: JournalEntry; readonly run: string | null; readonly tree: number }
  | { readonly kind: 'end'; readonly entries: number }

/** What a line says, its line feed taken off; null when the line is not exactly as it was written. */
export function readJournalLine(line: Buffer): JournalLine | null {
  const checked = parseCheckedLine(line)
  if (checked === null) return null
  const { kind, value } = checked
  if (kind === 'commit') return readCommit(value)
  if (kind === 'journal') {
    const parsed = JournalHeaderSchema.safeParse(value)
    return parsed.success ? { kind: 'header', header: parsed.data } : null
  }
  if (kind !== 'end') return null
  const parsed = JournalEndSchema.safeParse(value)
  return parsed.success ? { kind: 'end', entries: parsed.data.entries } : null
}

function readCommit(value: unknown): JournalLine | null {
  if (typeof value === 'object' && value !== null && 'run' in value) {
    const parsed = CompactedEntrySchema.safeParse(value)
    if (!parsed.success) return null
    const { run, tree, ...entry } = parsed.data
    return { kind: 'commit', entry, run, tree }
  }
  const parsed = JournalEntrySchema.safeParse(value)
  return parsed.success ? { kind: 'commit', entry: parsed.data, run: null, tree: 0 } : null
}

/** The commit in a line; null for any other line. */
export function parseJournalLine(line: Buffer): JournalEntry | null {
  const read = readJournalLine(line)
  return read?.kind === 'commit' ? read.entry : null
}
