import { join } from 'node:path'
import { WRITE_LENGTH } from '../../model/policy.ts'
import type { SourceTree } from '../../model/journal-entry.ts'
import { bookkeepingPaths, type BookkeepingPaths } from '../bookkeeping-paths.ts'
import type { TargetStorage } from '../../storage/target-storage.ts'
import type { TreeFile } from '../../storage/tree-files.ts'
import { formatJournalEnd, formatJournalHeader } from './journal-lines.ts'

/*
 * A journal that appears with all its lines at once: written aside, synced, renamed. A kill leaves nothing, or the whole.
 */

/** What is written aside; no journal is called so. */
export const JOURNAL_ASIDE = '.new'

export interface CompleteJournalOptions {
  readonly targetRoot: string
  /** Begins with a run id. */
  readonly name: string
  readonly sourceTrees: readonly (SourceTree | null)[]
  /** False leaves out the syncs. */
  readonly isDurable: boolean
  /** Default: the one that the root lies in. */
  readonly storage?: TargetStorage
}

export class CompleteJournal {
  readonly #paths: BookkeepingPaths
  readonly #options: CompleteJournalOptions
  readonly #aside: string
  readonly #file: TreeFile
  #text: string
  #entryCount = 0

  private constructor(options: CompleteJournalOptions, paths: BookkeepingPaths, aside: string, file: TreeFile) {
    this.#options = options
    this.#paths = paths
    this.#aside = aside
    this.#file = file
    this.#text = formatJournalHeader(options.sourceTrees)
  }

  /** @throws errors of the system. */
  static async open(options: CompleteJournalOptions): Promise<CompleteJournal> {
    const paths = bookkeepingPaths(options.targetRoot, options.storage)
    await paths.tree.makeFolder(paths.journal, 0o700)
    const aside = join(paths.journal, `${options.name}${JOURNAL_ASIDE}`)
    return new CompleteJournal(options, paths, aside, await paths.tree.open(aside, 'wx', 0o600))
  }

  /** @param line of a commit, as `formatJournalLine` makes it. @returns undefined where there is nothing to wait for. */
  add(line: string): Promise<void> | undefined {
    this.#entryCount++
    this.#text += line
    return this.#text.length < WRITE_LENGTH ? undefined : this.#flush()
  }

  /** Makes the journal durable, and visible under its name. @param mayAppear throws where it must not. */
  async finish(mayAppear: () => Promise<void>): Promise<void> {
    const { isDurable, name } = this.#options
    this.#text += formatJournalEnd(this.#entryCount)
    await this.#flush()
    if (isDurable) await this.#file.sync()
    await this.#file.close()
    await mayAppear()
    await this.#paths.tree.rename(this.#aside, join(this.#paths.journal, name))
    if (!isDurable) return
    for (const folder of [this.#paths.journal, this.#paths.root]) await this.#paths.tree.syncFolder(folder)
  }

  /** Gives it up. Never rejects: what stays is swept away by the next compaction. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    await this.#paths.tree.removeFile(this.#aside).catch(() => undefined)
  }

  async #flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    await this.#file.append(text)
  }
}
