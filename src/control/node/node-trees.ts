import { join } from 'node:path'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { generationClosed } from '../../commit/records/commit-record.ts'
import { generationPaths, type Generation } from '../../commit/records/generation-paths.ts'
import { KnownFolders } from '../../commit/publish/known-folders.ts'
import { StagingArea } from '../../commit/staging/staging-area.ts'
import { isThere } from '../../storage/is-there.ts'
import { openTargetStorage } from '../../storage/storages.ts'
import type { TargetStorage } from '../../storage/target-storage.ts'

/** What the shards of a tree that a node has in work at the same time have in common. */
export interface SharedTree {
  readonly storage: TargetStorage
  /** Target folders that are known to be there, and to be there still when the power has failed. */
  readonly knownFolders: KnownFolders
  /** @throws MigrationError GENERATION_CLOSED. */
  readonly openStaging: () => Promise<StagingArea>
  /** To be called when the shard has ended. */
  readonly giveBack: () => void
}

interface GenerationInWork {
  readonly id: string
  readonly knownFolders: KnownFolders
  staging: Promise<StagingArea> | null
}

interface TreeInWork {
  readonly storage: TargetStorage
  generation: GenerationInWork
  users: number
}

/**
 * What a node keeps of target trees while it has shards of them in work. They sync by one shell, so that the look whether it can be trusted is
 * paid once, and a sync that failed by the files of one shard is not taken for a success by the other. They stage in one place, and
 * need not look again for the folders that those before them made: many small shards cost as little as a large one.
 */
export class NodeTrees {
  readonly #nodeName: string
  readonly #trees = new Map<string, TreeInWork>()
  #stagingCount = 0

  constructor(nodeName: string) {
    this.#nodeName = nodeName
  }

  take(generation: Generation): SharedTree {
    const { targetRoot, id } = generation
    const tree = this.#trees.get(targetRoot) ?? openTree(generation)
    this.#trees.set(targetRoot, tree)
    if (tree.generation.id !== id) tree.generation = openGeneration(generation)
    tree.users++
    const current = tree.generation
    return {
      storage: tree.storage,
      knownFolders: current.knownFolders,
      openStaging: async () => {
        const opened = (current.staging ??= this.#openStaging(generation))
        const staging = await opened.catch(() => null)
        if (staging !== null && (await isThere(tree.storage, staging.folder))) return staging
        if (current.staging === opened) current.staging = this.#openStaging(generation)
        return current.staging
      },
      giveBack: () => {
        if (--tree.users > 0) return
        tree.storage.close()
        this.#trees.delete(targetRoot)
      },
    }
  }

  /** Under a name that no other one ever has: what was won and not yet placed must not be written over. */
  async #openStaging(generation: Generation): Promise<StagingArea> {
    const { targetRoot, id } = generation
    const node = `${this.#nodeName}-${++this.#stagingCount}`
    try {
      // Not with the folder above it: that went when the generation was closed.
      await bookkeepingPaths(targetRoot).tree.makeOneFolder(join(generationPaths(generation).staged, node))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw generationClosed()
      throw error
    }
    return StagingArea.open({ targetRoot, runId: id, node })
  }
}

function openTree(generation: Generation): TreeInWork {
  return { storage: openTargetStorage(generation.targetRoot), generation: openGeneration(generation), users: 0 }
}

function openGeneration({ id }: Generation): GenerationInWork {
  return { id, knownFolders: new KnownFolders(), staging: null }
}
