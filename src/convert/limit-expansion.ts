import { MigrationError } from '../errors/migration-error.ts'
import { getFormat } from '../formats/registry.ts'
import type { DataPlan } from '../model/data-plan.ts'
import type { FormatName } from '../model/format-name.ts'

/**
 * Holds `--max-expansion`: the columns of a table are the names of all its records, and a record that lacks them has a delimiter for each all the
 * same, so that 4 MB of records with names of their own would make a table of 90 GB.
 */
export class ExpansionLimit {
  readonly #most: number
  readonly #sourceBytes: number
  /** Whether all its records have all columns already. */
  readonly #isOfTable: boolean
  readonly #plan: Pick<DataPlan, 'maxExpansion' | 'targetFormat'>
  readonly #onLarge: (predictedBytes: number) => void

  /**
   * @param source the file: its format, and its size or that of the part of it that becomes what is checked.
   * @param onLarge told how large the target will be, where that is worth a warning.
   */
  constructor(
    plan: Pick<DataPlan, 'maxExpansion' | 'targetFormat'>,
    source: { readonly sizeBytes: number; readonly format: FormatName | 'bytes' },
    onLarge: (predictedBytes: number) => void = () => {},
  ) {
    this.#plan = plan
    this.#sourceBytes = source.sizeBytes
    this.#isOfTable = source.format !== 'bytes' && getFormat(source.format).isTable
    this.#onLarge = onLarge
    this.#most =
      plan.maxExpansion === null
        ? Number.POSITIVE_INFINITY
        : Math.max(FREE_BYTES, plan.maxExpansion * this.#sourceBytes)
  }

  /** @throws MigrationError EXPANSION_TOO_LARGE where the target has more bytes. */
  check(targetBytes: number): void {
    if (targetBytes > this.#most) throw this.#tooLarge(`the target would have ${targetBytes} bytes or more`)
  }

  /** @throws MigrationError EXPANSION_TOO_LARGE where rows that are not written yet take more: a byte for each column at least. */
  predict(writtenBytes: number, rows: number, columns: number): void {
    const predicted = writtenBytes + rows * columns
    if (predicted > this.#most)
      throw this.#tooLarge(`the target would have ${predicted} bytes at least, for its ${columns} columns`)
    if (isLargeExpansion(predicted, this.#sourceBytes)) this.#onLarge(predicted)
  }

  /** Predicts the whole target from what the part of the source that is read has become. */
  extrapolate(writtenBytes: number, readBytes: number): void {
    if (!isLargeExpansion(writtenBytes, readBytes)) return
    this.#onLarge(Math.round((writtenBytes / Math.max(1, readBytes)) * this.#sourceBytes))
  }

  #tooLarge(what: string): MigrationError {
    const message = `${what}: more than ${this.#plan.maxExpansion} times the ${this.#sourceBytes} bytes of the source`
    return new MigrationError('EXPANSION_TOO_LARGE', message, {
      phase: 'encode',
      hint: this.#hint(),
    })
  }

  #hint(): string {
    if (!isTable(this.#plan))
      return '--select keeps fewer columns, whose names each record repeats; --max-expansion N (or none) allows more'
    return this.#isOfTable
      ? '--select keeps fewer columns, all of which each record has; --max-expansion N (or none) allows more'
      : '--to ndjson keeps each record its own names; --max-expansion N (or none) allows more'
  }
}

/** Targets of this size are never too large. */
const FREE_BYTES = 16 * 2 ** 20

/** What is worth a warning, where `--max-expansion` allows it. */
const LARGE_FACTOR = 100

/** Whether a target is so large beside its source that it is worth a warning. */
export function isLargeExpansion(targetBytes: number, sourceBytes: number): boolean {
  return targetBytes > FREE_BYTES && targetBytes > LARGE_FACTOR * sourceBytes
}

/** Whether targets have all columns in every record, rather than each record its own. */
export function isTable({ targetFormat }: Pick<DataPlan, 'targetFormat'>): boolean {
  return getFormat(targetFormat).isTable
}
