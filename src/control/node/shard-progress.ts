import type { ShardStatus } from '../../cluster/node-status.ts'
import type { CommitUnit } from '../../commit/records/commit-units.ts'
import type { MigrateEvent } from '../../model/events.ts'
import type { ShardFile } from '../../model/frozen-plan.ts'
import { addCounts, addNumbers } from '../../report/run-tally.ts'

/** Files that a status names. */
const NAMED_FILES = 8

interface ShardParts {
  readonly generation: string
  readonly shard: number
  readonly range: { readonly from: number; readonly to: number } | undefined
  readonly files: readonly ShardFile[]
  /** The units that are to be converted. */
  readonly units: readonly CommitUnit[]
}

/** What a status says of one shard, from the events of its run. */
export class ShardProgress {
  readonly #whole: ShardStatus
  #hasBegun = false
  readonly #records = { read: 0, written: 0, rejected: 0, filtered: 0 }
  readonly #rejectCodes: Record<string, number> = {}
  readonly #failuresByCode: Record<string, number> = {}
  #latest: Extract<MigrateEvent, { type: 'progress' }> | null = null

  constructor({ generation, shard, range, files, units }: ShardParts) {
    const { from, to } = range ?? { from: 0, to: files.length }
    const bytes = sumBytes(files, from, to)
    this.#whole = {
      generation,
      shard,
      from: range?.from ?? null,
      state: 'waiting',
      fileCount: to - from,
      bytes,
      // What others have committed before.
      doneFiles: Math.max(0, to - from - countFiles(units)),
      failedFiles: 0,
      readBytes: Math.max(0, bytes - bytesOfUnits(files, units)),
      records: this.#records,
      rejectCodes: this.#rejectCodes,
      failuresByCode: this.#failuresByCode,
      current: [],
    }
  }

  begin(): void {
    this.#hasBegun = true
  }

  take(event: MigrateEvent): void {
    if (event.type === 'progress') this.#latest = event
    else if (event.type === 'file-done') {
      addNumbers(this.#records, event.records)
      addCounts(this.#rejectCodes, event.rejectCodes)
    } else if (event.type === 'file-failed') addCounts(this.#failuresByCode, { [event.error.code]: 1 })
  }

  read(): ShardStatus {
    const whole = this.#whole
    const latest = this.#latest
    if (!this.#hasBegun) return whole
    const { doneFiles = 0, failedFiles = 0, readBytes = 0, threads = [] } = latest ?? {}
    return {
      ...whole,
      state: 'converting',
      doneFiles: whole.doneFiles + doneFiles,
      failedFiles,
      readBytes: whole.readBytes + readBytes,
      current: threads.flatMap((thread) => (thread === null ? [] : [thread])).slice(0, NAMED_FILES),
    }
  }
}

export function countFiles(units: readonly CommitUnit[]): number {
  return units.reduce((sum, { from, to }) => sum + to - from, 0)
}

export function bytesOfUnits(files: readonly ShardFile[], units: readonly CommitUnit[]): number {
  return units.reduce((sum, { from, to }) => sum + sumBytes(files, from, to), 0)
}

function sumBytes(files: readonly ShardFile[], from: number, to: number): number {
  let sum = 0
  for (let at = from; at < to; at++) sum += files[at]?.sizeBytes ?? 0
  return sum
}
