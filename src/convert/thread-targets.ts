import { dirname } from 'node:path'
import { BOOKKEEPING_FOLDER } from '../model/paths/path-inside.ts'
import type { FileTask } from '../model/task.ts'
import type { OutputStorage } from '../storage/output-storage.ts'
import { openTargetStorage } from '../storage/storages.ts'
import type { TargetStorage } from '../storage/target-storage.ts'

const BOOKKEEPING = `/${BOOKKEEPING_FOLDER}/`

/** The target trees that a thread writes into: nearly always one. It knows them by the paths of its tasks, since it cannot be handed objects. */
export class ThreadTargets {
  readonly #given: OutputStorage | null
  /** The tree of the last file. */
  #opened: TargetStorage | null = null
  /** What the paths of its bookkeeping start with. */
  #prefix = ''

  /** @param given where all is written, whatever its path. */
  constructor(given: OutputStorage | null = null) {
    this.#given = given
  }

  beginTask(): void {
    this.#given?.beginTask()
    this.#opened?.beginTask()
  }

  /** Where the target and the rejects of a file are staged. A target on another mount is staged beside its place, its rejects never are. */
  of({ stagedRejects }: Pick<FileTask, 'stagedRejects'>): OutputStorage {
    if (this.#given !== null) return this.#given
    if (this.#opened !== null && stagedRejects.startsWith(this.#prefix)) return this.#opened
    this.#opened?.close()
    const top = stagedRejects.lastIndexOf(BOOKKEEPING)
    // Whoever stages outside of a bookkeeping has one folder for it.
    const isKept = top >= 0
    this.#prefix = isKept ? stagedRejects.slice(0, top + BOOKKEEPING.length) : `${dirname(stagedRejects)}/`
    this.#opened = openTargetStorage(isKept ? stagedRejects.slice(0, top) || '/' : dirname(stagedRejects))
    return this.#opened
  }
}
