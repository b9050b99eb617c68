import type { TreeFiles } from '../../storage/tree-files.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { JournalScan } from './journal-scan.ts'
import { formatJournalEnd } from './journal-lines.ts'
import { readLines } from './read-lines.ts'

/**
 * What is under the name of a journal that its writer has closed. `whole`: all that it wrote. `unsealed`: all commits, but not the end. `lost`: not
 * all of them, since somebody removed it, cut it or put something else in its place.
 */
export type JournalState = 'whole' | 'unsealed' | 'lost'

/**
 * Looks at a journal by its name, as the next run will.
 * @param entries how many commits were written.
 * @throws errors of the system.
 */
export async function stateOfJournal(tree: TreeFiles, path: string, entries: number): Promise<JournalState> {
  try {
    const file = await tree.openIfThere(path, 'r')
    if (file === null) return 'lost'
    try {
      const end = Buffer.from(formatJournalEnd(entries))
      const { sizeBytes } = await file.head()
      const found = Buffer.alloc(end.length)
      await file.readAt(found, 0, end.length, Math.max(0, sizeBytes - end.length))
      if (found.equals(end)) return 'whole'
      const scan = new JournalScan()
      await readLines(file, (...line) => void scan.take(...line))
      return scan.entryCount === entries ? 'unsealed' : 'lost'
    } finally {
      await file.close()
    }
  } catch (error) {
    // Something that is no file, or a folder that is a link.
    if (error instanceof MigrationError) return 'lost'
    throw error
  }
}

/** A journal that was taken away, as an error of the run that wrote it. */
export function lostJournal(path: string): MigrationError {
  return new MigrationError(
    'JOURNAL_FAILED',
    `the journal ${path} was removed, replaced or cut while the run was at work: what it proved cannot be proved any more`,
    {
      phase: 'commit',
      hint: 'leave .migrate alone while a run works, and run the same command again: what is not proved is made again',
    },
  )
}
