import type { VerdictKind } from '../../model/measurement.ts'

/** Rates are taken over the last five seconds. */
const WINDOW_MS = 5000

/** How fast a node is, over all shards that it has in work. */
export class NodeMeter {
  /** What bound the last shard that ended. */
  verdict: VerdictKind | null = null
  readonly #readBytesOf = new Map<string, number>()
  #totalBytes = 0
  #samples: { readonly atMs: number; readonly bytes: number }[] = []

  /** A shard has read so many bytes so far. */
  note(jobId: string, readBytes: number): void {
    this.#totalBytes += Math.max(0, readBytes - (this.#readBytesOf.get(jobId) ?? 0))
    this.#readBytesOf.set(jobId, readBytes)
  }

  end(jobId: string): void {
    this.#readBytesOf.delete(jobId)
  }

  megabytesPerSecond(atMs = performance.now()): number {
    this.#samples.push({ atMs, bytes: this.#totalBytes })
    this.#samples = this.#samples.filter((sample) => sample.atMs >= atMs - WINDOW_MS)
    const [first] = this.#samples
    if (first === undefined || atMs <= first.atMs) return 0
    return (this.#totalBytes - first.bytes) / 1000 / (atMs - first.atMs)
  }
}
