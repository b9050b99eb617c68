import { MigrationError } from '../../../src/errors/migration-error.ts'
import type { Storage } from '../../../src/storage/storages.ts'
import type { TargetFinder } from '../../../src/storage/target-storage.ts'
import { MemorySources, type MemoryFile } from './memory-sources.ts'
import { MemoryTarget } from './memory-target.ts'

/** All that lies below one path, in memory: sources and targets, which answer later. To be registered, so that it is found by its path. */
export class MemoryStorage implements Storage {
  readonly isReachedByThreads = false
  readonly sources = new MemorySources({ latencyMs: 0, otherFile: (path) => this.#fileOfTarget(path) })
  readonly #top: string
  readonly #trees = new Map<string, MemoryTarget>()

  /** @param top absolute. */
  constructor(top: string) {
    this.#top = `${top}/`
  }

  readonly targets: TargetFinder = {
    find: async (given) => {
      const slash = given.lastIndexOf('/')
      const [folder, name] = [given.slice(0, slash), given.slice(slash + 1)]
      const isFile = this.#trees.get(folder)?.seen(name) !== undefined
      return { kind: this.#trees.has(given) ? 'folder' : isFile ? 'file' : 'nothing', folder, name }
    },
    rootAt: async (given) => {
      const root = given.replace(/\/$/, '')
      const { kind } = await this.targets.find(root)
      if (kind === 'file') throw new MigrationError('TARGET_NOT_A_FOLDER', `${root} is a file`, { phase: 'plan' })
      return root
    },
  }

  holds(path: string): boolean {
    return path.startsWith(this.#top)
  }

  #fileOfTarget(path: string): MemoryFile | undefined {
    for (const tree of this.#trees.values()) {
      const file = path.startsWith(`${tree.root}/`) ? tree.disk.file(tree.disk.nameOf(path)) : undefined
      if (file !== undefined) return { bytes: file.bytes, mtimeNs: file.mtimeNs, version: file.identity }
    }
    return undefined
  }

  openTarget(root: string): MemoryTarget {
    const tree = this.#trees.get(root) ?? new MemoryTarget(root)
    this.#trees.set(root, tree)
    return tree
  }
}
