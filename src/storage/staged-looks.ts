import { dirname } from 'node:path'
import { BOOKKEEPING_FOLDER } from '../model/path-inside.ts'
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
  #lookedMs = 0
  readonly #nowMs: () => number

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Forgets what was seen. */
  beginTask(): void {
    this.#seen.clear()
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
      this.#seen.clear()
      this.#lookedMs = nowMs
    }
    const folders = [folderOf(stagedTarget), folderOf(stagedRejects)].filter((folder) => !this.#seen.has(folder))
    if (folders.length === 0) return
    const top = stagedRejects.lastIndexOf(BOOKKEEPING)
    for (const folder of folders) {
      const root = top < 0 ? dirname(folder) : stagedRejects.slice(0, top) || '/'
      new GuardedTree(root).hasFolder(folder, this.#seen)
    }
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
