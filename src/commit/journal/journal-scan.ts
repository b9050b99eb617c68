import type { Damage } from './damage.ts'
import { readJournalLine, type JournalLine } from './journal-lines.ts'

/** Follows the lines of one journal, and tells in the end whether they are all as they were written. */
export class JournalScan {
  entryCount = 0
  #hasHeader = false
  #endEntries: number | null = null
  #validBytes = 0
  #totalBytes = 0
  #damagedLines = 0
  #damageOffsetBytes = 0
  /** The last line has no line feed and is no line: a kill in the middle of a write, or room that was kept. */
  #isTorn = false

  /** @returns what the line says; null: it is damaged, or torn. */
  take(line: Buffer, endOffsetBytes: number, isTerminated: boolean): JournalLine | null {
    const startBytes = this.#totalBytes
    this.#totalBytes = endOffsetBytes
    const read = readJournalLine(line)
    if (read === null && !isTerminated) {
      this.#isTorn = true
      return null
    }
    if (read === null || (read.kind === 'header' && startBytes > 0)) {
      if (this.#damagedLines++ === 0) this.#damageOffsetBytes = startBytes
      return null
    }
    if (read.kind === 'header') this.#hasHeader = true
    else if (read.kind === 'end') this.#endEntries = read.entries
    else {
      this.entryCount++
      // Sealed, and then written on: whoever did that did not close it.
      this.#endEntries = null
    }
    this.#validBytes = endOffsetBytes
    return read
  }

  /** Whether the run that wrote it brought it to its end. */
  get isSealed(): boolean {
    // Older versions wrote no end: what they left is whole if its last line is.
    return this.#hasHeader || this.#endEntries !== null
      ? this.#endEntries !== null
      : !this.#isTorn && this.#totalBytes > 0
  }

  /** Lines that are damaged, or missing although the end is there. A missing end is no damage by itself. */
  get damage(): Pick<Damage, 'offsetBytes' | 'lineCount'> | null {
    if (this.#damagedLines > 0) return { offsetBytes: this.#damageOffsetBytes, lineCount: this.#damagedLines }
    const areMissing = this.#endEntries !== null && (this.#endEntries !== this.entryCount || !this.#hasHeader)
    return areMissing ? { offsetBytes: 0, lineCount: 0 } : null
  }

  get state(): { readonly validBytes: number; readonly entryCount: number; readonly hasHeader: boolean } {
    return { validBytes: this.#validBytes, entryCount: this.entryCount, hasHeader: this.#hasHeader }
  }
}
