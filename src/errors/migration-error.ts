import { constants } from 'node:os'
import type { ErrorCode } from './error-codes.ts'

/** Where in the work an error arose. */
export type Phase =
  'options' | 'discover' | 'plan' | 'lock' | 'read' | 'parse' | 'map' | 'encode' | 'write' | 'commit' | 'worker'

/** Where in the data an error lies. Records and lines count from 1, bytes from 0; the header is line 1 but no record. */
export interface Position {
  readonly file?: string | undefined
  readonly record?: number | undefined
  readonly line?: number | undefined
  readonly byte?: number | undefined
}

/** An error as a plain record: what crosses threads, journals and reports. A thrown custom error would lose its fields there. */
export interface WireError {
  /** One of ERROR_CODES, or the errno name of a system error. */
  readonly code: string
  readonly phase: Phase
  /** What happened and where, one line. */
  readonly message: string
  /** What to try next, one line. */
  readonly hint?: string | undefined
  readonly position: Position
  /** True where the same attempt may succeed a second time. */
  readonly isRetryable: boolean
}

interface ErrorDetails {
  readonly phase: Phase
  readonly hint?: string | undefined
  readonly position?: Position
  readonly cause?: unknown
  readonly isRetryable?: boolean
}

/** The one error class: a bad environment or wrong use throws it. A bad record is no error but a reject. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly code: ErrorCode | (string & {})
  readonly phase: Phase
  readonly hint: string | undefined
  readonly position: Position
  readonly isRetryable: boolean

  constructor(code: ErrorCode | (string & {}), message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.phase = details.phase
    this.hint = details.hint
    this.position = details.position ?? {}
    this.isRetryable = details.isRetryable ?? false
  }
}

/**
 * Turns whatever was thrown into a plain record. A system error keeps its errno name as code; anything unknown is UNEXPECTED.
 * @param context what was being done, and to which file: used where the thrown value does not say it itself.
 */
export function toWireError(thrown: unknown, context: { readonly phase: Phase; readonly file?: string }): WireError {
  if (thrown instanceof MigrationError) {
    const position = { ...(context.file === undefined ? {} : { file: context.file }), ...thrown.position }
    return {
      code: thrown.code,
      phase: thrown.phase,
      message: thrown.message,
      ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
      position,
      isRetryable: thrown.isRetryable,
    }
  }
  const position = context.file === undefined ? {} : { file: context.file }
  if (isSystemError(thrown)) {
    const code = errnoName(thrown)
    const hint = SYSTEM_HINTS[code]
    return {
      code,
      phase: context.phase,
      message: `${thrown.syscall ?? context.phase} failed: ${describeSystemError(thrown)}`,
      ...(hint === undefined ? {} : { hint }),
      position,
      isRetryable: RETRYABLE_ERRNOS.has(code),
    }
  }
  const message =
    thrown instanceof Error ? (thrown.stack ?? thrown.message).split('\n').slice(0, 3).join(' | ') : String(thrown)
  return {
    code: 'UNEXPECTED',
    phase: context.phase,
    message,
    hint: 'this is a fault of Drover: please report it with this line',
    position,
    isRetryable: false,
  }
}

/** The error behind a wire record, for callers that throw. */
export function fromWireError(wire: WireError): MigrationError {
  return new MigrationError(wire.code, wire.message, wire)
}

interface SystemError extends Error {
  readonly code: string
  readonly errno?: number
  readonly syscall?: string
  readonly path?: string
}

/** True for what Node throws when a system call fails. */
export function isSystemError(thrown: unknown): thrown is SystemError {
  return thrown instanceof Error && /^E[A-Z0-9]+$|^UNKNOWN$/.test((thrown as { code?: string }).code ?? '')
}

/** Node has no names for some errors, such as EDQUOT and ESTALE, and says UNKNOWN. */
function errnoName({ code, errno = 0 }: SystemError): string {
  if (code !== 'UNKNOWN') return code
  return Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0] ?? `ERRNO_${-errno}`
}

function describeSystemError(error: SystemError): string {
  if (error.code === 'UNKNOWN') return errnoName(error)
  // Node's message is "ENOSPC: no space left on device, write": the middle is the system's own words.
  const words = /^E[A-Z0-9]+: ([^,]*)/.exec(error.message)?.[1] ?? error.message
  const limit = LIMITS[error.code]
  return `${error.code} (${words}${limit === undefined ? '' : `: the limit is ${limit}`})`
}

const RETRYABLE_ERRNOS = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'ETIMEDOUT', 'EBUSY', 'ESTALE'])

/** What an administrator would look at. */
const LIMITS: Readonly<Record<string, string>> = { EMFILE: 'ulimit -n', ENFILE: 'fs.file-max' }

const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space in the target tree and run the same command again: finished files are kept',
  EDQUOT: 'the quota is used up: free some space and run the same command again',
  EACCES: 'check the permissions of the file and of the folders above it',
  EPERM: 'check the owner and the attributes of the file',
  EROFS: 'the file system is mounted read-only',
  EMFILE: 'raise the limit of open files (ulimit -n) or use fewer --threads',
  ENFILE:
    'the system has as many open files as it allows (fs.file-max; ulimit -n limits each process): close some, or use fewer --threads',
  EIO: 'the disk reported an error: check it before you run the same command again',
  EFBIG: 'the target would be larger than the file system or the limit (ulimit -f) allows',
  ENAMETOOLONG: 'the name is longer than the file system of the target tree allows',
}
