import type { ClusterState, RunState } from '../../control/coordinator/cluster-state.ts'
import type { Report } from '../../model/report.ts'
import { RunCourse } from './run-course.ts'

/*
 * Looks at the cluster once a second, whoever else looks, so that a page that is opened late shows the course of the run too, and so that many
 * readers ask the server of the queue no more than one does. A server that is away costs the reader nothing: the last figures stay.
 */

const LOOK_MS = 1000
/** A server that has not answered for so long is said to be away. Its answer still counts when it comes. */
const PATIENCE_MS = 3000

/**
 * A node tells that it has no more of a shard a moment before the coordinator tells that it has settled it. What seems to go back comes again
 * within this time; where a node has died it does not.
 */
const DIP_MS = 3000

/** What is known of the cluster. */
export interface RunView {
  /** Null where the server has not answered yet. */
  readonly state: ClusterState | null
  /** The run that the page is about: the newest at work, else the newest that ended. */
  readonly run: RunState | null
  /** Of that run, when it has ended and left one. */
  readonly report: Report | null
  readonly course: RunCourse
  /** Since when the server of the queue does not answer, with what is known of the reason; null: it does. */
  readonly away: { readonly sinceMs: number; readonly reason: string } | null
}

export interface RunWatchParts {
  readonly readState: () => Promise<ClusterState>
  readonly findReport: (run: RunState) => Report | null
  /** What the connection complained of last; null: of nothing. */
  readonly readReason: () => string | null
}

export class RunWatch {
  readonly #parts: RunWatchParts
  #state: ClusterState | null = null
  #run: RunState | null = null
  #report: Report | null = null
  #course = new RunCourse()
  /** When the run began, on the clock of this machine. */
  #startMs = 0
  /** The last figures that did not go back, and when they were. */
  #held: { readonly run: RunState; readonly atMs: number } | null = null
  #away: RunView['away'] = null
  #askedMs: number | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(parts: RunWatchParts) {
    this.#parts = parts
  }

  /** Resolves with the first answer, or when it takes too long. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
    await Promise.race([
      this.#look(),
      new Promise((resolve) => {
        setTimeout(resolve, PATIENCE_MS).unref()
      }),
    ])
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  view(): RunView {
    const state = this.#state
    const run = this.#run
    const report = this.#report
    const course = this.#course
    const away = this.#away
    return { state, run, report, course, away }
  }

  /** One question at a time: a server that is away would have to answer all of them when it comes back. */
  async #look(): Promise<void> {
    if (this.#askedMs !== null) {
      if (Date.now() - this.#askedMs >= PATIENCE_MS) this.#noteAway(this.#parts.readReason() ?? 'no answer')
      return
    }
    this.#askedMs = Date.now()
    try {
      this.#take(await this.#parts.readState())
      this.#away = null
    } catch (error) {
      this.#noteAway(error instanceof Error ? error.message : String(error))
    } finally {
      this.#askedMs = null
    }
  }

  #noteAway(reason: string): void {
    this.#away = { sinceMs: this.#away?.sinceMs ?? this.#askedMs ?? Date.now(), reason }
  }

  #take(state: ClusterState): void {
    const run = chooseRun(state.runs)
    if (run?.runId !== this.#run?.runId) {
      this.#course = new RunCourse()
      this.#report = null
      // The coordinator's clock may be another one: only differences on it are taken.
      this.#startMs = run === null ? 0 : state.atMs - (run.lastSignMs - run.startedAtMs)
    }
    this.#state = state
    this.#run = run === null ? null : this.#steady(run, state.atMs)
    if (run === null) return
    if (run.state === 'ended') this.#report ??= this.#parts.findReport(run)
    else this.#course.add(Math.max(0, state.atMs - this.#startMs), speedOf(state, run))
  }

  #steady(run: RunState, atMs: number): RunState {
    const held = this.#held
    const isDip =
      held !== null &&
      held.run.runId === run.runId &&
      run.state === 'converting' &&
      run.done.bytes < held.run.done.bytes &&
      atMs < held.atMs + DIP_MS
    if (!isDip) {
      this.#held = { run, atMs }
      return run
    }
    const { done, records, rejectCodes, failedFiles, failuresByCode } = held.run
    return { ...run, done, records, rejectCodes, failedFiles, failuresByCode }
  }
}

function chooseRun(runs: readonly RunState[]): RunState | null {
  const atWork = runs.find(({ state }) => state === 'converting' || state === 'settling')
  const [newest] = runs
  return atWork ?? newest ?? null
}

/** Of the nodes that have a shard of the run, by their own figures. */
function speedOf({ nodes }: ClusterState, { generation }: RunState): number {
  return nodes
    .filter(({ shards }) => shards.some((shard) => shard.generation === generation))
    .reduce((sum, { megabytesPerSecond }) => sum + megabytesPerSecond, 0)
}
