import { dirname } from 'node:path'
import { BOOKKEEPING_FOLDER } from '../../model/paths/path-inside.ts'
import { GuardedTree } from './guarded-tree.ts'

const BOOKKEEPING = `/${BOOKKEEPING_FOLDER}/`
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
  readonly #nowMs: () => number

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Forgets what was seen. */
  beginTask(): void {
    this.#seen.clear()
    this.#last = ''
  }

  /**
   * Looks at both folders, from the target tree down: a target on another mount is staged beside its place, its rejects never are.
   * @throws MigrationError as GuardedTree.
   */
  requireFolders({
    stagedTarget,
    stagedRejects,
  }: {
    readonly stagedTarget: string
    readonly stagedRejects: string
  }): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#lookedMs > GOOD_FOR_MS) {
      this.beginTask()
      this.#lookedMs = nowMs
    }
    if (!liesIn(this.#last, stagedTarget)) this.#requireFolder(stagedTarget, stagedRejects)
    if (!liesIn(this.#last, stagedRejects)) this.#requireFolder(stagedRejects, stagedRejects)
  }

  #requireFolder(path: string, stagedRejects: string): void {
    const folder = path.slice(0, path.lastIndexOf('/'))
    const top = stagedRejects.lastIndexOf(BOOKKEEPING)
    const root = top < 0 ? dirname(folder) : stagedRejects.slice(0, top) || '/'
    if (new GuardedTree(root).hasFolder(folder, this.#seen)) this.#last = folder
  }
}

/** Without making a string for each file. */
function liesIn(folder: string, path: string): boolean {
  return folder !== '' && path.lastIndexOf('/') === folder.length && path.startsWith(folder)
}
