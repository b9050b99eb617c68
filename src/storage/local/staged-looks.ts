import type { GuardedTree } from './guarded-tree.ts'

/** How long a look is believed, in milliseconds. */
const GOOD_FOR_MS = 20

/**
 * Looks at the folders that a thread is about to stage files in: once a task, and again after some milliseconds, since a look at five folders
 * would cost a small file some percent of its time. What takes a folder's place within that time is not seen before the next look.
 */
export class StagedLooks {
  #seen = new Set<string>()
  /** The folder that was seen last: mostly that of the next file too. */
  #last = ''
  #lookedMs = 0
  readonly #tree: GuardedTree
  readonly #nowMs: () => number

  constructor(tree: GuardedTree, nowMs = () => performance.now()) {
    this.#tree = tree
    this.#nowMs = nowMs
  }

  /** Forgets what was seen. */
  beginTask(): void {
    this.#seen.clear()
    this.#last = ''
  }

  /**
   * Looks at the folder of a staged file, from the target tree down. What is not there is said by the call that needs it.
   * @throws MigrationError as GuardedTree.
   */
  requireFolderOf(path: string): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#lookedMs > GOOD_FOR_MS) {
      this.beginTask()
      this.#lookedMs = nowMs
    }
    if (liesIn(this.#last, path)) return
    const folder = path.slice(0, path.lastIndexOf('/'))
    if (this.#tree.hasFolder(folder, this.#seen)) this.#last = folder
  }
}

/** Without making a string for each file. */
function liesIn(folder: string, path: string): boolean {
  return folder !== '' && path.lastIndexOf('/') === folder.length && path.startsWith(folder)
}
