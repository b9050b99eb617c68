import type { WireError } from '../../errors/migration-error.ts'

/** What became of a finished file. The time is its share of what was synced together. */
export type CommitOutcome =
  { readonly isCommitted: true; readonly syncNs: number } | { readonly isCommitted: false; readonly error: WireError }

const ENDS_ALL: ReadonlySet<string> = new Set(['JOURNAL_FAILED', 'LOCK_LOST', 'LEASE_LOST', 'GENERATION_CLOSED'])

/** True for the errors after which no further commit can be right. */
export function endsAllCommits({ code }: Pick<WireError, 'code'>): boolean {
  return ENDS_ALL.has(code)
}
