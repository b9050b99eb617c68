import { join } from 'node:path'
import { bookkeepingPaths } from '../bookkeeping-paths.ts'
import { runIdOf } from '../run-id.ts'

/*
 * A generation is one attempt of a cluster at a plan: its frozen plan, its commit records, its staged files. Only files of the newest
 * generation can be committed. Taking away the folder of its records ends it for all nodes at once, whatever they are doing: a record
 * can no longer get its name, and the staged files go with it.
 */

/** Shards in one folder. */
const FAN_OUT = 1000

export interface Generation {
  readonly targetRoot: string
  readonly manifestHash: string
  /** The id of the run that froze the plan. */
  readonly id: string
}

export interface GenerationPaths {
  readonly folder: string
  readonly plan: string
  /** Records of nodes; it is gone when the generation is closed. */
  readonly records: string
  /** The same records, once nobody can add any. */
  readonly closedRecords: string
  readonly staged: string
}

export function generationPaths({ targetRoot, manifestHash, id }: Generation): GenerationPaths {
  const paths = bookkeepingPaths(targetRoot)
  const folder = join(paths.cluster, manifestHash, id)
  const records = join(paths.commit, manifestHash, id)
  return {
    folder,
    plan: join(folder, 'plan.json'),
    records,
    closedRecords: `${records}.closed`,
    staged: join(paths.staged, id),
  }
}

/** The folder that a shard's folder or file lies in, by number: no folder holds more than a thousand of them. */
export function fanOut(shard: number): string {
  return String(Math.floor(shard / FAN_OUT))
}

/** All folders of `fanOut`. */
export function fanOutFolders(shardCount: number): string[] {
  return Array.from({ length: Math.ceil(shardCount / FAN_OUT) }, (_, number) => String(number))
}

export function shardFilePath(generation: Generation, shard: number): string {
  return join(generationPaths(generation).folder, 'shards', fanOut(shard), `${shard}.json`)
}

/** What has another name than ours is not ours. */
const MANIFEST_HASH = /^[0-9a-f]{64}$/

/** The generations of a target tree that are not tidied away, the oldest first. */
export async function listGenerations(targetRoot: string): Promise<Generation[]> {
  const paths = bookkeepingPaths(targetRoot)
  const found = new Map<string, Generation>()
  for (const folder of [paths.cluster, paths.commit]) {
    for (const manifestHash of await paths.tree.list(folder)) {
      if (!MANIFEST_HASH.test(manifestHash)) continue
      for (const name of await paths.tree.list(join(folder, manifestHash))) {
        const id = name.replace(/\.(?:closed|new)$/, '')
        if (runIdOf(id) !== id) continue
        found.set(id, { targetRoot, manifestHash, id })
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}
