import { freemem } from 'node:os'

/** What a run takes without its threads, and what each of them adds, as measured with 1 to 8 threads; larger records take more. */
const BASE_BYTES = 100 * 1024 * 1024
const BYTES_PER_THREAD = 30 * 1024 * 1024

/** Threads that fit into a memory limit; at least one. */
export function threadsThatFit(limitBytes: number): number {
  return Math.max(1, Math.floor((limitBytes - BASE_BYTES) / BYTES_PER_THREAD))
}

/** What a memory limit did to the number of threads that was asked for, as a warning; null where it changed nothing. */
export function warnOfLoweredThreads(limitBytes: number | undefined, threads: string, wanted: number): string | null {
  if (limitBytes === undefined) return null
  const fitting = Math.min(wanted, threadsThatFit(limitBytes))
  const takes = 'a run takes about 100 MiB and 30 MiB a thread'
  if (limitBytes < BASE_BYTES + BYTES_PER_THREAD) return `--memory-limit is less than one thread needs: ${takes}`
  if (fitting === wanted) return null
  const asked = threads === 'auto' ? `--threads auto, here ${wanted},` : `--threads ${threads}`
  return `--memory-limit lowers ${asked} to ${fitting}: ${takes}`
}

/** True where one thread more would exceed the limit. */
export function isMemoryFull(limitBytes: number, usedBytes = usedMemory()): boolean {
  return usedBytes + BYTES_PER_THREAD > limitBytes
}

/** The limit where none was given: half of what this process could still get. */
export function defaultMemoryLimit(): number {
  // Where nothing is known (Linux without /proc) that is 0.
  return usedMemory() + (process.availableMemory() || freemem()) / 2
}

function usedMemory(): number {
  try {
    return process.memoryUsage.rss()
  } catch {
    // Linux without /proc, as in a bare chroot. The peak is known there, which errs to the safe side.
    return process.resourceUsage().maxRSS * 1024
  }
}
