/** How fast a number of threads was, and what is said about it in a report. */
export interface MeasuredSpeed {
  readonly threads: number
  /** Bytes in a millisecond. */
  readonly rate: number
}

/** How much of what more threads could bring they did bring: 1 where twice the threads are twice as fast, 0 where they are no faster. */
export function yieldOfThreads(fewer: MeasuredSpeed, more: MeasuredSpeed): number {
  if (more.threads <= fewer.threads) return 0
  return Math.log(more.rate / fewer.rate) / Math.log(more.threads / fewer.threads)
}

/** `4 threads: 41.0 s/GB; 6: 44.0, slower` */
export function compareSpeeds(better: MeasuredSpeed, other: MeasuredSpeed, verdict: string): string {
  return `${describeSpeed(better)}; ${other.threads}: ${secondsPerGb(other)}, ${verdict}`
}

/** `4 threads: 41.0 s/GB` */
export function describeSpeed(speed: MeasuredSpeed): string {
  return `${speed.threads} ${speed.threads === 1 ? 'thread' : 'threads'}: ${secondsPerGb(speed)} s/GB`
}

function secondsPerGb({ rate }: MeasuredSpeed): string {
  const seconds = 1e6 / rate
  return seconds >= 99.5 ? Math.round(seconds).toLocaleString('en-US') : seconds.toPrecision(3)
}
