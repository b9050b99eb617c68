/** From this many points on every other one is left out: a run of days keeps some hundred. */
const MOST_POINTS = 600

/** Speeds are taken over the last ten seconds, so that an estimate follows a disk that slows down. */
const WINDOW_MS = 10_000

interface CoursePoint {
  /** Since the start of the run. */
  readonly atMs: number
  /** Of all nodes together, by their own figures. */
  readonly megabytesPerSecond: number
}

/**
 * How fast a run went for as long as this dashboard looked at it. Nodes measure their own speed; bytes done are told by nodes and by the
 * coordinator, not at the same moment, so that differences of them would jump wherever a shard ends.
 */
export class RunCourse {
  #points: CoursePoint[] = []
  #latest: CoursePoint[] = []
  /** Every how manyth look is kept, and how many were left out since the last one. */
  #stride = 1
  #leftOut = 0

  add(atMs: number, megabytesPerSecond: number): void {
    const point = { atMs, megabytesPerSecond }
    this.#latest = [...this.#latest.filter((one) => one.atMs >= atMs - WINDOW_MS), point]
    if (++this.#leftOut < this.#stride && this.#points.length > 0) return
    this.#leftOut = 0
    this.#points.push(point)
    if (this.#points.length < MOST_POINTS) return
    this.#points = this.#points.filter((_, index) => index % 2 === 0)
    this.#stride *= 2
  }

  /** Over the last seconds. */
  get bytesPerMs(): number {
    const sum = this.#latest.reduce((all, { megabytesPerSecond }) => all + megabytesPerSecond, 0)
    return this.#latest.length === 0 ? 0 : (sum / this.#latest.length) * 1000
  }

  /** Seconds since the start of the run, and MB/s then. */
  rates(): { readonly seconds: readonly number[]; readonly megabytesPerSecond: readonly number[] } {
    return {
      seconds: this.#points.map(({ atMs }) => atMs / 1000),
      megabytesPerSecond: this.#points.map((point) => point.megabytesPerSecond),
    }
  }
}
