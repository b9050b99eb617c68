import { cpSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { SmallTree, write } from '../control/small-tree.ts'
import { runHere } from '../support/run-here.ts'
import { faultEnvironment, noShimReason } from './fault-shim.ts'
import { expectExit, runProgram } from './run-program.ts'
import { proofsOf } from './tree-state.ts'

/*
 * The process is killed just before its first, second, third ... call on the journals of a tree that is due to be compacted.
 * DROVER_FAULTS=full tries every call, otherwise every ninth.
 */

vi.setConfig({ testTimeout: 600_000 })

const STEP = process.env['DROVER_FAULTS'] === 'full' ? 1 : 9
const FILES = 5

if (noShimReason !== null) console.log(`kill-compaction is skipped: ${noShimReason}`)

describe.skipIf(noShimReason !== null)('a process that is killed while it compacts the journals', () => {
  it('loses no proof and invents none, and the next run compacts them', async () => {
    const tree = new SmallTree(Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`${i}.csv`, `a\n${i}\n`])))
    // As many journals as are always left.
    for (let run = 0; run < 12; run++) {
      write(tree.source, { [`${run % FILES}.csv`]: `a\nrun ${run}\n` })
      await tree.migrate({ threads: 1 })
    }
    write(tree.source, { '0.csv': 'a\nthe last\n' })
    const proofs = await proofsOf(tree.out)
    const countFile = join(tree.folder, 'count')
    const runOn = async (out: string, fault: object) => {
      rmSync(out, { recursive: true, force: true })
      rmSync(countFile, { force: true })
      cpSync(tree.out, out, { recursive: true })
      const env = { calls: 'fsync,rename,unlink,write', path: join(out, '.migrate/journal'), countFile, ...fault }
      return runProgram(['--in', tree.source, '--out', out, '--threads', '1'], { env: faultEnvironment(env as never) })
    }
    const undisturbed = join(tree.folder, 'undisturbed')
    expectExit(await runOn(undisturbed, { action: 'none' }), 0)
    const callCount = statSync(countFile).size
    expect(callCount).toBeGreaterThan(20)
    const after = await proofsOf(undisturbed)
    const out = join(tree.folder, 'killed')
    for (let call = 1; call <= callCount; call += STEP) {
      const at = `killed at call ${call} of ${callCount}`
      await runOn(out, { action: 'kill', from: call })
      for (const [target, proof] of await proofsOf(out)) {
        const known = [proofs.get(target), after.get(target)].map((entry) => entry?.targetHash)
        expect(known, `${target}, ${at}`).toContain(proof.targetHash)
      }
      const resumed = await runHere(['--in', tree.source, '--out', out, '--threads', '1'])
      expectExit(resumed, 0, at)
      expect(resumed.stderr, `what it says, ${at}`).not.toContain('damaged')
      const made = [...(await proofsOf(out))].map(([target, { targetHash }]) => [target, targetHash])
      expect(Object.fromEntries(made), `the proofs, ${at}`).toEqual(
        Object.fromEntries([...after].map(([target, { targetHash }]) => [target, targetHash])),
      )
    }
  })
})
