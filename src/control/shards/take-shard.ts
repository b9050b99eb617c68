import { filesOfShard, packShards } from '../../cluster/shards/pack-shards.ts'
import { whichShard } from '../../cluster/shards/which-shard.ts'
import type { Discovery } from '../../discover/discover-sources.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import type { ResolvedOptions } from '../../options/options.ts'
import type { ShardNumber } from '../../model/shard.ts'

/** The shard that a run converts, beside the whole that it is a part of. */
export interface PlannedShard extends ShardNumber {
  readonly treeFiles: number
  readonly treeBytes: number
}

/**
 * Which shard is asked for; null: the whole tree.
 * @throws MigrationError WRONG_USE, also for what a shard cannot do.
 */
export function readShardNumber(options: ResolvedOptions, environment: NodeJS.ProcessEnv): ShardNumber | null {
  if (options.shard === undefined) return null
  if (options.prune) {
    throw refuse(
      '--prune needs the whole tree, and --shard is a part of it',
      'when all shards are done, run the same command once with --prune and without --shard: it converts nothing again',
    )
  }
  if (options.minAge !== undefined || options.maxAge !== undefined) {
    throw refuse(
      '--min-age and --max-age count from the moment at which each shard starts, so shards would not agree on the files',
      'list the files once, and give every shard the same --files-from',
    )
  }
  return whichShard(options.shard, environment)
}

function refuse(message: string, hint: string): MigrationError {
  return new MigrationError('WRONG_USE', message, { phase: 'options', hint })
}

/**
 * What a shard has to do of what was discovered. Everything behind it then works on this part as if it were all. What could not even be
 * listed counts for the first shard alone, or it would be counted once for each.
 */
export function takeShard(
  discovery: Discovery,
  shard: ShardNumber,
): { readonly discovery: Discovery; readonly shard: PlannedShard } {
  const { files, failed } = discovery
  const own = filesOfShard(packShards(files, shard.count), shard.index - 1)
  return {
    discovery: { ...discovery, files: files.pick(own), failed: shard.index === 1 ? failed : [] },
    shard: { ...shard, treeFiles: files.length + failed.length, treeBytes: files.sumBytes() },
  }
}
