import type { VerdictKind } from '../model/measurement.ts'
import type { Throttle } from './throttle.ts'

interface ClusterCourse {
  readonly nodes: number
  /** Machines that they run on. */
  readonly hosts: number
  /** Of all nodes together. */
  readonly megabytesPerSecond: number
  readonly verdict: VerdictKind | null
  /** The limit that the nodes wait for, set by the user of the run; null: none. */
  readonly throttle: Throttle | null
  readonly isDurable: boolean
}

/** Whether more nodes would help, from what bound those that were there. */
export function shareAdvice({ nodes, hosts, megabytesPerSecond, verdict, throttle, isDurable }: ClusterCourse): string {
  const speed =
    megabytesPerSecond >= 1000
      ? `${(megabytesPerSecond / 1000).toFixed(1)} GB/s`
      : `${megabytesPerSecond.toFixed(0)} MB/s`
  const who = `${nodes} node${nodes === 1 ? '' : 's'}`
  switch (verdict) {
    case 'io-bound-read':
    case 'io-bound-write':
      if (throttle !== null) {
        const limit = throttle.flag === '--bwlimit' ? 'a higher --bwlimit' : 'a lower --latency'
        return `${who}: ${speed} in all, held back by ${throttle.shown}: ${limit} will help, and so will more nodes, since each has its own`
      }
      return `${who}: the share delivers ${speed} in all: more nodes will not help`
    case 'sync-bound':
      if (!isDurable) return `${who}: ${speed} in all, waiting for commits: larger files will help`
      return `${who}: the share delivers ${speed} in all: more nodes will not help`
    case 'cpu-bound':
      return `${who}: ${speed} in all, bound by CPU: more machines will help as long as the share keeps up`
    case 'starved':
      return nodes > hosts
        ? `${who} on ${hosts} machine${hosts === 1 ? '' : 's'}: ${speed} in all, waiting for cores: more nodes on the same machines will not help`
        : `${who}: ${speed} in all, waiting for cores: fewer threads a node, or more machines, will help`
    case 'too-few-files':
      return `${who}: ${speed} in all, too few files for them: more nodes will not help`
    case 'mixed':
      return `${who}: ${speed} in all, bound by nothing alone`
    case null:
      return `${who}: nothing was converted`
  }
}
