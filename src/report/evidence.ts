import type { StageTimes } from '../model/times.ts'
import type { Shares, Spending, Surroundings, VerdictKind } from './spending.ts'

/** Stages that are named: those with the most time. */
const NAMED_STAGES = 3
/** Where files are smaller than this on average, stages are told per file. */
const SMALL_FILE_BYTES = 64 * 1024

/** What the verdict rests on, in one line. */
export function giveEvidence(kind: VerdictKind, shares: Shares, spending: Spending, around: Surroundings): string {
  const parts = [
    `on CPU ${percent(shares.onCpu)}, run queue ${percent(shares.runQueue)}, waiting ${percent(shares.waiting)}`,
  ]
  if (kind === 'sync-bound')
    parts.push(`threads stood still for commits ${percent(spending.syncWaitShare)} of the time`)
  if (kind === 'too-few-files') parts.push(`threads had nothing left to do ${percent(spending.idleShare)} of the time`)
  if (kind === 'starved' && (around.stealShare ?? 0) >= 0.05)
    parts.push(`the host took ${percent(around.stealShare ?? 0)}`)
  if (kind === 'starved' && competesWithThreads(around))
    parts.push(`commits and the main thread used ${around.cpusBesideThreads.toFixed(1)} of ${around.cores} cores`)
  if (kind === 'io-bound-read' || kind === 'io-bound-write')
    parts.push(...around.throttles.map(({ shown, share }) => `${shown} took at least ${percent(share)} of the time`))
  parts.push(...describeStages(spending.stageNs, around))
  return parts.join('; ')
}

/** What a thread gets through a stage, or what a small file takes there: its bytes do not matter then. */
function describeStages(stageNs: StageTimes, { sourceBytes, fileCount }: Surroundings): string[] {
  const stages = costliestStages(stageNs)
  if (stages.length === 0) return []
  if (sourceBytes < fileCount * SMALL_FILE_BYTES) {
    const times = stages.map(([stage, ns]) => `${stage} ${milliseconds(ns / fileCount)}`)
    return [`a file: ${times.join(', ')}`]
  }
  return [`a thread: ${stages.map(([stage, ns]) => `${stage} ${speed(sourceBytes, ns)} MB/s`).join(', ')}`]
}

/** `0.042 ms`, `4.2 ms`, `110 ms`: never with an exponent. */
function milliseconds(ns: number): string {
  const ms = ns / 1e6
  return `${ms >= 9.95 ? Math.round(ms) : ms >= 0.95 ? ms.toFixed(1) : String(Number(ms.toFixed(3)))} ms`
}

/** Stages of threads with the most time first; those that took none are left out. */
export function costliestStages(stageNs: StageTimes): [stage: string, ns: number][] {
  return Object.entries(stageNs)
    .filter(([stage, ns]) => stage !== 'sync' && ns > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, NAMED_STAGES)
}

/** Bytes of sources that a thread gets through a stage, in MB/s. */
function speed(sourceBytes: number, ns: number): string {
  const megabytes = (sourceBytes * 1e3) / ns
  return megabytes < 10 ? megabytes.toFixed(1) : String(Math.round(megabytes))
}

/** From so many CPUs on it is worth a word what the main thread takes from the threads of the run. */
const COMPETING_CPUS = 0.25

export function competesWithThreads({ threads, cores, cpusBesideThreads, cpusOfOthers }: Surroundings): boolean {
  return threads + 1 > cores && cpusBesideThreads >= Math.max(COMPETING_CPUS, cpusOfOthers)
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
