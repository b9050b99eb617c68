import { availableParallelism } from 'node:os'
import { readSystemFile } from '../system/system-files.ts'

/**
 * The number of threads that `--threads` asks for: `8`, `50%` of the cores, `+2` beside the cores, or `auto`: the cores that
 * this process may use. At least 1.
 */
export function resolveThreadCount(threads: string, cores = countUsableCores()): number {
  if (threads === 'auto') return cores
  if (threads.endsWith('%')) return Math.max(1, Math.round((cores * Number(threads.slice(0, -1))) / 100))
  if (threads.startsWith('+')) return cores + Number(threads.slice(1))
  return Number(threads)
}

/** Beyond this, threads that wait are no longer what a run waits for. */
const MOST_AUTO_THREADS = 32

/** The most threads that `auto` may come to use: more than there are cores, for work that waits. */
export function mostAutoThreads(cores = countUsableCores()): number {
  return Math.max(MOST_AUTO_THREADS, cores * 2)
}

/** Cores this process may use: its CPU affinity, cut down by the CPU quota of its control groups, rounded up. */
export function countUsableCores(): number {
  const quota = readCpuQuota()
  return Math.max(1, Math.min(availableParallelism(), quota === null ? Number.POSITIVE_INFINITY : Math.ceil(quota)))
}

/**
 * The tightest CPU quota of the process's control groups in cores, or null where there is none (or no Linux).
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 */
export function readCpuQuota(read: (path: string) => string = readSystemFile): number | null {
  const tryRead = (path: string): string => {
    try {
      return read(path).trim()
    } catch {
      return ''
    }
  }
  let tightest: number | null = null
  const consider = (quota: number, period: number): void => {
    if (quota > 0 && period > 0) tightest = Math.min(tightest ?? Number.POSITIVE_INFINITY, quota / period)
  }
  for (const line of tryRead('/proc/self/cgroup').split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    // A quota anywhere on the way up to the root binds too.
    for (const group of pathsUpwards(path)) {
      if (controllers === '') {
        const [quota = '', period = ''] = tryRead(`/sys/fs/cgroup${group}/cpu.max`).split(' ')
        consider(Number(quota), Number(period))
      } else if (controllers.split(',').includes('cpu')) {
        const folder = `/sys/fs/cgroup/${controllers}${group}`
        consider(Number(tryRead(`${folder}/cpu.cfs_quota_us`)), Number(tryRead(`${folder}/cpu.cfs_period_us`)))
      }
    }
  }
  return tightest
}

function pathsUpwards(path: string): string[] {
  const parts = path.split('/').filter(Boolean)
  return [...parts.keys(), parts.length].map((count) =>
    parts
      .slice(0, count)
      .map((part) => `/${part}`)
      .join(''),
  )
}
