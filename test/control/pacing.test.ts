// Covers: --bwlimit and --latency in whole runs: same bytes, and a signal is heard.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { migrate } from '../support/migrate.ts'
import { writeSources } from '../faults/source-tree.ts'
import { contentsOf } from '../faults/tree-state.ts'
import { GOOD, REJECTED, SmallTree } from './small-tree.ts'

const SLOW = { bwlimit: '50M', latency: '1ms' }

it.each([{}, { engine: 'reference' as const }, { engine: 'stream' as const, lossy: true }])(
  'a paced run makes the same targets and needs no other plan: %o',
  async (options) => {
    const tree = new SmallTree({ 'rejects.csv': REJECTED })
    writeSources(tree.source, { fileCount: 12, sizeBytes: (index) => index * 5000 })
    const paced = join(tree.folder, 'paced')
    const plain = await tree.migrate(options)
    const slow = await tree.migrate({ ...options, ...SLOW, out: paced, threads: 3 })
    expect(slow.treeHash).toBe(plain.treeHash)
    expect(slow.planHash).toBe(plain.planHash)
    expect(slow.records).toEqual(plain.records)
    expect(contentsOf(paced)).toEqual(contentsOf(tree.out))
    const resumed = await tree.migrate({ ...options, ...SLOW })
    expect(resumed.files).toMatchObject({ converted: 0, alreadyDone: plain.files.converted })
  },
)

it.each(['kernel', 'reference', 'stream'] as const)(
  'a thread of the engine %s that waits for bandwidth hears that the run stops',
  async (engine) => {
    const tree = new SmallTree({ 'a.csv': GOOD })
    const stop = new AbortController()
    // At a byte a second the first chunk alone would take longer than this test may.
    const report = await migrate(
      { in: tree.source, out: tree.out, threads: 1, engine, lossy: true, bwlimit: 1, latency: '1m', fsync: false },
      {
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'file-started') setTimeout(() => stop.abort('SIGINT'), 200)
        },
      },
    )
    expect(report.stopped).toBe('SIGINT')
    // A thread that had to be ended would have been STOPPED by the pool, in other words.
    expect(report.failures.map(({ code, message }) => `${code}: ${message}`)).toEqual([])
    expect(report.files.notStarted).toBe(1)
  },
)

it.each([
  ['bwlimit', '0'],
  ['bwlimit', 'fast'],
  ['latency', 'long'],
])('refuses --%s %s', async (key, value) => {
  const tree = new SmallTree({ 'a.csv': GOOD })
  await expect(tree.migrate({ [key]: value })).rejects.toThrow(key)
})

it('lets one thread of the stream engine convert several files at the same time', async () => {
  const tree = new SmallTree({})
  // Too large to travel together.
  writeSources(tree.source, { fileCount: 6, sizeBytes: () => 300_000 })
  const options = { engine: 'stream' as const, lossy: true, threads: 1 }
  const plain = await tree.migrate(options)
  const started: number[] = []
  let inWork = 0
  const overlapped = await tree.migrate({ ...options, overlap: 3, force: true, latency: '5ms' }, (event) => {
    if (event.type === 'file-done') inWork--
    if (event.type === 'file-started') started.push(++inWork)
  })
  expect(overlapped.treeHash).toBe(plain.treeHash)
  expect(Math.max(...started)).toBeGreaterThan(2)
})

it('refuses to overlap files in an engine that cannot', async () => {
  const tree = new SmallTree({ 'a.csv': GOOD })
  await expect(tree.migrate({ overlap: 2 })).rejects.toThrow('--overlap is for --engine stream')
})
