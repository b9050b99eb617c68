import type { ThreadFigures } from '../model/measurement.ts'
import type { BusyTime } from '../model/times.ts'

/** CPU time of the whole process in nanoseconds: what stands in where the system does not tell of single threads. */
type ProcessCpu = () => number

interface ThreadAccount {
  readonly figures: ThreadFigures
  /** Files that no slice has covered yet. */
  uncovered: BusyTime[]
}

/**
 * Shares the measured slices of threads out to their files. A slice covers one large file or several small ones; each gets the part
 * that its wall time is of all of theirs.
 */
export class BusyLedger {
  readonly #accounts = new Map<number, ThreadAccount>()
  readonly #readProcessCpu: ProcessCpu
  readonly #processCpuAtStart: number
  #hasSlices = false

  constructor(readProcessCpu: ProcessCpu = processCpuNs) {
    this.#readProcessCpu = readProcessCpu
    this.#processCpuAtStart = readProcessCpu()
  }

  /** Where the figures come from. */
  get source(): 'thread-schedstat' | 'process' {
    return this.#hasSlices ? 'thread-schedstat' : 'process'
  }

  /** Enters a try at a file. @returns its figures, which are final after `settle`. */
  add(thread: number, durationNs: number, slice: BusyTime | undefined): BusyTime {
    const account = this.#account(thread)
    const busy: BusyTime = { busyNs: durationNs, onCpuNs: 0, runQueueNs: 0, waitingNs: durationNs }
    account.uncovered.push(busy)
    if (slice !== undefined) {
      this.#hasSlices = true
      cover(account, slice)
    }
    return busy
  }

  /** Counts a converted file for its thread. */
  addConverted(thread: number, sourceBytes: number): void {
    const { figures } = this.#account(thread)
    figures.files++
    figures.sourceBytes += sourceBytes
  }

  /** Estimates the files that no slice covers: after the last slice of a thread, or all of them where there are none. */
  settle(): void {
    const spent = this.#hasSlices ? this.total() : this.#processBusy()
    for (const account of this.#accounts.values()) {
      if (account.uncovered.length === 0) continue
      const measured = account.figures.busy
      cover(account, scale(measured.busyNs > 0 ? measured : spent, sumBusyNs(account.uncovered)))
    }
  }

  /** All threads, by number. */
  threads(): ThreadFigures[] {
    return [...this.#accounts.values()].map(({ figures }) => figures).sort((a, b) => a.thread - b.thread)
  }

  /** Of all threads together; without files that are not settled. */
  total(): BusyTime {
    const total = noBusyTime()
    for (const { figures } of this.#accounts.values()) addBusy(total, figures.busy)
    return total
  }

  /** The CPU time of the process, as if its threads alone had used it: the main thread's part is small. */
  #processBusy(): BusyTime {
    const busyNs = [...this.#accounts.values()].reduce((sum, { uncovered }) => sum + sumBusyNs(uncovered), 0)
    const onCpuNs = Math.min(busyNs, this.#readProcessCpu() - this.#processCpuAtStart)
    return { busyNs, onCpuNs, runQueueNs: 0, waitingNs: busyNs - onCpuNs }
  }

  #account(thread: number): ThreadAccount {
    let account = this.#accounts.get(thread)
    if (account === undefined) {
      account = { figures: { thread, files: 0, sourceBytes: 0, busy: noBusyTime() }, uncovered: [] }
      this.#accounts.set(thread, account)
    }
    return account
  }
}

function cover(account: ThreadAccount, slice: BusyTime): void {
  const { uncovered, figures } = account
  account.uncovered = []
  addBusy(figures.busy, slice)
  for (const busy of uncovered) Object.assign(busy, scale(slice, busy.busyNs))
}

/** The same shares of another busy time. */
function scale(busy: BusyTime, busyNs: number): BusyTime {
  if (busy.busyNs === 0) return { busyNs, onCpuNs: 0, runQueueNs: 0, waitingNs: busyNs }
  const factor = busyNs / busy.busyNs
  const onCpuNs = Math.round(busy.onCpuNs * factor)
  const runQueueNs = Math.min(Math.round(busy.runQueueNs * factor), busyNs - onCpuNs)
  return { busyNs, onCpuNs, runQueueNs, waitingNs: busyNs - onCpuNs - runQueueNs }
}

function noBusyTime(): BusyTime {
  return { busyNs: 0, onCpuNs: 0, runQueueNs: 0, waitingNs: 0 }
}

function addBusy(sum: BusyTime, more: BusyTime): void {
  for (const name of Object.keys(more) as (keyof BusyTime)[]) sum[name] += more[name]
}

function sumBusyNs(times: readonly BusyTime[]): number {
  return times.reduce((sum, { busyNs }) => sum + busyNs, 0)
}

function processCpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}
