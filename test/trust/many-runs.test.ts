import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { plan } from '../../src/control/plan/plan-run.ts'
import { readJournals } from '../../src/commit/journal/journal-reader.ts'
import { SmallTree, write } from '../control/small-tree.ts'
import { contentsOf } from '../faults/tree-state.ts'

/*
 * A target tree that many runs worked on, each after a change: its journals are compacted, so that a run with nothing to do costs what it
 * costs on a new tree. DROVER_TRUST=full: 300 files and 300 runs, timed on the command line; else 30 files and 28 runs, lines and bytes only.
 */

const IS_FULL = process.env.DROVER_TRUST === 'full'
const [FILES, RUNS] = IS_FULL ? [300, 300] : [30, 28]
/** Most runs change a few files; every fifth changes all. */
const SOME = 3

vi.setConfig({ testTimeout: IS_FULL ? 3_600_000 : 120_000 })

const nameOf = (index: number): string => `folder-${index % 7}/file-${index}.csv`

function changeSome(tree: SmallTree, run: number, isEachRunAll: boolean): void {
  const count = isEachRunAll || run % 5 === 0 ? FILES : SOME
  for (let change = 0; change < count; change++) {
    write(tree.source, { [nameOf((run * SOME + change) % FILES)]: `a,b\n${run},${change}\n` })
  }
}

function newTree(): SmallTree {
  return new SmallTree(
    Object.fromEntries(Array.from({ length: FILES }, (_, index) => [nameOf(index), `a,b\n0,${index}\n`])),
  )
}

function bookkeepingBytes(tree: SmallTree): number {
  const folder = join(tree.out, '.migrate')
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)))
  return paths.reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0)
}

/** Milliseconds of a run with nothing to do: the median of some, start of the program included. */
async function idleMs(tree: SmallTree): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 7; round++) {
    const startMs = performance.now()
    const program = new URL('../../dist/bin/migrate.js', import.meta.url).pathname
    const args = ['--in', tree.source, '--out', tree.out, '--threads', '1', '--no-fsync', '-q']
    const [code] = (await once(spawn(process.execPath, [program, ...args]), 'close')) as [number]
    times.push(performance.now() - startMs)
    expect(code).toBe(0)
  }
  return times.sort((a, b) => a - b)[3] ?? 0
}

it.each([
  ['a few files', false],
  ['all files', true],
])(
  `after ${RUNS} runs, each of which changed %s, the books are as large as after few, and a run with nothing to do as fast`,
  async (what, isEachRunAll) => {
    const tree = newTree()
    await tree.migrate()
    const oneJournal = bookkeepingBytes(tree)
    const figures: string[] = []
    const note = async (run: number): Promise<number> => {
      const ms = IS_FULL ? await idleMs(tree) : 0
      const { journals, entryCount } = await readJournals(tree.out, () => {})
      const time = IS_FULL ? `${ms.toFixed(0)} ms, ` : ''
      figures.push(
        `${run} runs: ${time}${bookkeepingBytes(tree)} bytes, ${journals.length} journals, ${entryCount} lines`,
      )
      return ms
    }
    const firstMs = await note(1)
    for (let run = 2; run <= RUNS; run++) {
      changeSome(tree, run, isEachRunAll)
      await tree.migrate({ threads: 1 })
      expect(bookkeepingBytes(tree), `run ${run}`).toBeLessThanOrEqual(3 * oneJournal)
      expect(readdirSync(join(tree.out, '.migrate/journal')).length, `run ${run}`).toBeLessThanOrEqual(13)
      if (run === 100) await note(run)
    }
    const lastMs = await note(RUNS)
    console.log(`changes to ${what} of ${FILES}:\n  ${figures.join('\n  ')}`)
    expect(IS_FULL ? lastMs / firstMs : 1).toBeLessThanOrEqual(1.2)
    const reasons = [...(await plan({ in: tree.source, out: tree.out })).files].map(({ reason }) => reason)
    expect(new Set(reasons)).toEqual(new Set(['done']))
    // The tree is that of one run over what is there now, and the proofs are about it.
    const contents = contentsOf(tree.out)
    rmSync(tree.out, { recursive: true })
    await tree.migrate()
    expect(contents).toEqual(contentsOf(tree.out))
  },
)
