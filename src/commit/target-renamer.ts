import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RenamingFileSystem } from './commit-file-system.ts'

/** Renames after which it is looked how long they took: those of one commit group. */
const WATCHED_RENAMES = 128
/** On a local disk a rename takes some 20 microseconds. */
const SLOW_MS = 2
/** Renames are done at once for this long, then everything else has its turn. */
const SLICE_MS = 10

/**
 * Renames staged targets into place. A rename on a local disk takes less time than it takes to hand it to another thread, so it is
 * done at once. Where renames turn out to be slow (a network mount) they are handed on, several at a time, so that neither
 * signals nor the progress wait for them.
 */
export class TargetRenamer {
  readonly #fileSystem: Pick<RenamingFileSystem, 'rename' | 'renameSync'>
  readonly #nowMs: () => number
  #areSlow = false
  #watchedMs = 0
  #watchedCount = 0
  #sliceMs = 0

  constructor(fileSystem: Pick<RenamingFileSystem, 'rename' | 'renameSync'>, nowMs = () => performance.now()) {
    this.#fileSystem = fileSystem
    this.#nowMs = nowMs
  }

  /** @returns a promise where there is something to wait for. @throws errors of the system. */
  rename(stagedPath: string, targetPath: string): Promise<void> | undefined {
    if (this.#areSlow) return this.#fileSystem.rename(stagedPath, targetPath)
    const startMs = this.#nowMs()
    this.#fileSystem.renameSync(stagedPath, targetPath)
    const elapsedMs = this.#nowMs() - startMs
    this.#watch(elapsedMs)
    this.#sliceMs += elapsedMs
    if (this.#sliceMs < SLICE_MS) return undefined
    this.#sliceMs = 0
    return nextTurn()
  }

  #watch(elapsedMs: number): void {
    this.#watchedMs += elapsedMs
    if (++this.#watchedCount < WATCHED_RENAMES) return
    this.#areSlow = this.#watchedMs > SLOW_MS * WATCHED_RENAMES
    this.#watchedMs = 0
    this.#watchedCount = 0
  }
}
