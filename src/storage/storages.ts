import { localSources } from './local/local-sources.ts'
import { LocalStorage } from './local/local-storage.ts'
import { localTargets } from './local/local-targets.ts'
import type { SourceStorage } from './source-storage.ts'
import type { TargetFinder, TargetStorage } from './target-storage.ts'

/*
 * Which storage holds a tree is told by its path, as the format of a file is told by its name: so threads and nodes find it as well, which
 * cannot be handed objects.
 */

export interface Storage {
  /** Whether a path lies in it: what the user gave as `--in` or `--out`, and the roots that it gives for that. */
  holds(path: string): boolean
  /** False where only the thread that registered it has what lies in it: then that one converts all files. */
  readonly isReachedByThreads: boolean
  readonly sources: SourceStorage
  readonly targets: TargetFinder
  /** @param root of a target tree, absolute. */
  openTarget(root: string): TargetStorage
}

const local: Storage = {
  holds: () => true,
  isReachedByThreads: true,
  sources: localSources,
  targets: localTargets,
  openTarget: (root) => new LocalStorage(root),
}

const registered: Storage[] = []

/** Adds a storage ahead of all others. It is known to the thread that registers it. @returns what takes it away again. */
export function registerStorage(storage: Storage): () => void {
  registered.unshift(storage)
  return () => void registered.splice(registered.indexOf(storage), 1)
}

/** Whether other threads can read and write all these trees. */
export function areReachedByThreads(...roots: readonly string[]): boolean {
  return roots.every((root) => storageAt(root).isReachedByThreads)
}

/** Where the sources at a path come from. */
export function sourcesAt(path: string): SourceStorage {
  return storageAt(path).sources
}

/** Where the target tree at a path is found. */
export function targetsAt(path: string): TargetFinder {
  return storageAt(path).targets
}

/** Opens a target tree. @param root absolute. */
export function openTargetStorage(root: string): TargetStorage {
  return storageAt(root).openTarget(root)
}

function storageAt(path: string): Storage {
  return registered.find((storage) => storage.holds(path)) ?? local
}
