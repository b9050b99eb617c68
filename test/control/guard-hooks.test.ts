import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate, plan, type MigrateEvent, type MigrateHooks } from '../../src/index.ts'
import { SmallTree } from './small-tree.ts'

const onDecision = (): void => {
  // eslint-disable-next-line no-throw-literal
  throw 'a word'
}

const FILES = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [`${index}.csv`, `a,b\n${index},x\n`.repeat(3000)]),
)

/** Throws once an event of the type comes; from then on no hook may be called. */
function throwingAt(
  type: MigrateEvent['type'],
  how: 'throws' | 'rejects',
): { hooks: MigrateHooks; callsAfter: () => number; error: Error } {
  const error = new Error('mine')
  let calls = 0
  const onEvent = (event: MigrateEvent): unknown => {
    if (calls > 0) calls++
    if (event.type !== type || calls > 0) return undefined
    calls = 1
    if (how === 'rejects') return Promise.reject(error)
    throw error
  }
  return { hooks: { onEvent }, callsAfter: () => calls - 1, error }
}

describe('a hook that throws ends the run in order, and its error is the cause:', () => {
  it.each(['planned', 'file-started', 'file-done', 'progress'] as const)('at the event %s', async (type) => {
    const tree = new SmallTree(FILES)
    const { hooks, callsAfter, error } = throwingAt(type, 'throws')
    const options = { in: tree.source, out: tree.out, threads: 2, latency: '10ms' }
    const refused = await migrate(options, hooks).then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(refused).toMatchObject({
      code: 'HOOK_FAILED',
      message: 'the hook onEvent threw an error: mine',
      cause: error,
    })
    expect(callsAfter()).toBe(0)
    // Nobody owns the tree, and the same call goes on.
    expect(existsSync(join(tree.out, '.migrate/lock'))).toBe(false)
    const again = await migrate({ in: tree.source, out: tree.out })
    expect(again.files).toMatchObject({ total: 40, failed: 0, notStarted: 0 })
  })

  it('as the promise of an async one', async () => {
    const tree = new SmallTree(FILES)
    const { hooks, error } = throwingAt('planned', 'rejects')
    const options = { in: tree.source, out: tree.out, threads: 2, latency: '10ms' }
    await expect(migrate(options, hooks)).rejects.toMatchObject({ code: 'HOOK_FAILED', cause: error })
  })

  it('while the run is stopped by a signal', async () => {
    const tree = new SmallTree(FILES)
    const stop = new AbortController()
    const cause = new Error('mine')
    const onEvent = (event: MigrateEvent): void => {
      if (event.type === 'file-started') stop.abort('SIGINT')
      if (event.type === 'stopping') throw cause
    }
    const options = { in: tree.source, out: tree.out, threads: 2, latency: '10ms' }
    await expect(migrate(options, { signal: stop.signal, onEvent })).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      cause,
    })
  })

  it('while the sources are listed, and nothing is written', async () => {
    const tree = new SmallTree(FILES)
    const options = { in: tree.source, out: tree.out }
    const refused = { code: 'HOOK_FAILED', message: 'the hook onDecision threw an error: a word', cause: 'a word' }
    await expect(plan(options, { onDecision })).rejects.toMatchObject(refused)
    await expect(migrate(options, { onDecision })).rejects.toMatchObject(refused)
    expect(existsSync(tree.out)).toBe(false)
  })
})
