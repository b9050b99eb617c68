import { listSystemFolder, readSystemFile } from '../system/system-files.ts'

/*
 * What the system lets this process have, and how much of it is in use: so that threads which cannot be are not asked for. Some of these
 * limits end the whole process without a word where they are met (V8 aborts where a thread's heap cannot be reserved), so they are looked at
 * before. Only Linux tells them; elsewhere nothing limits.
 */

const MIB = 2 ** 20

/** Address space that a thread reserves, most of it never touched: its heap, stack and allocator (590 to 780 MiB, Node 20 and 24). */
const THREAD_ADDRESS_BYTES = 800 * MIB
/** What the main thread may still come to reserve: its heap grows, and four threads read and write for it. */
const MAIN_ADDRESS_BYTES = 320 * MIB
/** What WebAssembly reserves for the memory that kernels work on: 8 GiB that an index can reach, and a guard. */
const KERNEL_ADDRESS_BYTES = 10 * 1024 * MIB
/** Descriptors of a thread: four of its event loop, and its source, target and rejects. */
const THREAD_FILES = 7
/** What the main thread opens beside: journal, lock, commits. */
const MAIN_FILES = 8
/** Threads that Node still starts for the main thread: those of libuv. */
const MAIN_THREADS = 4

/** How many more threads one limit allows. */
export interface ThreadRoom {
  readonly threads: number
  /** The limit and what is in use of it, in words; null: nothing limits. */
  readonly limit: string | null
  /** How to raise it. */
  readonly remedy: string
}

export interface ProcessLimits {
  /** Each null where there is none, or where it cannot be read. */
  readonly addressSpace: Usage | null
  readonly openFiles: Usage | null
  readonly userProcesses: Usage | null
  readonly groupProcesses: Usage | null
}

interface Usage {
  readonly most: number
  readonly used: number
}

const UNLIMITED: ThreadRoom = { threads: Number.POSITIVE_INFINITY, limit: null, remedy: '' }

/**
 * How many more threads may be started, by the tightest limit.
 * @param batchBytes the memory that a thread converts in.
 */
export function findThreadRoom(batchBytes: number, limits: ProcessLimits = readProcessLimits()): ThreadRoom {
  const { addressSpace, openFiles, userProcesses, groupProcesses } = limits
  const rooms = [
    roomOf(addressSpace, MAIN_ADDRESS_BYTES, THREAD_ADDRESS_BYTES + batchBytes, {
      name: ({ most, used }) =>
        `the limit of address space (ulimit -v) is ${mebibytes(most)}, ${mebibytes(used)} are in use, and a thread takes ${mebibytes(THREAD_ADDRESS_BYTES + batchBytes)}`,
      remedy: 'raise it (ulimit -v), or try --threads 1 and a smaller --max-record-size',
    }),
    roomOf(openFiles, MAIN_FILES, THREAD_FILES, {
      name: ({ most, used }) =>
        `the limit of open files (ulimit -n) is ${most}, ${used} are open, and a thread takes ${THREAD_FILES}`,
      remedy: 'raise it (ulimit -n), or try --threads 1',
    }),
    roomOf(userProcesses, MAIN_THREADS, 1, {
      name: ({ most, used }) =>
        `the limit of processes and threads of a user (ulimit -u) is ${most}, ${used} are in use`,
      remedy: 'raise it (ulimit -u), or try --threads 1',
    }),
    roomOf(groupProcesses, MAIN_THREADS, 1, {
      name: ({ most, used }) =>
        `the limit of processes and threads of the control group (pids.max) is ${most}, ${used} are in use`,
      remedy: 'raise it (pids.max, --pids-limit), or try --threads 1',
    }),
  ]
  return rooms.toSorted((a, b) => a.threads - b.threads)[0] ?? UNLIMITED
}

/**
 * How many of some threads may convert by kernels. What these reserve would otherwise be missing to threads that start a moment later, and V8 aborts
 * the whole process where it cannot reserve a heap.
 * @param threads that are about to be started, now or later.
 * @param batchBytes the memory that a thread without kernels converts in.
 */
export function countKernelThreads(
  threads: number,
  batchBytes: number,
  { addressSpace }: Pick<ProcessLimits, 'addressSpace'> = readProcessLimits(),
): number {
  if (addressSpace === null) return threads
  const left =
    addressSpace.most - addressSpace.used - MAIN_ADDRESS_BYTES - threads * (THREAD_ADDRESS_BYTES + batchBytes)
  return Math.min(threads, Math.max(0, Math.floor(left / KERNEL_ADDRESS_BYTES)))
}

function roomOf(
  usage: Usage | null,
  reserve: number,
  perThread: number,
  words: { readonly name: (usage: Usage) => string; readonly remedy: string },
): ThreadRoom {
  if (usage === null) return UNLIMITED
  const threads = Math.max(0, Math.floor((usage.most - usage.used - reserve) / perThread))
  return { threads, limit: words.name(usage), remedy: words.remedy }
}

/** A larger limit of processes is hardly met, and counting all of them takes some milliseconds. */
const COUNTED_PROCESSES = 4096

type Read = (path: string) => string

/** Looks at the limits of this process. */
export function readProcessLimits(read: Read = readSystemFile): ProcessLimits {
  const tryRead: Read = (path) => {
    try {
      return read(path)
    } catch {
      return ''
    }
  }
  const limits = tryRead('/proc/self/limits')
  const status = tryRead('/proc/self/status')
  const most = (name: string): number | null => {
    const soft = new RegExp(`^${name} +(\\d+) `, 'm').exec(limits)?.[1]
    return soft === undefined ? null : Number(soft)
  }
  const addressSpace = most('Max address space')
  const openFiles = most('Max open files')
  return {
    addressSpace: usage(addressSpace, () => 1024 * Number(/^VmSize:\s+(\d+)/m.exec(status)?.[1] ?? 0)),
    openFiles: usage(openFiles, () => listSystemFolder('/proc/self/fd').length),
    // It does not bind root.
    userProcesses: usage(process.getuid?.() === 0 ? null : countable(most('Max processes')), countUserThreads),
    groupProcesses: readGroupProcesses(tryRead),
  }
}

function countable(most: number | null): number | null {
  return most !== null && most <= COUNTED_PROCESSES ? most : null
}

function usage(most: number | null, count: () => number): Usage | null {
  if (most === null) return null
  try {
    return { most, used: count() }
  } catch {
    return null
  }
}

/** Threads of all processes of this user. */
function countUserThreads(): number {
  const uid = process.getuid?.()
  let count = 0
  for (const name of listSystemFolder('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const status = readSystemFile(`/proc/${name}/status`)
      if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === uid)
        count += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    } catch {
      // It has ended meanwhile.
    }
  }
  return count
}

/** @see https://docs.kernel.org/admin-guide/cgroup-v2.html#pid-interface-files */
function readGroupProcesses(tryRead: Read): Usage | null {
  let tightest: Usage | null = null
  for (const line of tryRead('/proc/self/cgroup').split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers !== '' && controllers !== 'pids') continue
    const root = controllers === '' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids'
    for (let group = path; ; group = group.slice(0, group.lastIndexOf('/'))) {
      const most = Number.parseInt(tryRead(`${root}${group}/pids.max`), 10)
      const used = Number.parseInt(tryRead(`${root}${group}/pids.current`), 10)
      if (most - used < (tightest === null ? Number.POSITIVE_INFINITY : tightest.most - tightest.used))
        tightest = { most, used }
      if (!group.includes('/')) break
    }
  }
  return tightest
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`
}
