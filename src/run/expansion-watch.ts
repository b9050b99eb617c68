import { isLargeExpansion, isTable } from '../convert/limit-expansion.ts'
import type { DataPlan } from '../model/data-plan.ts'

/** More files are not named one by one, but counted at the end. */
const MOST_NAMED = 5

interface ExpansionWatchOptions {
  readonly plan: Pick<DataPlan, 'targetFormat'>
  readonly describeFile: (index: number) => { readonly file: string; readonly sizeBytes: number }
  readonly warn: (code: 'EXPANSION_LARGE', message: string) => void
}

/** Warns of targets that are many times as large as their sources: while they are written, where a thread has predicted it. */
export class ExpansionWatch {
  readonly #options: ExpansionWatchOptions
  readonly #named = new Set<number>()
  readonly #others = new Map<number, number>()

  constructor(options: ExpansionWatchOptions) {
    this.#options = options
  }

  /** Takes what a thread predicts of the file that it converts. */
  predicted(index: number, targetBytes: number): void {
    this.#see(index, targetBytes, `will have about ${targetBytes} bytes or more`)
  }

  /** Takes what a file has become. */
  converted(index: number, targetBytes: number): void {
    if (isLargeExpansion(targetBytes, this.#options.describeFile(index).sizeBytes))
      this.#see(index, targetBytes, `has ${targetBytes} bytes`)
  }

  /** Counts those that were not named. */
  finish(): void {
    if (this.#others.size === 0) return
    const who = this.#others.size === 1 ? 'one more target is' : `${this.#others.size} more targets are`
    const factor = Math.round(Math.max(...this.#others.values()))
    this.#options.warn('EXPANSION_LARGE', `${who} up to ${factor} times as large as the source: ${this.#remedy()}`)
  }

  #see(index: number, targetBytes: number, what: string): void {
    if (this.#named.has(index)) return
    const { file, sizeBytes } = this.#options.describeFile(index)
    const factor = targetBytes / Math.max(1, sizeBytes)
    if (this.#named.size === MOST_NAMED) {
      this.#others.set(index, factor)
      return
    }
    this.#named.add(index)
    const message = `${file}: its target ${what}, ${Math.round(factor)} times as large as the source: ${this.#remedy()}`
    this.#options.warn('EXPANSION_LARGE', message)
  }

  #remedy(): string {
    return isTable(this.#options.plan)
      ? 'a table has a column for each name in its records; --select names those to keep, --to ndjson needs none, --max-expansion limits'
      : 'each record repeats the names of its columns; --select names those to keep, --max-expansion limits'
  }
}
