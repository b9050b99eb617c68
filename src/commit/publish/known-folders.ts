/** More are looked for again. */
const LIMIT = 10_000

/** Folders of targets that are known to be there, and durably so: relative to the target tree (empty: the tree itself). */
export class KnownFolders implements Iterable<string> {
  readonly #folders: Set<string>

  constructor(folders: Iterable<string> = []) {
    this.#folders = new Set(folders)
  }

  has(folder: string): boolean {
    return this.#folders.has(folder)
  }

  add(folder: string): void {
    if (this.#folders.size >= LIMIT) this.#folders.clear()
    this.#folders.add(folder)
  }

  clear(): void {
    this.#folders.clear()
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#folders.values()
  }
}
