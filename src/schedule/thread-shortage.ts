import { MigrationError } from '../errors/migration-error.ts'
import { findThreadRoom } from './process-limits.ts'

/**
 * THREADS_UNAVAILABLE: no thread is there, and none will be. Names the limit that is likely at fault.
 * @param cause what the last thread died of; null: none was tried, since a limit leaves no room.
 * @param batchBytes the memory that a thread converts in.
 */
export function describeNoThreads(cause: unknown, batchBytes: number): MigrationError {
  const room = findThreadRoom(batchBytes)
  const isFull = room.limit !== null && room.threads < 1
  const why = isFull ? room.limit : describeCause(cause, batchBytes)
  const hint = isFull
    ? room.remedy
    : 'look at the limits of the process (ulimit -a, pids.max), or try --threads 1 and a smaller --max-record-size'
  return new MigrationError('THREADS_UNAVAILABLE', `no thread can be started: ${why}`, { phase: 'worker', hint, cause })
}

function describeCause(cause: unknown, batchBytes: number): string {
  const message = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? ''
  if (/could not allocate memory|allocation failed/.test(message)) {
    return `the ${Math.round(batchBytes / 2 ** 20)} MiB of memory that it converts in cannot be had (${message})`
  }
  const errno = /\b(E[A-Z]{3,})\b/.exec(`${(cause as { code?: string } | null)?.code ?? ''} ${message}`)?.[1]
  if (errno === 'EAGAIN') return 'the system starts no further thread or process (EAGAIN)'
  if (errno === 'EMFILE' || errno === 'ENFILE') return `too many files are open (${errno})`
  return message
}

/** The warning where limits of the system leave fewer threads than were asked for; null: they leave as many. */
export function warnOfThreadRoom(
  wanted: number,
  batchBytes: number,
): { readonly threads: number; readonly warning: string | null } {
  const room = findThreadRoom(batchBytes)
  if (room.threads >= wanted) return { threads: wanted, warning: null }
  const threads = Math.max(1, room.threads)
  // Where there is room for none, the pool says so.
  return {
    threads,
    warning: room.threads < 1 ? null : `${room.threads} of ${wanted} threads are started: ${room.limit}`,
  }
}
