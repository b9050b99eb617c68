import { describe, expect, it } from 'vitest'
import { cutShards } from '../../src/cluster/shards/cut-shards.ts'
import { orderBySize, type FileSizes } from '../../src/cluster/shards/order-by-size.ts'
import { filesOfShard, packShards } from '../../src/cluster/shards/pack-shards.ts'
import { heavyTailedSizes } from './heavy-tailed-sizes.ts'

function filesOf(sizes: ArrayLike<number>): FileSizes {
  return { length: sizes.length, sizeBytes: (index) => sizes[index] ?? 0 }
}

/** One byte is one unit of cost; a file costs nothing beside. */
const BYTES_ONLY = { bytesPerSecond: 1, secondsPerFile: 0 }

describe('the order by size', () => {
  it('is that of a stable sort, for sizes of every magnitude', () => {
    const sizes = [5, 0, 7, 5, 2 ** 40, 65_536, 65_535, 65_536, 2 ** 52, 5, 0]
    const expected = sizes.map((_, index) => index).sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || a - b)
    expect([...orderBySize(filesOf(sizes))]).toEqual(expected)
    expect([...orderBySize(filesOf(sizes), Uint32Array.of(2, 3, 4))]).toEqual([4, 2, 3])
    expect([...orderBySize(filesOf([]))]).toEqual([])
  })
})

describe('static packing', () => {
  it('gives each file, the largest first, to the shard with the least, ties to the lowest number', () => {
    const packing = packShards(filesOf([1, 4, 2, 6, 3]), 2, BYTES_ONLY)
    expect([...packing.shardOf]).toEqual([1, 1, 0, 0, 1])
    expect([...packing.bytes]).toEqual([8, 8])
    expect([...packing.fileCounts]).toEqual([2, 3])
  })

  it('spreads files of one size, and empty files, evenly', () => {
    expect([...packShards(filesOf(Array.from({ length: 10 }, () => 100)), 4).fileCounts]).toEqual([3, 3, 2, 2])
    expect([...packShards(filesOf(Array.from({ length: 8 }, () => 0)), 4).fileCounts]).toEqual([2, 2, 2, 2])
  })

  it('leaves shards empty where there are fewer files than shards', () => {
    const packing = packShards(filesOf([9, 9]), 5)
    expect([...packing.fileCounts]).toEqual([1, 1, 0, 0, 0])
    expect([...filesOfShard(packing, 4)]).toEqual([])
  })

  it('of 1,000,000 heavy-tailed files holds each in exactly one shard, and shards are even within 5 % of bytes', () => {
    const files = filesOf(heavyTailedSizes(1_000_000, 7))
    for (const shardCount of [3, 8, 64]) {
      const packing = packShards(files, shardCount)
      const seen = new Uint8Array(files.length)
      for (let shard = 0; shard < shardCount; shard++) {
        for (const index of filesOfShard(packing, shard)) seen[index] = (seen[index] ?? 0) + 1
      }
      expect(seen.every((times) => times === 1)).toBe(true)
      const mean = packing.bytes.reduce((sum, bytes) => sum + bytes, 0) / shardCount
      expect(Math.max(...packing.bytes) / mean).toBeLessThan(1.05)
      expect(Math.min(...packing.bytes) / mean).toBeGreaterThan(0.95)
    }
  })

  it('is as good as the linear scan that it replaces', () => {
    const sizes = heavyTailedSizes(2000, 11)
    const loads = Array.from({ length: 7 }, () => 0)
    const expected = new Uint32Array(sizes.length)
    for (const index of orderBySize(filesOf(sizes))) {
      const shard = loads.indexOf(Math.min(...loads))
      expected[index] = shard
      loads[shard] = (loads[shard] ?? 0) + (sizes[index] ?? 0)
    }
    expect(packShards(filesOf(sizes), 7, BYTES_ONLY).shardOf).toEqual(expected)
  })
})

describe('dynamic cutting', () => {
  it('takes what is left by three times the nodes, the largest first, down to the floor', () => {
    const sizes = Array.from({ length: 60 }, () => 1)
    const rules = { nodeCount: 2, leastSeconds: 4, cost: BYTES_ONLY }
    expect([...cutShards(filesOf(sizes), rules)].map((shard) => shard.length)).toEqual([
      10, 9, 7, 6, 5, 4, 4, 4, 4, 4, 3,
    ])
  })

  it('puts a file larger than a shard alone, and at most 5,000 into one', () => {
    const sizes = [...Array.from({ length: 12_000 }, () => 1), 1e12]
    const shards = [...cutShards(filesOf(sizes), { nodeCount: 1, leastSeconds: 1 })]
    expect(shards[0]).toEqual(Uint32Array.of(12_000))
    expect(shards.slice(1).map((shard) => shard.length)).toEqual([5000, 5000, 2000])
  })

  it('ends with small shards: what is still to be settled when all nodes have ended holds up the run', () => {
    const shards = [...cutShards(filesOf(Array.from({ length: 30_000 }, () => 1)), { nodeCount: 1 })]
    expect(shards.map((shard) => shard.length)).toEqual([5000, 5000, 5000, 5000, 3334, 2222, 1482, 1250, 1250, 462])
  })

  it('has each of the chosen files once', () => {
    const sizes = heavyTailedSizes(50_000, 3)
    const chosen = Uint32Array.from({ length: 25_000 }, (_, index) => index * 2)
    const cut = [...cutShards(filesOf(sizes), { nodeCount: 8 }, chosen)].flatMap((shard) => [...shard])
    expect(Uint32Array.from(cut).sort()).toEqual(chosen)
    expect([...cutShards(filesOf([]), { nodeCount: 3 })]).toEqual([])
  })
})
