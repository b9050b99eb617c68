import type { StageTimes } from '../model/times.ts'
import type { Shares, Spending, Surroundings, VerdictKind } from './spending.ts'

/** Stages that are named: those with the most time. */
const NAMED_STAGES = 3

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
  const speeds = costliestStages(spending.stageNs).map(
    ([stage, ns]) => `${stage} ${speed(around.sourceBytes, ns)} MB/s`,
  )
  if (speeds.length > 0) parts.push(`a thread: ${speeds.join(', ')}`)
  return parts.join('; ')
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

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
