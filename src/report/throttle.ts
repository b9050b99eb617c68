import type { Pacing } from '../model/pacing.ts'

/** What a run did on storage that `--bwlimit` or `--latency` made slow. */
interface PacedWork {
  readonly sourceBytes: number
  readonly targetBytes: number
  readonly fileCount: number
  /** Bytes read at once. */
  readonly chunkBytes: number
  readonly threads: number
  /** Machines that each have the bandwidth to themselves. */
  readonly nodes: number
  /** From the first file to the last commit. */
  readonly wallNs: number
}

/** A limit that the user set on the run. */
export interface Throttle {
  readonly flag: '--bwlimit' | '--latency'
  /** `--bwlimit (20 MB/s)`. */
  readonly shown: string
  /** The least share of the wall time that it accounts for; 0 to 1. */
  readonly share: number
}

/** Bytes that a writer gathers before it writes. */
const WRITTEN_AT_ONCE = 1024 * 1024

/**
 * The limits of a run, the one that cost most first. Bandwidth is shared by all threads, so its bytes pass one after the other; latencies
 * of several threads pass side by side. Both are least costs: an open and a write a file, no retry.
 */
export function findThrottles(pacing: Pacing | null, work: PacedWork): readonly Throttle[] {
  if (pacing === null || work.wallNs <= 0) return []
  const { bytesPerSecond, latencyMs } = pacing
  const { sourceBytes, targetBytes, fileCount, chunkBytes, threads, nodes, wallNs } = work
  const throttles: Throttle[] = []
  const shareOf = (ns: number): number => Math.min(1, ns / wallNs)
  if (bytesPerSecond !== null) {
    const share = shareOf(((sourceBytes + targetBytes) / (bytesPerSecond * nodes)) * 1e9)
    throttles.push({ flag: '--bwlimit', shown: `--bwlimit (${rate(bytesPerSecond)})`, share })
  }
  if (latencyMs > 0) {
    const opens = 2 * fileCount
    const reads = Math.max(fileCount, sourceBytes / chunkBytes)
    const writes = Math.max(fileCount, targetBytes / WRITTEN_AT_ONCE)
    const share = shareOf(((opens + reads + writes) * latencyMs * 1e6) / threads)
    throttles.push({ flag: '--latency', shown: `--latency (${latencyMs} ms)`, share })
  }
  return throttles.sort((a, b) => b.share - a.share)
}

/** The limit that is behind at least half of the waiting, if any is. @param waiting share of the time of threads. */
export function bindingThrottle(throttles: readonly Throttle[], waiting: number): Throttle | null {
  const [costliest] = throttles
  return costliest !== undefined && costliest.share >= waiting / 2 ? costliest : null
}

function rate(bytesPerSecond: number): string {
  const [amount, unit] =
    bytesPerSecond >= 1e6
      ? [bytesPerSecond / 1e6, 'MB/s']
      : bytesPerSecond >= 1e3
        ? [bytesPerSecond / 1e3, 'kB/s']
        : [bytesPerSecond, 'B/s']
  return `${Number(amount.toFixed(1))} ${unit}`
}
