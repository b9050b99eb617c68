import { bookkeepingPaths } from '../commit/bookkeeping-paths.ts'
import { journalPath } from '../commit/journal/journal.ts'
import { lostJournal, stateOfJournal, type JournalState } from '../commit/journal/journal-state.ts'
import { toWireError } from '../errors/migration-error.ts'

export interface JournalCheck {
  /** `unknown`: it could not be looked at. */
  readonly state: JournalState | 'unknown'
  readonly warning: { readonly code: string; readonly message: string } | null
}

/**
 * Looks at the journal of a run that has ended its work, as the next run will find it.
 * @param made how many files it converted.
 */
export async function checkJournal(targetRoot: string, runId: string, made: number): Promise<JournalCheck> {
  if (made === 0) return { state: 'whole', warning: null }
  const paths = bookkeepingPaths(targetRoot)
  const path = journalPath(paths, runId)
  const state = await stateOfJournal(paths.tree, path, made).catch((error: unknown) => error)
  if (state === 'whole') return { state, warning: null }
  if (state === 'lost') {
    const { code, message, hint } = lostJournal(path)
    return { state, warning: { code, message: `${message}; ${hint}` } }
  }
  const reason = state === 'unsealed' ? '' : `: ${toWireError(state, { phase: 'commit' }).message}`
  const message = `the journal ${path} could not be brought to its end; the next run does it${reason}`
  return { state: state === 'unsealed' ? state : 'unknown', warning: { code: 'JOURNAL_FAILED', message } }
}
