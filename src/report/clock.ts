/** Milliseconds that passed: on the wall, and on CPUs in all threads of this process, in user and in system mode. */
export interface Clock {
  read(): { readonly realMs: number; readonly userMs: number; readonly systemMs: number }
}

export function startClock(): Clock {
  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  return {
    read() {
      const { user, system } = process.cpuUsage(startCpu)
      return { realMs: performance.now() - startMs, userMs: user / 1000, systemMs: system / 1000 }
    },
  }
}
