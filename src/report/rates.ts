import type { Report } from '../model/report.ts'

const BYTES_PER_GB = 1e9
const BYTES_PER_MB = 1e6

/** Rates of `sourceBytes` and `records` converted in `realMs` milliseconds; null where nothing was. 1 GB = 10^9 bytes. */
export function computeRates(sourceBytes: number, records: number, realMs: number): Report['rates'] {
  if (sourceBytes === 0 || realMs <= 0) return null
  const seconds = realMs / 1000
  const secondsPerGb = seconds / (sourceBytes / BYTES_PER_GB)
  return {
    megabytesPerSecond: sourceBytes / BYTES_PER_MB / seconds,
    recordsPerSecond: records / seconds,
    secondsPerGb,
    minutesPerGb: secondsPerGb / 60,
  }
}
