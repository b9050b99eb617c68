import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectExit, PROGRAM, runProgram } from './run-program.ts'
import { seededRandom, writeSources } from './source-tree.ts'
import { suiteFolder } from './suite-folder.ts'
import { contentsOf, expectGold, expectNothingLeft } from './tree-state.ts'

/*
 * Three shards work on one tree as processes of their own, and each is killed at random moments, again and again, and started anew until it
 * gets to its end. Then the tree must be that of one undisturbed run, and the merged reports must say so. DROVER_FAULTS=full does it 30
 * times, otherwise once; DROVER_SEED repeats what failed, as far as the machine's own chance allows.
 */

vi.setConfig({ testTimeout: 600_000 })

const ROUNDS = process.env['DROVER_FAULTS'] === 'full' ? 30 : 1
const SEED = Number(process.env['DROVER_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
const SHARDS = 3
/** With rejects, which some shards have. */
const ENDED: readonly (number | null)[] = [0, 12]

/** 150 files: mostly small, a few empty, some of 2 MB. */
function sizeBytes(index: number): number {
  if (index % 40 === 0) return 0
  return index % 37 === 5 ? 2_000_000 : 200 + ((index * 7919) % 60_000)
}

describe('shards that are killed', () => {
  const folder = suiteFolder()
  const source = join(folder, 'in')
  let gold: Record<string, string> = {}
  let goldHash = ''
  let wholeMs = 0

  beforeAll(async () => {
    writeSources(source, { fileCount: 150, sizeBytes })
    const ended = await runProgram(['--in', source, '--out', join(folder, 'gold'), '--threads', '1'])
    expectExit(ended, 12)
    gold = contentsOf(join(folder, 'gold'))
    goldHash = treeHashIn(ended.stderr)
    wholeMs = ended.durationMs
  })

  it(`at any moment, all at once, end with the tree of one undisturbed run (seed ${SEED})`, async () => {
    const random = seededRandom(SEED)
    let kills = 0
    // Where the machine is faster than it was a moment ago, kills come too late: some more rounds then.
    for (let round = 0; round < ROUNDS || (kills === 0 && round < 10 * ROUNDS); round++) {
      const out = join(temporaryFolder(), 'out')
      const at = `(seed ${SEED}, round ${round})`
      // Drawn before anything starts, so that they do not depend on who is faster.
      const delays = Array.from({ length: SHARDS }, () => Array.from({ length: 4 }, () => random() * wholeMs))
      const runs = delays.map((delaysMs, shard) => killAndRestart(source, out, `${shard + 1}/${SHARDS}`, delaysMs, at))
      for (const count of await Promise.all(runs)) kills += count

      expectNothingLeft(out, at)
      await expectGold(out, gold, at)
      expect(readdirSync(join(out, '.migrate')).sort(), `bookkeeping ${at}`).toEqual([
        'journal',
        'manifests',
        'rejects',
        'reports',
        'staged',
      ])
      expect(readdirSync(join(out, '.migrate/manifests')), `claims ${at}`).toEqual([])
      const merged = spawnSync(process.execPath, [PROGRAM, 'report', 'merge', out], { encoding: 'utf8' })
      expect(merged.status, `${merged.stderr} ${at}`).toBe(12)
      expect(treeHashIn(merged.stdout), `tree hash ${at}`).toBe(goldHash)
      rmSync(out, { recursive: true })
    }
    expect(kills).toBeGreaterThan(0)
  })
})

/** @returns how often the shard was killed before it got to its end. */
async function killAndRestart(
  source: string,
  out: string,
  shard: string,
  delaysMs: readonly number[],
  at: string,
): Promise<number> {
  const args = ['--in', source, '--out', out, '--threads', '2', '--shard', shard]
  for (let attempt = 0; ; attempt++) {
    const delayMs = delaysMs[attempt]
    let timer: NodeJS.Timeout | undefined
    const ended = await runProgram(args, {
      onStart: (child) => {
        if (delayMs !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
      },
    })
    clearTimeout(timer)
    if (ended.signal === 'SIGKILL') continue
    expect(ENDED, `${ended.stderr} shard ${shard} ${at}`).toContain(ended.exitCode)
    return attempt
  }
}

function treeHashIn(text: string): string {
  return /tree hash +([0-9a-f]{64})/.exec(text)?.[1] ?? text
}
