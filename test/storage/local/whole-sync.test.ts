import { statfsSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SyncShell, WholeSync } from '../../../src/storage/local/whole-sync.ts'
import { makeTargetRoot } from '../../commit/temporary-tree.ts'

/** A sync of everything that takes as long as it is told, on a clock of its own. */
function fakeSync(): { sync: WholeSync; calls: () => number; next: (tookMs: number, isDone?: boolean) => void } {
  let nowMs = 0
  let tookMs = 1
  let isDone = true
  let calls = 0
  const syncEverything = (): Promise<boolean> => {
    calls++
    nowMs += tookMs
    return Promise.resolve(isDone)
  }
  return {
    sync: new WholeSync(syncEverything, () => nowMs),
    calls: () => calls,
    next: (ms, done = true) => {
      tookMs = ms
      isDone = done
    },
  }
}

describe('WholeSync', () => {
  it('covers many files with one call, and leaves few to their own syncs', async () => {
    const { sync, calls } = fakeSync()
    expect(await sync.covers(100)).toBe(true)
    expect(await sync.covers(100)).toBe(true)
    expect(calls()).toBe(2)
    expect(await sync.covers(3)).toBe(false)
    expect(calls()).toBe(2)
  })

  it.each([
    ['failed', 1, false],
    ['took longer than single syncs would have', 10_000, true],
  ])('rests for a while when a call %s, and then tries again', async (_, tookMs, isDone) => {
    const { sync, calls, next } = fakeSync()
    next(tookMs, isDone)
    expect(await sync.covers(100)).toBe(isDone)
    next(1)
    const answers: boolean[] = []
    while (answers.length < 100 && answers.at(-1) !== true) answers.push(await sync.covers(100))
    expect(answers.length).toBeGreaterThan(2)
    expect(answers.length).toBeLessThan(100)
    expect(calls()).toBe(2)
  })
})

describe('callers at the same time', () => {
  it('take turns, and a failure counts for those who waited', async () => {
    const answers: ((isDone: boolean) => void)[] = []
    const sync = new WholeSync(() => new Promise((resolve) => answers.push(resolve)))
    const both = Promise.all([sync.covers(100), sync.covers(100)])
    await nextTurn()
    expect(answers).toHaveLength(1)
    // The error may be that of the second one's files, and is told only once.
    answers[0]!(false)
    expect(await both).toEqual([false, false])
    expect(answers).toHaveLength(1)
  })
})

const EXT4 = 0xef53

describe('SyncShell', () => {
  it.runIf(process.platform === 'linux' && statfsSync('/tmp').type === EXT4)('syncs again and again', async () => {
    const shell = new SyncShell(makeTargetRoot())
    onTestFinished(() => shell.close())
    for (let call = 0; call < 3; call++) expect(await shell.run()).toBe(true)
  })

  it('says false for a folder that is not there, and for a file system that it does not know', async () => {
    expect(await new SyncShell('/nowhere').run()).toBe(false)
    expect(await new SyncShell('/proc').run()).toBe(false)
  })
})
