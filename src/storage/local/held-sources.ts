import { folderError } from './folder-error.ts'
import type { FolderHolder, HeldFolder } from './held-folders.ts'

/**
 * Holds the folders that files are taken out of, each from its first file on until all are released: what takes a folder's place
 * meanwhile gives nothing to anybody, and loses nothing.
 */
export class HeldSources {
  readonly #folders: FolderHolder
  readonly #held = new Map<string, HeldFolder>()

  constructor(folders: FolderHolder) {
    this.#folders = folders
  }

  /**
   * @param path of a file of the tree.
   * @returns a path that leads to it, and through no link.
   * @throws as FolderHolder; ENOENT where its folder is not there.
   */
  pathOf(path: string): string {
    const slash = path.lastIndexOf('/')
    const folder = path.slice(0, slash)
    let held = this.#held.get(folder)
    if (held === undefined) {
      const taken = this.#folders.hold(folder)
      if (taken === null) throw folderError('ENOENT', folder)
      this.#held.set(folder, (held = taken))
    }
    return `${held.path}${path.slice(slash)}`
  }

  release(): void {
    for (const { release } of this.#held.values()) release()
    this.#held.clear()
  }
}
