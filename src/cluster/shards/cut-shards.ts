import { orderBySize, type FileSizes } from './order-by-size.ts'
import { bytesPerFile, DEFAULT_SHARD_COST, type ShardCost } from './shard-cost.ts'

/*
 * Dynamic shards: nodes take them from a queue, one after the other. Large shards first keep the queue quiet, small ones at the end let all
 * nodes end together, also where one is slow: guided self-scheduling (C. D. Polychronopoulos and D. J. Kuck, 1987).
 */

/** Shards that a node would get of what is left, if all nodes were alike. */
const SHARDS_PER_NODE = 3

export interface CutRules {
  /** How many nodes are expected; at least 1. */
  readonly nodeCount: number
  /**
   * No shard but the last is cheaper. A shard costs some 10 ms beside its files (1,250 small ones by default), and what ends last is settled
   * when all nodes are idle.
   */
  readonly leastSeconds?: number
  /** Bounds what a kill may have to do again, and the memory of a node. */
  readonly mostFiles?: number
  readonly cost?: ShardCost
}

/**
 * Cuts files into shards, the largest files first; each shard costs what is left by (3 x nodes), but no less than the floor unless
 * `mostFiles` ends it. A file is in exactly one shard, and a file that costs more than a shard is alone.
 * @param indexes the files to cut; all where it is left out.
 */
export function* cutShards(files: FileSizes, rules: CutRules, indexes?: Uint32Array): Generator<Uint32Array> {
  const { nodeCount, leastSeconds = 0.25, mostFiles = 5000, cost = DEFAULT_SHARD_COST } = rules
  const fileBytes = bytesPerFile(cost)
  const leastCost = leastSeconds * cost.bytesPerSecond
  const ordered = orderBySize(files, indexes)
  let remaining = ordered.length * fileBytes
  for (const index of ordered) remaining += files.sizeBytes(index)

  for (let start = 0; start < ordered.length;) {
    const wantedCost = Math.max(leastCost, remaining / (SHARDS_PER_NODE * nodeCount))
    let end = start
    let shardCost = 0
    do {
      shardCost += files.sizeBytes(ordered[end] ?? 0) + fileBytes
      end += 1
    } while (end < ordered.length && end - start < mostFiles && shardCost < wantedCost)
    yield ordered.slice(start, end)
    start = end
    remaining -= shardCost
  }
}
