import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'

// What would become of the start of a file under another option is not guessed but tried, with the reader itself: no hint is given that
// does not help there.

/** The start of a file, decoded, for the advice of a format. */
export interface Sample {
  readonly bytes: Uint8Array
  /** Reads it as a plan says; nothing is mapped or written. */
  tryReading(plan: DataPlan, format: FormatName): Trial
}

export interface Trial {
  readonly records: number
  readonly rejected: number
  /** Rejects by code. */
  readonly codes: ReadonlyMap<string, number>
  readonly columnCount: number
  /** Why the file fails in the sample; null: it does not. */
  readonly failure: string | null
}

/** True where a trial shows nothing wrong, and records. */
export function isClean({ failure, rejected, records }: Trial): boolean {
  return failure === null && rejected === 0 && records > 0
}
