import type { FileSpans } from '../model/file-spans.ts'
import type { StageTimes } from '../model/times.ts'

/** Spans that are kept of one file: enough for every chunk of 200 MB, in 70 kB of memory. */
const LIMIT = 4096
/** Spans of one stage that lie closer together than this are one: nobody can tell them apart. */
const CLOSEST_MS = 0.005

/** The numbers of SPAN_STAGES: workers do not load the schema that they stand beside. */
const STAGE_NUMBERS: Readonly<Record<keyof StageTimes, number>> = {
  read: 0,
  parse: 1,
  map: 2,
  encode: 3,
  write: 4,
  sync: 5,
}

/**
 * Keeps when a thread was in which stage of the file at hand. Its memory is bounded: where a file has more chunks than fit, every second
 * chunk is dropped, and from then on every second one is left out, and so on. What is kept stays exact.
 */
export class SpanRecorder {
  readonly #stages = new Uint8Array(LIMIT)
  readonly #startsMs = new Float64Array(LIMIT)
  readonly #endsMs = new Float64Array(LIMIT)
  readonly #chunks = new Uint32Array(LIMIT)
  #count = 0
  #chunk = 0
  #everyNth = 1
  #fileStartMs = 0

  /** A new file begins. */
  begin(): void {
    this.#count = 0
    this.#chunk = 0
    this.#everyNth = 1
    this.#fileStartMs = performance.now()
  }

  /** Keeps a span; its times are those of `performance.now()`. A read begins the next chunk. */
  add(stage: keyof StageTimes, startMs: number, endMs: number): void {
    if (stage === 'read') this.#chunk++
    if (this.#chunk % this.#everyNth !== 0) return
    const last = this.#count - 1
    const number = STAGE_NUMBERS[stage]
    if (last >= 0 && this.#stages[last] === number && startMs - (this.#endsMs[last] ?? 0) < CLOSEST_MS) {
      this.#endsMs[last] = endMs
      return
    }
    if (this.#count === LIMIT) {
      this.#thinOut()
      // The chunk at hand may be one of those that are left out now.
      if (this.#chunk % this.#everyNth !== 0) return
    }
    this.#stages[this.#count] = number
    this.#startsMs[this.#count] = startMs
    this.#endsMs[this.#count] = endMs
    this.#chunks[this.#count] = this.#chunk
    this.#count++
  }

  /** The spans of the file, as copies. */
  take(): FileSpans {
    const { timeOrigin } = performance
    const count = this.#count
    return {
      startMs: timeOrigin + this.#fileStartMs,
      endMs: timeOrigin + performance.now(),
      stages: this.#stages.slice(0, count),
      startsMs: this.#startsMs.slice(0, count).map((time) => time + timeOrigin),
      endsMs: this.#endsMs.slice(0, count).map((time) => time + timeOrigin),
      everyNthChunk: this.#everyNth,
    }
  }

  #thinOut(): void {
    this.#everyNth *= 2
    let kept = 0
    for (let at = 0; at < this.#count; at++) {
      if ((this.#chunks[at] ?? 0) % this.#everyNth !== 0) continue
      this.#stages[kept] = this.#stages[at] ?? 0
      this.#startsMs[kept] = this.#startsMs[at] ?? 0
      this.#endsMs[kept] = this.#endsMs[at] ?? 0
      this.#chunks[kept] = this.#chunks[at] ?? 0
      kept++
    }
    // One chunk alone may fill everything: a chunk of tiny records, whose batch is full again and again.
    this.#count = kept === this.#count ? 0 : kept
  }
}
