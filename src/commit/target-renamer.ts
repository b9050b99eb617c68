import type { RenamingFileSystem } from './commit-file-system.ts'

/** Renames after which it is looked again how long they take: those of one commit group. */
const WATCHED_RENAMES = 128
/** On a local disk a rename takes some 20 microseconds. */
const SLOW_MS = 0.5

/**
 * Renames staged targets into place. A rename on a local disk takes less time than it takes to hand it to another thread, so it is
 * done at once. Where renames turn out to be slow (a network mount) they are handed on, several at a time, so that neither
 * signals nor the progress wait for them.
 */
export class TargetRenamer {
  readonly #fileSystem: Pick<RenamingFileSystem, 'rename' | 'renameSync'>
  #areSlow = false
  #watchedMs = 0
  #watchedCount = 0

  constructor(fileSystem: Pick<RenamingFileSystem, 'rename' | 'renameSync'>) {
    this.#fileSystem = fileSystem
  }

  /** @throws errors of the system. */
  async rename(stagedPath: string, targetPath: string): Promise<void> {
    if (this.#areSlow) return this.#fileSystem.rename(stagedPath, targetPath)
    const startMs = performance.now()
    this.#fileSystem.renameSync(stagedPath, targetPath)
    this.#watch(performance.now() - startMs)
  }

  #watch(elapsedMs: number): void {
    this.#watchedMs += elapsedMs
    if (++this.#watchedCount < WATCHED_RENAMES) return
    this.#areSlow = this.#watchedMs > SLOW_MS * WATCHED_RENAMES
    this.#watchedMs = 0
    this.#watchedCount = 0
  }
}
