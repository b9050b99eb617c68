import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generationPaths, type Generation } from '../../src/commit/records/generation-paths.ts'
import { NodeThreads } from '../../src/control/node/node-threads.ts'
import { NodeTrees } from '../../src/control/node/node-trees.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import type { Executor } from '../../src/schedule/executor.ts'
import { makeTargetRoot } from '../commit/temporary-tree.ts'
import { optionsOf } from '../plan/options-of.ts'
import { csvTask } from '../support/csv-task.ts'

/** What a node keeps between its shards. */

function conversionTo(format: 'csv' | 'ndjson') {
  return { data: buildDataPlan(optionsOf(), format), taskTimeoutMs: null }
}

function openThreads(): NodeThreads {
  const threads = new NodeThreads(1)
  onTestFinished(() => threads.end())
  return threads
}

/** Whether the threads give up files. */
async function areStopped(pool: Executor): Promise<boolean> {
  const answer = await pool.run({ kind: 'convert', files: [csvTask()] })
  const [result] = answer.kind === 'convert' ? answer.files : []
  if (result?.isConverted) return false
  expect(result?.error.code).toBe('STOPPED')
  return true
}

describe('the threads of a node', () => {
  it('are shared by the shards of a plan', async () => {
    const threads = openThreads()
    const [one, other] = [threads.take('a', conversionTo('csv')), threads.take('a', conversionTo('csv'))]
    expect(await areStopped(other.pool)).toBe(false)
    one.pool.requestStop()
    expect(await areStopped(other.pool)).toBe(true)
    await Promise.all([one.giveBack(), other.giveBack()])
  })

  it('are new ones after a stop', async () => {
    const threads = openThreads()
    const one = threads.take('a', conversionTo('csv'))
    one.pool.requestStop()
    const other = threads.take('a', conversionTo('csv'))
    expect(await areStopped(other.pool)).toBe(false)
    await Promise.all([one.giveBack(), other.giveBack()])
  })

  it('are those of one plan while another one is in work: a stop of one leaves the other alone', async () => {
    const threads = openThreads()
    const one = threads.take('a', conversionTo('csv'))
    const other = threads.take('b', conversionTo('csv'))
    one.pool.requestStop()
    expect(await areStopped(other.pool)).toBe(false)
    await Promise.all([one.giveBack(), other.giveBack()])
  })

  it('stay for the next plan that converts alike', async () => {
    const threads = openThreads()
    const first = threads.take('a', conversionTo('csv'))
    await first.giveBack()
    const alike = threads.take('b', conversionTo('csv'))
    // Whoever stops the threads that the first plan had stops these: they are the same.
    first.pool.requestStop()
    expect(await areStopped(alike.pool)).toBe(true)
    await alike.giveBack()
  })

  it('are others for a plan that converts otherwise', async () => {
    const threads = openThreads()
    const first = threads.take('a', conversionTo('csv'))
    await first.giveBack()
    const different = threads.take('b', conversionTo('ndjson'))
    first.pool.requestStop()
    expect(await areStopped(different.pool)).toBe(false)
    await different.giveBack()
  })
})

function makeGeneration(targetRoot: string, id: string): Generation {
  const generation = { targetRoot, manifestHash: 'f'.repeat(64), id }
  mkdirSync(generationPaths(generation).staged, { recursive: true })
  return generation
}

describe('what a node keeps of a tree', () => {
  it('is the same for all shards of a generation that are in work, and another one for the next', async () => {
    const trees = new NodeTrees('node')
    const root = makeTargetRoot()
    const generation = makeGeneration(root, '000001-aaaaaa')
    const [one, other] = [trees.take(generation), trees.take(generation)]
    expect(await one.openStaging()).toBe(await other.openStaging())
    expect(one.knownFolders).toBe(other.knownFolders)
    const next = trees.take(makeGeneration(root, '000002-bbbbbb'))
    expect(next.storage).toBe(one.storage)
    expect(next.knownFolders).not.toBe(one.knownFolders)
    expect((await next.openStaging()).folder).toContain('000002-bbbbbb')
    for (const { giveBack } of [one, other, next]) giveBack()
  })

  it('never stages twice under one name', async () => {
    const trees = new NodeTrees('node')
    const generation = makeGeneration(makeTargetRoot(), '000001-aaaaaa')
    const folders = new Set<string>()
    for (let times = 0; times < 3; times++) {
      const shared = trees.take(generation)
      folders.add((await shared.openStaging()).folder)
      shared.giveBack()
    }
    expect(folders.size).toBe(3)
  })

  it('is made again where the staged folder was taken away, unless its generation is closed', async () => {
    const trees = new NodeTrees('node')
    const generation = makeGeneration(makeTargetRoot(), '000001-aaaaaa')
    const shared = trees.take(generation)
    const before = await shared.openStaging()
    rmSync(before.folder, { recursive: true })
    const after = await shared.openStaging()
    expect(existsSync(after.folder)).toBe(true)
    rmSync(generationPaths(generation).staged, { recursive: true })
    await expect(shared.openStaging()).rejects.toMatchObject({ code: 'GENERATION_CLOSED' })
    shared.giveBack()
  })
})
