/** Milliseconds that passed: on the wall, and on CPUs in all threads of this process, in user and in system mode. */
export interface Clock {
  /** When it was started, on the clock of the day, in UTC (ISO 8601). */
  readonly startedAt: string
  /** When it was started, on the monotonic clock that all threads share (`process.hrtime`). */
  readonly startNs: number
  read(): { readonly realMs: number; readonly userMs: number; readonly systemMs: number }
}

/** The monotonic clock that all threads share, in nanoseconds. */
export function nowNs(): number {
  return Number(process.hrtime.bigint())
}

export function startClock(): Clock {
  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  return {
    startedAt: new Date().toISOString(),
    startNs: nowNs(),
    read() {
      const { user, system } = process.cpuUsage(startCpu)
      return { realMs: performance.now() - startMs, userMs: user / 1000, systemMs: system / 1000 }
    },
  }
}
