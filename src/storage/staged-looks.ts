import { BOOKKEEPING_FOLDER } from '../model/path-inside.ts'
import { GuardedTree } from './guarded-tree.ts'

const STAGED = `/${BOOKKEEPING_FOLDER}/`

/**
 * Looks at the folders that a thread is about to stage files in: once a task, since a look at five folders would cost a small file some
 * percent of its time. What takes a folder's place within the milliseconds of a task is not seen before the next one.
 */
export class StagedLooks {
  #seen = new Set<string>()

  /** Forgets what was seen. */
  beginTask(): void {
    this.#seen.clear()
  }

  /** @param path of a staged file. @throws MigrationError as GuardedTree. */
  requireFolderOf(path: string): void {
    const folder = path.slice(0, path.lastIndexOf('/'))
    if (this.#seen.has(folder)) return
    const top = folder.lastIndexOf(STAGED)
    // Beside its target, the folders above are looked at by who commits it.
    const root = top < 0 ? folder.slice(0, folder.lastIndexOf('/')) : folder.slice(0, top)
    new GuardedTree(root === '' ? '/' : root).hasFolder(folder, this.#seen)
  }
}
