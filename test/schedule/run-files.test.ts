import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { runFiles } from '../../src/schedule/run-files.ts'
import { ThreadLimit } from '../../src/schedule/thread-limit.ts'
import { ThreadPool } from '../../src/schedule/thread-pool.ts'
import { optionsOf } from '../plan/options-of.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const WORKER = join(import.meta.dirname, 'crashing-worker.mjs')

interface Settings {
  readonly threads?: number
  /** Given where it changes while the files run. */
  readonly limit?: ThreadLimit
  readonly retries?: number
  readonly taskTimeoutMs?: number
  readonly mayStart?: () => boolean
  readonly onConverted?: () => Promise<void>
}

interface Ended {
  /** `done`, or the code of the failure, by the name of the file. */
  readonly outcomes: Readonly<Record<string, string>>
  /** How often each file was begun. */
  readonly tries: Readonly<Record<string, number>>
  readonly notStarted: number
}

/** Runs batches of files on a worker that does what their names say. */
async function run(batches: readonly (readonly string[])[], settings: Settings = {}): Promise<Ended> {
  const names = batches.flat()
  const log = join(temporaryFolder(), 'log')
  const { threads = 1, retries = 0, taskTimeoutMs } = settings
  const { limit = new ThreadLimit(threads) } = settings
  const plan = buildDataPlan(optionsOf(), 'ndjson')
  const pool = new ThreadPool({ plan, threads, taskTimeoutMs, entry: WORKER, maxHeapMb: 48 })
  onTestFinished(() => pool.destroy())
  const outcomes: Record<string, string> = {}
  const end = (index: number, outcome: string): void => {
    const name = names[index] ?? ''
    expect(outcomes, `${name} has ended twice`).not.toHaveProperty([name])
    outcomes[name] = outcome
  }
  let at = 0
  const notStarted = await runFiles(
    batches.map((batch) => batch.map(() => at++)),
    {
      pool,
      limit,
      retries,
      splits: new Set(),
      blockBytes: 1,
      mayQueue: taskTimeoutMs === undefined,
      mayStart: settings.mayStart ?? (() => true),
      makeFileTask: (index, attempt) => ({
        index,
        sourcePath: '',
        relativePath: names[index] ?? '',
        format: 'csv',
        sizeBytes: 1,
        mtimeNs: 0n,
        stagedTarget: `${log}#${attempt}`,
        stagedRejects: '',
      }),
      onConverted: async (files) => {
        for (const { result } of files) end(result.index, 'done')
        await settings.onConverted?.()
      },
      onFailed: (index, error) => end(index, error.code),
      onTried: () => {},
      onHelped: () => {},
    },
  )
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  const tries: Record<string, number> = {}
  for (const name of names) tries[name] = lines.filter((line) => line.startsWith(`${name} `)).length
  return { outcomes, tries, notStarted }
}

describe('a file that brings its thread down', () => {
  const CRASHES: readonly (readonly [file: string, code: string, taskTimeoutMs: number])[] = [
    ['exit', 'WORKER_EXIT', 60_000],
    ['throw', 'WORKER_EXIT', 60_000],
    ['memory', 'WORKER_OOM', 60_000],
    // Long enough for another thread to start beside other work.
    ['loop', 'TIMEOUT', 4000],
  ]
  it.each(CRASHES)('fails alone, whatever else was in its batch: %s is %s', async (file, code, taskTimeoutMs) => {
    const { outcomes } = await run([['a', 'b', file, 'c'], ['d']], { taskTimeoutMs })
    expect(outcomes).toEqual({ a: 'done', b: 'done', [file]: code, c: 'done', d: 'done' })
  })

  it('is tried as often as --retries says, since another thread may get through', async () => {
    const { outcomes, tries } = await run([['exit'], ['a']], { retries: 2 })
    expect(outcomes).toEqual({ exit: 'WORKER_EXIT', a: 'done' })
    expect(tries).toEqual({ exit: 3, a: 1 })
  })

  it('does not disturb the other threads', async () => {
    const names = Array.from({ length: 30 }, (_, index) => (index % 10 === 3 ? `exit-${index}` : `fine-${index}`))
    const { outcomes } = await run(
      names.map((name) => [name]),
      { threads: 3 },
    )
    for (const name of names)
      expect([name, outcomes[name]]).toEqual([name, name.startsWith('exit') ? 'WORKER_EXIT' : 'done'])
  })
})

describe('a file that fails', () => {
  it.each([
    ['is tried again while the error may pass', 'busy-2', 3, 'done', 3],
    ['fails when it was tried as often as --retries says', 'busy', 2, 'EBUSY', 3],
    ['fails at once when the error will not pass', 'fails', 3, 'UNTERMINATED_QUOTE', 1],
    ['is not tried again with --retries 0', 'busy-1', 0, 'EBUSY', 1],
  ])('%s', async (_, file, retries, outcome, tries) => {
    const ended = await run([['a', file, 'b']], { retries })
    expect(ended.outcomes).toEqual({ a: 'done', [file]: outcome, b: 'done' })
    expect(ended.tries).toEqual({ a: 1, [file]: tries, b: 1 })
  })
})

describe('runFiles', () => {
  it('begins no batch when it may start none any more, and counts the files that it left', async () => {
    let looks = 0
    const { outcomes, notStarted } = await run([['a', 'b'], ['c'], ['d', 'e', 'f']], { mayStart: () => ++looks === 1 })
    expect(outcomes).toEqual({ a: 'done', b: 'done' })
    expect(notStarted).toBe(4)
  })

  it('makes no further files while nobody takes the finished ones', async () => {
    const taking = new AbortController()
    const isTaken = once(taking.signal, 'abort')
    let converted = 0
    const names = Array.from({ length: 20 }, (_, index) => [`fine-${index}`])
    const ending = run(names, {
      onConverted: async () => {
        converted++
        await isTaken
      },
    })
    // One task on the thread and one ahead of it: then both lanes wait.
    await expect.poll(() => converted).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(converted).toBe(2)
    taking.abort()
    expect(Object.keys((await ending).outcomes)).toHaveLength(20)
  })

  it('hands out more tasks at once when its limit rises, and fewer when it falls', async () => {
    const limit = new ThreadLimit(1)
    const gates: (() => void)[] = []
    const names = Array.from({ length: 20 }, (_, index) => [`fine-${index}`])
    const ending = run(names, { limit, threads: 2, onConverted: () => new Promise((open) => gates.push(open)) })
    // One thread of two: one task. Both: two, and one ahead for each.
    await expect.poll(() => gates.length).toBe(1)
    limit.set(2)
    await expect.poll(() => gates.length).toBe(4)
    limit.set(1)
    for (const open of gates.splice(0)) open()
    for (let ended = 4; ended < 20; ended++) {
      await expect.poll(() => gates.length).toBe(1)
      gates.pop()?.()
    }
    expect(Object.keys((await ending).outcomes)).toHaveLength(20)
  })
})
