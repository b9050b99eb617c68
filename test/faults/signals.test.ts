import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { beforeAll } from 'vitest'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectExit, runProgram, type Ended } from './run-program.ts'
import { suiteFolder } from './suite-folder.ts'
import { contentsOf, expectGold, expectNothingLeft, expectNothingWrong } from './tree-state.ts'

/* Signals in the middle of a run that would take some seconds: two large files keep both threads busy, small ones wait. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const
const LIMIT_MS = 5000

describe('a signal in the middle of a run', () => {
  const folder = suiteFolder()
  const source = join(folder, 'in')
  let gold: Record<string, string> = {}

  beforeAll(async () => {
    mkdirSync(source)
    const text = `id,text\n${'1,"some text that is repeated"\n'.repeat(1_200_000)}`
    for (const name of ['huge-1', 'huge-2']) writeFileSync(join(source, `${name}.csv`), text)
    for (let index = 0; index < 40; index++) writeFileSync(join(source, `small-${index}.csv`), `id\n${index}\n`)
    const ended = await runHere(['--in', source, '--out', join(folder, 'gold'), '--threads', '1', '--no-fsync'])
    expectExit(ended, 0)
    gold = contentsOf(join(folder, 'gold'))
  })

  /** Sends signals from the moment on that a file has started; tells how long the end took from the first one on. */
  async function interrupt(
    out: string,
    signals: readonly NodeJS.Signals[],
    order = 'size,descending',
  ): Promise<Ended & { readonly stopMs: number }> {
    let signalledMs = 0
    const args = [
      '--in',
      source,
      '--out',
      out,
      '--threads',
      '2',
      '--order-by',
      order,
      '--use-json-log',
      '--log-level',
      'debug',
    ]
    const ended = await runProgram(args, {
      onText: (child, text) => {
        if (signalledMs !== 0 || !text.includes(order.startsWith('size,d') ? 'file-started' : 'file-done')) return
        signalledMs = performance.now()
        for (const signal of signals) child.kill(signal)
      },
    })
    expect(signalledMs).toBeGreaterThan(0)
    return { ...ended, stopMs: performance.now() - signalledMs }
  }

  async function expectResumed(out: string): Promise<void> {
    const resumed = await runHere(['--in', source, '--out', out, '--threads', '2', '--no-fsync'])
    expectExit(resumed, 0)
    await expectGold(out, gold)
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s gives up the files in work within 5 s', async (signal) => {
    const out = join(temporaryFolder(), 'out')
    const ended = await interrupt(out, [signal])
    expectExit(ended, EXIT_CODES[signal])
    expect(ended.stopMs).toBeLessThan(LIMIT_MS)
    expectNothingLeft(out)
    await expectNothingWrong(out, gold)
    expect(existsSync(join(out, 'huge-1.ndjson'))).toBe(false)
    await expectResumed(out)
  })

  it('keeps the files that are finished', async () => {
    const out = join(temporaryFolder(), 'out')
    const ended = await interrupt(out, ['SIGTERM'], 'size,ascending')
    expectExit(ended, 143)
    expectNothingLeft(out)
    await expectNothingWrong(out, gold)
    expect(existsSync(join(out, 'small-0.ndjson'))).toBe(true)
    await expectResumed(out)
  })

  it('followed by a second one ends the process at once, and the next run cleans up', async () => {
    const out = join(temporaryFolder(), 'out')
    const ended = await interrupt(out, ['SIGTERM', 'SIGINT'])
    // Two signals at once may come in either order.
    expect([130, 143]).toContain(ended.exitCode)
    expect(ended.stopMs).toBeLessThan(2000)
    await expectNothingWrong(out, gold)
    await expectResumed(out)
    expectNothingLeft(out)
  })
})

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
        // Long enough to be waiting by then; before that the signal ends it anyway.
        setTimeout(() => {
          signalledMs = performance.now()
          child.kill('SIGTERM')
        }, 1500)
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
