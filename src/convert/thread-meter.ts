import type { BusyTime } from '../model/times.ts'
import { openSystemFile } from '../system/system-files.ts'

/**
 * Busy time that one reading covers at least. A reading takes 6 to 12 us here (Linux 6.18, shared VM, 2026) and was seen to take 37 us,
 * so it stays below 1 %; `test/bench/bench-measuring.mjs` prints it.
 */
const SLICE_NS = 5e6

/** On-CPU and run-queue time of this thread since it started. */
interface ThreadTimes {
  readonly onCpuNs: number
  readonly runQueueNs: number
}

/**
 * Measures what the thread that makes it does: on a CPU, ready to run, or waiting. The system's figures are read every few
 * milliseconds of work, never while the thread is idle.
 */
export class ThreadMeter {
  readonly #readTimes: (() => ThreadTimes) | null
  #last: ThreadTimes
  #busyNs = 0

  /** @param readTimes null where the system does not tell of single threads: then no slice is ever taken. */
  constructor(readTimes: (() => ThreadTimes) | null = openThreadTimes()) {
    this.#readTimes = readTimes
    this.#last = readTimes?.() ?? { onCpuNs: 0, runQueueNs: 0 }
  }

  /** Adds busy wall time. @returns what all of it since the last slice was spent on, or null while that is too little to read. */
  takeSlice(busyNs: number): BusyTime | null {
    this.#busyNs += busyNs
    if (this.#readTimes === null || this.#busyNs < SLICE_NS) return null
    const now = this.#readTimes()
    const slice = divideBusyTime(this.#busyNs, now.onCpuNs - this.#last.onCpuNs, now.runQueueNs - this.#last.runQueueNs)
    this.#last = now
    this.#busyNs = 0
    return slice
  }
}

/** The system also counts what the thread did between two files, so its figures may exceed the busy time by a little. */
function divideBusyTime(busyNs: number, onCpuNs: number, runQueueNs: number): BusyTime {
  const onCpu = Math.min(onCpuNs, busyNs)
  const runQueue = Math.min(runQueueNs, busyNs - onCpu)
  return { busyNs, onCpuNs: onCpu, runQueueNs: runQueue, waitingNs: busyNs - onCpu - runQueue }
}

/**
 * The scheduler's figures for the calling thread: `on-CPU ns, run-queue ns, timeslices`. Null where there is no Linux /proc, or its
 * kernel keeps none. The descriptor lives as long as the process: threads of a pool live as long as the run.
 * @see https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
 */
function openThreadTimes(): (() => ThreadTimes) | null {
  try {
    const readText = openSystemFile('/proc/thread-self/schedstat')
    const read = (): ThreadTimes => {
      // The kernel brings a running thread's figure up to date only at its timer ticks (4 ms), but also when someone asks for the
      // CPU time of the process, which is cheap.
      process.cpuUsage()
      const [onCpuNs = 0, runQueueNs = 0] = readText().split(' ').map(Number)
      return { onCpuNs, runQueueNs }
    }
    return read().onCpuNs > 0 ? read : null
  } catch {
    return null
  }
}
