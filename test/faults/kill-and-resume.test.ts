import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectExit, runProgram } from './run-program.ts'
import { seededRandom, writeSources } from './source-tree.ts'
import { suiteFolder } from './suite-folder.ts'
import { contentsOf, expectGold, expectNothingLeft, expectNothingWrong, provedInodes } from './tree-state.ts'

/*
 * A run that is killed at a random moment, again and again until one gets to its end, must leave the tree of an undisturbed run.
 * DROVER_FAULTS=full does it 30 times, otherwise once; DROVER_SEED repeats what failed.
 */

vi.setConfig({ testTimeout: 300_000 })

const ROUNDS = process.env['DROVER_FAULTS'] === 'full' ? 30 : 1
const SEED = Number(process.env['DROVER_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
/** With rejects, which the tree has. */
const DONE = 12

/** 200 files: mostly small, a few empty, two of 2 MB. */
function sizeBytes(index: number): number {
  if (index % 40 === 0) return 0
  return index % 99 === 50 ? 2_000_000 : 200 + ((index * 7919) % 60_000)
}

describe('a run that is killed', () => {
  const folder = suiteFolder()
  const source = join(folder, 'in')
  let gold: Record<string, string> = {}
  let wholeMs = 0

  beforeAll(async () => {
    writeSources(source, { fileCount: 200, sizeBytes })
    const ended = await runProgram(['--in', source, '--out', join(folder, 'gold'), '--threads', '1'])
    expectExit(ended, DONE)
    gold = contentsOf(join(folder, 'gold'))
    wholeMs = ended.durationMs
  })

  it(`at any moment is made up for by the next, without redoing what is proved (seed ${SEED})`, async () => {
    const sourcesBefore = contentsOf(source)
    const random = seededRandom(SEED)
    let kills = 0
    // Where the machine is faster than it was a moment ago, kills come too late: some more rounds then.
    for (let round = 0; round < ROUNDS || (kills === 0 && round < 10 * ROUNDS); round++) {
      const out = join(temporaryFolder(), 'out')
      const args = ['--in', source, '--out', out, '--threads', String(2 + Math.floor(random() * 3))]
      let proved = new Map<string, number>()
      for (let attempt = 1, isEnded = false; !isEnded; attempt++) {
        const at = `(seed ${SEED}, round ${round}, attempt ${attempt})`
        // Later attempts have less to do: a kill spread over the whole length would mostly come too late. The fourth may end.
        const delayMs = random() * wholeMs * (attempt === 1 ? 1.2 : 0.8)
        let timer: NodeJS.Timeout | undefined
        const ended = await runProgram(args, {
          onStart: (child) => {
            if (attempt < 4) timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
          },
        })
        clearTimeout(timer)
        isEnded = ended.signal === null
        expect(isEnded ? ended.exitCode : DONE, `${ended.stderr} ${at}`).toBe(DONE)
        if (!isEnded) kills++

        await expectNothingWrong(out, gold, at)
        const nowProved = await provedInodes(out)
        for (const [target, inode] of proved) expect(nowProved.get(target), `inode of ${target} ${at}`).toBe(inode)
        proved = nowProved
      }
      await expectGold(out, gold, `(seed ${SEED}, round ${round})`)
      expectNothingLeft(out)
      rmSync(out, { recursive: true })
    }
    expect(kills).toBeGreaterThan(0)
    expect(contentsOf(source), 'the source tree').toEqual(sourcesBefore)
  })

  it('or not: a second run on its target tree is refused meanwhile, and harms nothing', async () => {
    const out = join(temporaryFolder(), 'out')
    const args = ['--in', source, '--out', out, '--threads', '2']
    let second: ReturnType<typeof runProgram> | null = null
    let isFirstHeld = false
    const first = await runProgram([...args, '--use-json-log', '--log-level', 'debug'], {
      onText: (child, text) => {
        if (second !== null || !text.includes('"file-done"')) return
        // Stopped, so that it is alive and at work for as long as the second one needs.
        child.kill('SIGSTOP')
        isFirstHeld = true
        second = runProgram(args).finally(() => child.kill('SIGCONT'))
      },
    })
    expect(isFirstHeld, `it said ${first.stderr}`).toBe(true)
    const refused = await second!
    expectExit(refused, 2)
    expect(refused.stderr).toContain('is working on this target tree')
    expect(first.exitCode).toBe(DONE)
    await expectGold(out, gold)
  })
})
