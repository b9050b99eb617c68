import type { MigrationError } from '../errors/migration-error.ts'
import type { Report } from '../model/report.ts'

/** Exit codes, by the table in docs: the first that applies. */
export const EXIT_CODES = {
  done: 0,
  unexpected: 1,
  wrongUse: 2,
  noSuchSource: 3,
  allFailed: 6,
  emptySource: 9,
  someFailed: 11,
  someRejected: 12,
  slower: 14,
  stoppedByInterrupt: 130,
  stoppedByTermination: 143,
} as const

/** What decides the exit code of a run. */
export type RunOutcome = Pick<Report, 'files' | 'standingRejects' | 'stopped' | 'shard'>

export function exitCodeOfReport(report: RunOutcome, isEmptyAnError: boolean): number {
  const { total, failed, notStarted } = report.files
  const bySignal = exitCodeOfSignal(report.stopped)
  if (bySignal !== undefined) return bySignal
  if (failed > 0) return failed >= total ? EXIT_CODES.allFailed : EXIT_CODES.someFailed
  // Stopped without a failed file, or some files left for no reason that the report knows: never to be taken for done.
  if (notStarted > 0 || report.stopped !== null) return EXIT_CODES.unexpected
  // A shard of few files may have none; what counts is the tree.
  if (total === 0 && (report.shard?.treeFiles ?? 0) === 0 && isEmptyAnError) return EXIT_CODES.emptySource
  return report.standingRejects.records > 0 ? EXIT_CODES.someRejected : EXIT_CODES.done
}

/** A terminal that hangs up (SIGHUP) ends a run as SIGTERM does. */
export function exitCodeOfSignal(stopped: Report['stopped']): number | undefined {
  if (stopped === 'SIGINT') return EXIT_CODES.stoppedByInterrupt
  return stopped === 'SIGTERM' || stopped === 'SIGHUP' ? EXIT_CODES.stoppedByTermination : undefined
}

/** Of an error that ended a run before it could report: a refused plan is wrong use, a failing system is not. */
export function exitCodeOfError(error: Pick<MigrationError, 'code' | 'phase'>): number {
  if (error.code === 'NO_SUCH_SOURCE') return EXIT_CODES.noSuchSource
  if (error.code === 'EMPTY_SOURCE') return EXIT_CODES.emptySource
  return REFUSALS.has(error.code) ? EXIT_CODES.wrongUse : EXIT_CODES.unexpected
}

const REFUSALS: ReadonlySet<string> = new Set([
  'WRONG_USE',
  'UNKNOWN_FORMAT',
  'CONFIG_INVALID',
  'MAPPING_INVALID',
  'TARGET_INSIDE_SOURCE',
  'TARGET_COLLISION',
  'TARGET_EXISTS',
  'TARGET_NOT_A_FOLDER',
  'TARGET_LINK',
  'BOOKKEEPING_UNSAFE',
  'BOOKKEEPING_DAMAGED',
  'PRUNE_REFUSED',
  'RUN_ACTIVE',
  'SHARDS_DIFFER',
  'SHARD_MISSING',
  'SHARD_TWICE',
  'SHARD_DAMAGED',
])
