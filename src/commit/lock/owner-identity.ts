import { hostname } from 'node:os'
import { readSystemFile, readSystemLink } from '../../system/system-files.ts'

/*
 * Who owns a lock, told so exactly that a dead owner is never mistaken for a live one that got the same pid: host, boot, pid
 * namespace, pid and the start time of the process. What the system does not tell is null, and then nothing is concluded from it.
 */

export interface OwnerIdentity {
  readonly host: string
  readonly bootId: string | null
  readonly pid: number
  /** Pids of one namespace mean nothing in another: two containers both have a process 1. */
  readonly pidNamespace: string | null
  /** In clock ticks since boot, as the kernel writes it. */
  readonly processStartTime: string | null
}

/** `unknown`: the process cannot be seen from here, only its heartbeat can. */
export type Liveness = 'alive' | 'dead' | 'unknown'

/** The identity of this process. */
export function readOwnIdentity(): OwnerIdentity {
  return {
    host: hostname(),
    bootId: orNull(() => readSystemFile('/proc/sys/kernel/random/boot_id').trim()),
    pid: process.pid,
    pidNamespace: orNull(() => readSystemLink('/proc/self/ns/pid')),
    processStartTime: readProcess(process.pid)?.startTime ?? null,
  }
}

/** Tells whether the process that wrote an identity is still there. Never judges the pid of another host or namespace. */
export function judgeOwner(owner: OwnerIdentity, observer: OwnerIdentity): Liveness {
  if (owner.host !== observer.host) return 'unknown'
  // Containers of different machines may share a host name, so another namespace's boot id proves nothing either.
  if (differs(owner.pidNamespace, observer.pidNamespace)) return 'unknown'
  if (differs(owner.bootId, observer.bootId)) return 'dead'
  if (!processExists(owner.pid)) return 'dead'
  const found = readProcess(owner.pid)
  if (found === null || owner.processStartTime === null) return 'unknown'
  return found.startTime === owner.processStartTime && !found.isGone ? 'alive' : 'dead'
}

function differs(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b
}

function processExists(pid: number): boolean {
  if (pid <= 0) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Reads /proc/<pid>/stat; null where there is no such file. `isGone`: killed, all its threads ended, only not yet waited for. */
function readProcess(pid: number): { readonly startTime: string; readonly isGone: boolean } | null {
  const stat = orNull(() => readSystemFile(`/proc/${pid}/stat`))
  if (stat === null) return null
  // The second field is the program's name in parentheses and may hold blanks; the third is the state, the 22nd the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, threadCount, startTime] = [fields[0], fields[17], fields[19]]
  if (startTime === undefined) return null
  return { startTime, isGone: (state === 'Z' || state === 'X') && Number(threadCount) <= 1 }
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
