/**
 * What a file costs, for packing: its bytes, and a constant that stands for opening, syncing, renaming and journaling it. In bytes, since
 * whole numbers below 2^53 add up to the same sum on every machine, in every order.
 */
export interface ShardCost {
  /** Bytes that a node converts in a second. */
  readonly bytesPerSecond: number
  /** What a file takes beside its bytes. */
  readonly secondsPerFile: number
}

/**
 * A thread of the kernel engine converts about 250 MB/s and needs about 0.2 ms for each file beside that (20,000 files of 1 kB with syncs: 0.16 ms
 * on a quiet disk; AMD EPYC, ext4, 2026-11-24). Only the ratio matters: a file costs as much as 50 kB. It is the same for all nodes, whatever
 * they are: each must come to the same shards.
 */
export const DEFAULT_SHARD_COST: ShardCost = { bytesPerSecond: 250e6, secondsPerFile: 0.0002 }

/** The constant part of a file's cost, in bytes. */
export function bytesPerFile({ bytesPerSecond, secondsPerFile }: ShardCost): number {
  return Math.round(bytesPerSecond * secondsPerFile)
}
