import { MigrationError } from './errors/migration-error.ts'
import type { DataPlan } from './model/data-plan.ts'

/**
 * Holds `--max-expansion`: the columns of a table are the names of all its records, and a record that lacks them has a delimiter for each all the
 * same, so that 4 MB of records with names of their own would make a table of 90 GB.
 */
export class ExpansionLimit {
  private readonly most: number
  private readonly sourceBytes: number
  private readonly factor: number | null

  /** @param sourceBytes the size of the file, or of the part of it that becomes what is checked. */
  constructor({ maxExpansion }: Pick<DataPlan, 'maxExpansion'>, sourceBytes: number) {
    this.factor = maxExpansion
    this.sourceBytes = sourceBytes
    this.most = maxExpansion === null ? Number.POSITIVE_INFINITY : Math.max(FREE_BYTES, maxExpansion * sourceBytes)
  }

  /** @throws MigrationError EXPANSION_TOO_LARGE where the target has more bytes. */
  check(targetBytes: number): void {
    if (targetBytes > this.most) throw this.tooLarge(`the target is larger than ${mebibytes(this.most)}`)
  }

  /** @throws MigrationError EXPANSION_TOO_LARGE where rows that are not written yet take more: a byte for each column at least. */
  predict(writtenBytes: number, rows: number, columns: number): void {
    const predicted = writtenBytes + rows * columns
    if (predicted <= this.most) return
    throw this.tooLarge(`the target would have ${mebibytes(predicted)} at least, for its ${columns} columns`)
  }

  private tooLarge(what: string): MigrationError {
    const message = `${what}: more than ${this.factor} times the ${this.sourceBytes} bytes of the source`
    return new MigrationError('EXPANSION_TOO_LARGE', message, {
      phase: 'encode',
      hint: '--to ndjson keeps each record its own names; --max-expansion N (or none) allows more',
    })
  }
}

/** Targets of this size are never too large. */
const FREE_BYTES = 16 * 2 ** 20

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
