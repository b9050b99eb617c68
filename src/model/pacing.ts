/** What `--bwlimit` and `--latency` ask for: storage that is as slow as that. */
export interface Pacing {
  /** Bytes that all threads together read and write in a second; null: no limit. */
  readonly bytesPerSecond: number | null
  /** Milliseconds added to every open, read and write call of a worker thread. */
  readonly latencyMs: number
}

/** Waits as the pacing has it. Called once for each open (0 bytes), read and write call, with the bytes that it moved. */
export type PaceIo = (bytes: number) => void
