import type { Verdict } from '../model/measurement.ts'
import type { BusyTime, StageTimes } from '../model/times.ts'
import { giveAdvice } from './advice.ts'
import { giveEvidence } from './evidence.ts'
import type { Shares, Spending, Surroundings, VerdictKind } from './spending.ts'

/*
 * The verdict is a function of shares. Busy time of threads is divided into on-CPU, run queue and waiting. Commits happen on the main
 * thread, so time in which all threads stood still for them is added as waiting. Stage wall time alone would mislead: a synchronous
 * write into a warm page cache is system CPU, not waiting.
 */

/** From this share of waiting on it is I/O. */
export const IO_BOUND_WAITING = 0.5
/** From this share of the run queue on there are more threads than CPUs for them. */
export const STARVED_RUN_QUEUE = 0.15
/** From this share on CPUs on it is CPU. */
export const CPU_BOUND_ON_CPU = 0.85
/** From this share of the time of all threads on, that they had no file left, the files are too few. */
export const TOO_FEW_FILES_IDLE = 0.3

/** What bound a run, with evidence and advice. */
export function judge(spending: Spending, surroundings: Surroundings): Verdict {
  const shares = sharesOf(spending)
  const kind = judgeKind(spending)
  return {
    kind,
    evidence: giveEvidence(kind, shares, spending, surroundings),
    advice: giveAdvice(kind, shares, spending, surroundings),
    shares,
  }
}

/**
 * What bound a run or a file. Waiting comes first, since whoever waits gains nothing from CPUs; then missing CPUs, since idle threads
 * would get none; then missing files, since the threads that had some may well have been on a CPU all the time.
 */
export function judgeKind(spending: Spending): VerdictKind {
  const { onCpu, runQueue, waiting } = sharesOf(spending)
  if (waiting >= IO_BOUND_WAITING) return waitingStage(spending, waiting)
  if (runQueue >= STARVED_RUN_QUEUE) return 'starved'
  if (spending.idleShare >= TOO_FEW_FILES_IDLE) return 'too-few-files'
  return onCpu >= CPU_BOUND_ON_CPU ? 'cpu-bound' : 'mixed'
}

/** Shares of busy time and of the time in which threads stood still for commits; together 1. */
function sharesOf({ busy, syncWaitShare }: Spending): Shares {
  const whole = busy.busyNs === 0 ? 0 : (1 - syncWaitShare) / busy.busyNs
  const onCpu = Math.min(1, busy.onCpuNs * whole)
  const runQueue = Math.min(1 - onCpu, busy.runQueueNs * whole)
  return { onCpu, runQueue, waiting: Math.max(0, 1 - onCpu - runQueue) }
}

/** Waiting that is not for commits is for the disk: in reads or in writes, whichever took longer. */
function waitingStage({ stageNs, syncWaitShare }: Spending, waiting: number): VerdictKind {
  if (syncWaitShare >= waiting / 2) return 'sync-bound'
  return stageNs.read >= stageNs.write ? 'io-bound-read' : 'io-bound-write'
}

/** A file stands for itself: no thread idles beside it, and its commit is its share of the group's. */
export function judgeFile(busy: BusyTime, stageNs: StageTimes): VerdictKind {
  const wholeNs = busy.busyNs + stageNs.sync
  return judgeKind({ busy, stageNs, syncWaitShare: wholeNs === 0 ? 0 : stageNs.sync / wholeNs, idleShare: 0 })
}
