import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectExit, runProgram, type Ended } from './run-program.ts'
import { suiteFolder } from './suite-folder.ts'
import { contentsOf, expectGold, expectNothingLeft, expectNothingWrong } from './tree-state.ts'

/*
 * Signals in the middle of a run that would take some seconds: two large files keep both threads at work, small ones wait. Mostly each read waits, which
 * costs nothing; that threads which compute see a signal too, one of the signals shows. DROVER_FAULTS=full sends all of them to such threads,
 * with larger files, and then resumes.
 */

const IS_FULL = process.env['DROVER_FAULTS'] === 'full'
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const
const LIMIT_MS = 5000
/** About 40 reads of a large file: four seconds, in which a signal that nobody looks for would be missed. */
const SLOWLY = ['--latency', '100ms', '--chunk-size', '64KiB']
const ROWS = 80_000
/** Half a second and more of pure work for the slowest engine; for the fastest one as much. */
const [BUSILY, BUSY_ROWS] = IS_FULL ? [[], 1_200_000] : [['--engine', 'reference'], 400_000]
const BUSY_SIGNALS = IS_FULL ? (['SIGINT', 'SIGTERM', 'SIGHUP'] as const) : (['SIGTERM'] as const)

function writeTwoLarge(source: string, rows: number): void {
  mkdirSync(source)
  const text = `id,text\n${'1,"some text that is repeated"\n'.repeat(rows)}`
  for (const name of ['huge-1', 'huge-2']) writeFileSync(join(source, `${name}.csv`), text)
  for (let index = 0; index < 40; index++) writeFileSync(join(source, `small-${index}.csv`), `id\n${index}\n`)
}

/** The first of these lines is when the signals are sent, by the order of the files. */
const MOMENTS = { 'size,descending': 'file-started', 'size,ascending': 'file-done' } as const

async function goldOf(source: string): Promise<Record<string, string>> {
  const out = `${source}-gold`
  expectExit(await runHere(['--in', source, '--out', out, '--threads', '1', '--no-fsync']), 0)
  return contentsOf(out)
}

/** Sends signals from the moment on that a file has started, or is done; tells how long the end took from the first one on. */
async function interrupt(
  paths: readonly [source: string, out: string],
  signals: readonly NodeJS.Signals[],
  { order = 'size,descending', flags = SLOWLY }: { order?: keyof typeof MOMENTS; flags?: readonly string[] } = {},
): Promise<Ended & { readonly stopMs: number }> {
  let signalledMs = 0
  const log = ['--use-json-log', '--log-level', 'debug']
  const args = ['--in', paths[0], '--out', paths[1], '--threads', '2', '--order-by', order, ...log, ...flags]
  const ended = await runProgram(args, {
    onText: (child, text) => {
      if (signalledMs !== 0 || !text.includes(MOMENTS[order])) return
      signalledMs = performance.now()
      for (const signal of signals) child.kill(signal)
    },
  })
  expect(signalledMs).toBeGreaterThan(0)
  return { ...ended, stopMs: performance.now() - signalledMs }
}

describe('a signal in the middle of a run', () => {
  const folder = suiteFolder()
  const [slowSource, busySource] = [join(folder, 'in'), join(folder, 'busy-in')]
  let gold: Record<string, string> = {}

  beforeAll(async () => {
    writeTwoLarge(slowSource, ROWS)
    writeTwoLarge(busySource, BUSY_ROWS)
    gold = await goldOf(slowSource)
  })

  async function expectResumed(source: string, out: string, goldOfSource = gold): Promise<void> {
    const resumed = await runHere(['--in', source, '--out', out, '--threads', '2', '--no-fsync'])
    expectExit(resumed, 0)
    await expectGold(out, goldOfSource)
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s gives up the files in work within 5 s', async (signal) => {
    const out = join(temporaryFolder(), 'out')
    const ended = await interrupt([slowSource, out], [signal])
    expectExit(ended, EXIT_CODES[signal])
    expect(ended.stopMs).toBeLessThan(LIMIT_MS)
    expectNothingLeft(out)
    await expectNothingWrong(out, gold)
    expect(existsSync(join(out, 'huge-1.ndjson'))).toBe(false)
    await expectResumed(slowSource, out)
  })

  it.each(BUSY_SIGNALS)('%s does so where both threads compute', async (signal) => {
    const out = join(temporaryFolder(), 'out')
    const ended = await interrupt([busySource, out], [signal], { flags: BUSILY })
    expectExit(ended, EXIT_CODES[signal])
    expect(ended.stopMs).toBeLessThan(LIMIT_MS)
    expectNothingLeft(out)
    // The small files are the same in both trees, and the large ones must not be there.
    await expectNothingWrong(out, gold)
    expect(existsSync(join(out, 'huge-1.ndjson'))).toBe(false)
    if (IS_FULL) await expectResumed(busySource, out, await goldOf(busySource))
  })

  it('keeps the files that are finished', async () => {
    const out = join(temporaryFolder(), 'out')
    const ended = await interrupt([slowSource, out], ['SIGTERM'], { order: 'size,ascending' })
    expectExit(ended, 143)
    expectNothingLeft(out)
    await expectNothingWrong(out, gold)
    expect(existsSync(join(out, 'small-0.ndjson'))).toBe(true)
    await expectResumed(slowSource, out)
  })

  it('followed by a second one ends the process at once, and the next run cleans up', async () => {
    const out = join(temporaryFolder(), 'out')
    const ended = await interrupt([slowSource, out], ['SIGTERM', 'SIGINT'])
    // Two signals at once may come in either order.
    expect([130, 143]).toContain(ended.exitCode)
    expect(ended.stopMs).toBeLessThan(2000)
    await expectNothingWrong(out, gold)
    await expectResumed(slowSource, out)
    expectNothingLeft(out)
  })
})

/** The latest moment at which a run waits for its pipe, where the kernel does not tell that it does. */
const WAITS_MS = 1500

/** Settles when a thread of a process waits for the other end of a pipe. */
async function untilItWaits(pid: number): Promise<void> {
  const threads = `/proc/${pid}/task`
  const waits = (): boolean =>
    readdirSync(threads).some((thread) => readFileSync(join(threads, thread, 'wchan'), 'utf8') === 'wait_for_partner')
  for (const startMs = performance.now(); performance.now() - startMs < WAITS_MS; await sleep(20)) {
    try {
      if (waits()) return
    } catch {
      // Not Linux, or a thread that is gone.
    }
  }
}

describe('a signal while a run waits for the other end of a pipe that it was given', () => {
  it.each(['--files-from', '--files-from0', '--filter-from', '--map'])('ends it within 5 s: %s', async (flag) => {
    const folder = temporaryFolder()
    const [source, pipe] = [join(folder, 'in'), join(folder, 'pipe.yaml')]
    mkdirSync(source)
    writeFileSync(join(source, 'a.csv'), 'id\n1\n')
    execFileSync('mkfifo', [pipe])
    let signalledMs = 0
    const ended = await runProgram(['--in', source, '--out', join(folder, 'out'), flag, pipe], {
      onStart: (child) => {
        // Before it waits the signal ends it anyway.
        const signal = async (): Promise<void> => {
          await untilItWaits(child.pid ?? 0)
          signalledMs = performance.now()
          child.kill('SIGTERM')
        }
        void signal()
        setTimeout(() => child.kill('SIGKILL'), 20_000).unref()
      },
    })
    expect(ended.signal ?? ended.stderr).toBe('SIGTERM')
    expect(performance.now() - signalledMs).toBeLessThan(LIMIT_MS)
    expect(existsSync(join(folder, 'out'))).toBe(false)
  })

  it('and with its other end the list is read', async () => {
    const folder = temporaryFolder()
    const source = join(folder, 'in')
    mkdirSync(source)
    for (const name of ['a.csv', 'b.csv']) writeFileSync(join(source, name), 'id\n1\n')
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const ended = await runProgram(
      ['--in', source, '--out', join(folder, 'out'), '--files-from', join(folder, 'pipe')],
      {
        onStart: () => void writeFile(join(folder, 'pipe'), 'b.csv\n'),
      },
    )
    expectExit(ended, 0)
    expect(Object.keys(contentsOf(join(folder, 'out')))).toEqual(['b.ndjson'])
  })
})
