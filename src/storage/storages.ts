import { localSources } from './local/local-sources.ts'
import { LocalStorage } from './local/local-storage.ts'
import type { SourceStorage } from './source-storage.ts'
import type { TargetStorage } from './target-storage.ts'

/*
 * Which storage holds a tree is told by its path, as the format of a file is told by its name: so threads and nodes find it as well, which
 * cannot be handed objects.
 */

export interface Storage {
  /** Whether an absolute path lies in it. */
  holds(path: string): boolean
  readonly sources: SourceStorage
  /** @param root of a target tree, absolute. */
  openTarget(root: string): TargetStorage
}

const local: Storage = {
  holds: () => true,
  sources: localSources,
  openTarget: (root) => new LocalStorage(root),
}

const registered: Storage[] = []

/** Adds a storage ahead of all others. It is known to the thread that registers it. */
export function registerStorage(storage: Storage): void {
  registered.unshift(storage)
}

/** Where the sources at a path come from. */
export function sourcesAt(path: string): SourceStorage {
  return storageAt(path).sources
}

/** Opens a target tree. @param root absolute. */
export function openTargetStorage(root: string): TargetStorage {
  return storageAt(root).openTarget(root)
}

function storageAt(path: string): Storage {
  return registered.find((storage) => storage.holds(path)) ?? local
}
