import type { FileFigures, Measurements, SystemFigures, ThreadTuning, TimelinePoint } from '../model/measurement.ts'
import type { Pacing } from '../model/pacing.ts'
import type { ConvertedFile, FileResult, HelpResult } from '../model/task-result.ts'
import type { BusyTime, StageTimes } from '../model/times.ts'
import { BusyLedger } from './busy-ledger.ts'
import { computeCopyFloor } from './copy-floor.ts'
import { judge, judgeFile } from './judge.ts'
import { predictOneMoreThread } from './one-more-thread.ts'
import type { Spending } from './spending.ts'
import { bindingThrottle, findThrottles, type Throttle } from './throttle.ts'
import { TopList } from './top-list.ts'

/** Files that a report lists one by one. */
const LISTED_FILES = 5000
/** Slowest and costliest files of a report. */
const NAMED_FILES = 10
/** Smaller files cost what opening and closing costs, whatever is in them. */
const FEWEST_BYTES_FOR_COST = 64 * 1024

interface Try {
  readonly thread: number
  readonly busy: BusyTime
}

/** A converted file as it is kept until the end of the run; its busy time is final only then. */
interface MeasuredFile {
  readonly index: number
  readonly thread: number
  readonly startNs: number
  readonly endNs: number
  readonly sourceBytes: number
  readonly targetBytes: number
  readonly records: number
  readonly rejected: number
  readonly attempt: number
  readonly stageNs: StageTimes
  readonly busy: BusyTime
}

/** What the user set that the verdict must know: it would else advise it, or blame the storage for it. */
export interface RunLimits {
  readonly pacing: Pacing | null
  /** Machines that each have these limits to themselves; 1 but on a cluster. */
  readonly nodes: number
  /** Bytes read at once. */
  readonly chunkBytes: number
  readonly isDurable: boolean
  readonly isMemoryLimited: boolean
}

/** What the report needs beside the files. */
interface RunContext {
  /** When the run began, on the clock of `startNs`. */
  readonly startNs: number
  /** When the last commit ended. */
  readonly endNs: number
  readonly threads: number
  /** CPU time of the whole process while files were converted and committed; 0: nobody knows, as for the nodes of a cluster. */
  readonly cpuNs: number
  /** The whole run so far, from planning on. */
  readonly runNs: number
  readonly path: (index: number) => string
  /** Of all converted files. */
  readonly stageNs: StageTimes
  readonly limits: RunLimits
  readonly system: SystemFigures
  readonly timeline: TimelinePoint[]
  readonly tuning: ThreadTuning | null
}

interface TimeParts {
  readonly wallNs: number
  /** When the last file was ended by its thread. */
  readonly workEndNs: number
  readonly workNs: number
  readonly syncWaitNs: number
}

/** Collects what threads measured, file by file, in bounded memory. */
export class RunFigures {
  /** Bytes of sources that threads have read, in all tries at files that ended. */
  readBytes = 0
  /** Nanoseconds in which finished files waited for commits so that no thread got a new one. */
  heldNs = 0
  readonly #ledger = new BusyLedger()
  /** Tries whose files are not committed yet. */
  readonly #tries = new Map<number, Try>()
  readonly #largest = new TopList<MeasuredFile>(LISTED_FILES, (file) => file.sourceBytes)
  readonly #slowest = new TopList<MeasuredFile>(NAMED_FILES, durationOf)
  readonly #costliest = new TopList<MeasuredFile>(NAMED_FILES, (file) => durationOf(file) / file.sourceBytes)
  readonly #lastEndNs = new Map<number, number>()
  #fileCount = 0
  #sourceBytes = 0
  #targetBytes = 0
  #firstStartNs = Number.POSITIVE_INFINITY

  /** Enters a try at a file, whatever came of it. */
  addTry(result: FileResult, thread: number): void {
    const busy = this.#addWork(result, thread)
    if (!result.isConverted) return
    this.readBytes += result.sourceBytes
    this.#tries.set(result.index, { thread, busy })
  }

  /** Enters the work of a thread on a file that another one leads. */
  addHelp(help: HelpResult): void {
    this.#addWork(help, help.threadNumber)
  }

  #addWork({ startNs, durationNs, slice }: FileResult | HelpResult, thread: number): BusyTime {
    this.#firstStartNs = Math.min(this.#firstStartNs, startNs)
    this.#lastEndNs.set(thread, Math.max(this.#lastEndNs.get(thread) ?? 0, startNs + durationNs))
    return this.#ledger.add(thread, durationNs, slice)
  }

  /** Enters a converted file whose commit has ended. */
  addCommitted(result: ConvertedFile, attempt: number): void {
    const lastTry = this.#tries.get(result.index)
    if (lastTry === undefined) return
    this.#tries.delete(result.index)
    this.#fileCount++
    this.#sourceBytes += result.sourceBytes
    this.#targetBytes += result.targetBytes
    this.#ledger.addConverted(lastTry.thread, result.sourceBytes)
    const { index, startNs, durationNs, sourceBytes, targetBytes, stageNs } = result
    const { read: records, rejected } = result.records
    const endNs = startNs + durationNs
    const file = { index, startNs, endNs, sourceBytes, targetBytes, records, rejected, attempt, stageNs, ...lastTry }
    this.#largest.add(file)
    this.#slowest.add(file)
    if (sourceBytes >= FEWEST_BYTES_FOR_COST) this.#costliest.add(file)
  }

  /** What the run measured of itself; null where nothing was converted. */
  read(context: RunContext): Measurements | null {
    if (this.#fileCount === 0) return null
    this.#ledger.settle()
    const busy = this.#ledger.total()
    const parts = this.#divideTime(context)
    const verdict = this.#judge(busy, parts, context, this.#idleNs(context.threads, parts.workEndNs))
    const files = this.#largest.read()
    const describe = (file: MeasuredFile): FileFigures => describeFile(file, context)
    return {
      source: this.#ledger.source,
      verdict,
      busy,
      threads: this.#ledger.threads(),
      oneMoreThread: predictOneMoreThread({
        threads: context.threads,
        cores: context.system.cores,
        wallNs: parts.wallNs,
        busyNs: busy.busyNs,
        cpuNs: Math.max(context.cpuNs, busy.onCpuNs),
        verdict: verdict.kind,
        throttle: bindingThrottle(this.throttles(context, parts.wallNs), verdict.shares.waiting),
      }),
      copyFloor: computeCopyFloor({
        ...parts,
        busyNs: busy.busyNs,
        stageNs: context.stageNs,
        runNs: context.runNs,
      }),
      slowestFiles: this.#slowest.read().map(describe),
      costliestFiles: this.#costliest.read().map(describe),
      files: files.toSorted((a, b) => a.startNs - b.startNs).map(describe),
      filesLeftOut: this.#fileCount - files.length,
      timeline: context.timeline,
      system: context.system,
      tuning: context.tuning,
    }
  }

  /** What binds the run so far, by the slices that have come; null before the first. Changes nothing, and may be asked at any time. */
  judgeSoFar(context: RunContext): Measurements['verdict'] {
    const busy = this.#ledger.total()
    // Where a thread is now nobody knows here, so none counts as idle.
    return busy.busyNs === 0 ? null : this.#judge(busy, this.#divideTime(context), context, 0)
  }

  /** The wall time from the first file to the last commit, and what of it threads worked or stood still for commits. */
  #divideTime({ endNs }: RunContext): TimeParts {
    const workEndNs = Math.max(...this.#lastEndNs.values())
    return {
      wallNs: endNs - this.#firstStartNs,
      workEndNs,
      workNs: workEndNs - this.#firstStartNs - this.heldNs,
      syncWaitNs: endNs - workEndNs + this.heldNs,
    }
  }

  #judge(busy: BusyTime, parts: TimeParts, context: RunContext, idleNs: number): NonNullable<Measurements['verdict']> {
    const { wallNs, workNs, syncWaitNs } = parts
    const [longest] = this.#slowest.read()
    const spending: Spending = {
      busy,
      stageNs: context.stageNs,
      syncWaitShare: shareOf(syncWaitNs, wallNs),
      idleShare: shareOf(idleNs, context.threads * workNs),
    }
    return judge(spending, {
      threads: context.threads,
      cores: context.system.cores,
      stealShare: context.system.stealShare,
      cpusBesideThreads: wallNs <= 0 ? 0 : Math.max(0, context.cpuNs - busy.onCpuNs) / wallNs,
      cpusOfOthers: wallNs <= 0 ? 0 : Math.max(0, context.system.cores - context.cpuNs / wallNs),
      fileCount: this.#fileCount,
      sourceBytes: this.#sourceBytes,
      throttles: this.throttles(context, wallNs),
      isDurable: context.limits.isDurable,
      isMemoryLimited: context.limits.isMemoryLimited,
      longestFile: longest ? { file: context.path(longest.index), share: shareOf(durationOf(longest), workNs) } : null,
    })
  }

  /** The limits that the user set, by what they cost the files that were committed. */
  throttles({ limits, threads }: Pick<RunContext, 'limits' | 'threads'>, wallNs: number): readonly Throttle[] {
    const fileCount = this.#fileCount
    const sourceBytes = this.#sourceBytes
    const targetBytes = this.#targetBytes
    const { pacing, nodes, chunkBytes } = limits
    return findThrottles(pacing, { fileCount, sourceBytes, targetBytes, chunkBytes, threads, nodes, wallNs })
  }

  /** Time of threads that had no further file while others still worked, or none at all. */
  #idleNs(threads: number, workEndNs: number): number {
    // With --threads auto some may have been given nothing because they were too many.
    const ends = [...this.#lastEndNs.values()].sort((a, b) => b - a).slice(0, threads)
    const afterTheirLast = ends.reduce((sum, endNs) => sum + workEndNs - endNs, 0)
    return afterTheirLast + Math.max(0, threads - ends.length) * (workEndNs - this.#firstStartNs)
  }
}

function describeFile(file: MeasuredFile, { path, startNs }: RunContext): FileFigures {
  const { index, startNs: fileStartNs, endNs, ...figures } = file
  return {
    file: path(index),
    ...figures,
    startMs: (fileStartNs - startNs) / 1e6,
    endMs: (endNs - startNs) / 1e6,
    verdict: judgeFile(file.busy, file.stageNs),
  }
}

function durationOf(file: MeasuredFile): number {
  return file.endNs - file.startNs
}

function shareOf(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole))
}
