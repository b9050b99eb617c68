// Covers: Whole runs on a storage in memory, which fails at any one call, or forgets there what was not durable.
import { expect, it, vi } from 'vitest'
import { memoryError } from '../support/memory-storage/memory-disk.ts'
import { memoryRun, visible } from '../support/memory-storage/memory-run.ts'

// Here every call can fail, also those that only look, which no shim of a file system's calls reaches.

vi.setConfig({ testTimeout: 600_000 })

/** DROVER_FAULTS=full tries every call. */
const STEP = process.env['DROVER_FAULTS'] === 'full' ? 1 : 7

/** Runs until a call fails, and those behind it too where that is the end of the process; then once more, undisturbed. */
async function runTwice(failAt: number, isCrash: boolean) {
  const { target, run } = memoryRun()
  let calls = 0
  target.watch = () => {
    calls++
    if (isCrash ? calls >= failAt : calls === failAt) throw memoryError('EIO', 'anything')
  }
  const first = await run({ retries: 0 }).catch(() => null)
  target.watch = () => {}
  if (isCrash) target.crash()
  // Its process is dead.
  target.disk.removeName('.migrate/lock')
  const there = visible(target.tree)
  const second = await run()
  return { first, there, second, tree: visible(target.tree), isOver: calls < failAt }
}

it.each([
  ['an error', false],
  ['a crash that forgets what was not durable', true],
])('%s at any call of a run leaves whole targets only, and the next run makes the same tree', async (_, isCrash) => {
  const undisturbed = await runTwice(Number.POSITIVE_INFINITY, false)
  const { treeHash } = undisturbed.second
  expect(treeHash).not.toBeNull()
  let failAt = 0
  for (let isOver = false; !isOver;) {
    const tried = await runTwice((failAt += STEP), isCrash)
    isOver = tried.isOver
    for (const [name, text] of Object.entries(tried.there))
      expect([failAt, name, text]).toEqual([failAt, name, undisturbed.tree[name]])
    expect([failAt, tried.tree, tried.second.treeHash]).toEqual([failAt, undisturbed.tree, treeHash])
  }
  expect(failAt).toBeGreaterThan(100)
})
