import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Task } from '../../src/model/task.ts'
import { buildDataPlan } from '../../src/plan/build-data-plan.ts'
import { SharedThreads } from '../../src/schedule/shared-threads.ts'
import { optionsOf } from '../plan/options-of.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const WORKER = join(import.meta.dirname, 'crashing-worker.mjs')
const TIMEOUT_MS = 100_000

/** How a task ended. */
function endOf(task: Promise<unknown>): Promise<string> {
  return task.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
}

it('counts for --task-timeout only the time that a task has a thread, whoever else has it before', async () => {
  const folder = temporaryFolder()
  const log = join(folder, 'log')
  // The clock of tasks stands still but where the test moves it.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const plan = buildDataPlan(optionsOf(), 'ndjson')
  const threads = new SharedThreads({ plan, threads: 1, taskTimeoutMs: TIMEOUT_MS, entry: WORKER })
  onTestFinished(() => threads.destroy())
  onTestFinished(() => void vi.useRealTimers())
  const hold = (name: string): Task => {
    const file = {
      index: 0,
      sourcePath: '',
      relativePath: `${name}/hold`,
      format: 'csv' as const,
      sizeBytes: 1,
      mtimeNs: 0n,
      stagedTarget: `${log}#0`,
      stagedRejects: join(folder, name),
    }
    return { kind: 'convert', files: [file] }
  }
  const begun = async (name: string): Promise<void> => {
    while (!existsSync(log) || !readFileSync(log, 'utf8').includes(`${name}/hold `)) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const shards = ['first', 'second', 'third'].map((name) => ({ name, end: endOf(threads.share().run(hold(name))) }))
  for (const { name, end } of shards) {
    await begun(name)
    vi.advanceTimersByTime(TIMEOUT_MS * 0.6)
    writeFileSync(join(folder, name), '')
    expect([name, await end]).toEqual([name, 'done'])
  }
  // And what a task needs with a thread of its own does count.
  const tooLong = endOf(threads.share().run(hold('too long')))
  await begun('too long')
  vi.advanceTimersByTime(TIMEOUT_MS * 1.1)
  expect(await tooLong).toBe('TIMEOUT')
})
