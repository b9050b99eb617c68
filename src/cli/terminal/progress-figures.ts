import type { MigrateEvent } from '../../model/events.ts'
import { formatBytes, formatCount, formatDuration, threeDigits } from './format-quantity.ts'

/** What a progress line says, worked out from events alone: the clock of the run is in them, so the same events say the same. */

/** Rates are taken over the last ten seconds, so that the estimate follows a disk that slows down. */
const WINDOW_MS = 10_000

export type PlannedEvent = Extract<MigrateEvent, { type: 'planned' }>
export type ProgressEvent = Extract<MigrateEvent, { type: 'progress' }>

export class ProgressFigures {
  readonly #planned: PlannedEvent
  #samples: { readonly elapsedMs: number; readonly readBytes: number }[] = []
  #latest: ProgressEvent | null = null

  constructor(planned: PlannedEvent) {
    this.#planned = planned
  }

  /** A source that grew since the plan counts as planned: nothing is ever more than there is. */
  take(given: ProgressEvent): void {
    const event = { ...given, readBytes: Math.min(given.readBytes, this.#planned.totalBytes) }
    this.#latest = event
    const start = event.elapsedMs - WINDOW_MS
    this.#samples = this.#samples.filter((sample) => sample.elapsedMs >= start)
    this.#samples.push({ elapsedMs: event.elapsedMs, readBytes: event.readBytes })
  }

  /** `1.2 GB of 8.0 GB`. */
  get bytes(): string {
    return `${formatBytes(this.#latest?.readBytes ?? 0)} of ${formatBytes(this.#planned.totalBytes)}`
  }

  /** Bytes read of all bytes; of files where there are no bytes. Whole percents, 100 only when nothing is left. */
  get percent(): number {
    const { readBytes = 0, doneFiles = 0, failedFiles = 0 } = this.#latest ?? {}
    const { totalBytes, fileCount } = this.#planned
    const ended = doneFiles + failedFiles
    const share = totalBytes > 0 ? readBytes / totalBytes : ended / Math.max(1, fileCount)
    return Math.min(Math.floor(share * 100), ended < fileCount ? 99 : 100)
  }

  /** `12 of 80 files`, and what failed. */
  get files(): string {
    const { doneFiles = 0, failedFiles = 0 } = this.#latest ?? {}
    const failed = failedFiles === 0 ? '' : `, ${formatCount(failedFiles)} failed`
    return `${formatCount(doneFiles)} of ${formatCount(this.#planned.fileCount)} files${failed}`
  }

  /** `85.3 MB/s`. */
  get rate(): string {
    return `${threeDigits(this.#bytesPerMs / 1000)} MB/s`
  }

  /** `ETA 1m20s`, by the bytes that are left; `ETA ?` where nothing moves, or all is read and not all is done. */
  get timeLeft(): string {
    const leftBytes = Math.max(0, this.#planned.totalBytes - (this.#latest?.readBytes ?? 0))
    return this.#bytesPerMs === 0 || leftBytes === 0 ? 'ETA ?' : `ETA ${formatDuration(leftBytes / this.#bytesPerMs)}`
  }

  get #bytesPerMs(): number {
    // A lone sample is held against the start of the run.
    const first = this.#samples.length > 1 ? this.#samples[0] : { elapsedMs: 0, readBytes: 0 }
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.elapsedMs <= first.elapsedMs) return 0
    return (last.readBytes - first.readBytes) / (last.elapsedMs - first.elapsedMs)
  }
}
