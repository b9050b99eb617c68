import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { faultEnvironment, noShimReason } from './fault-shim.ts'
import { expectExit, runProgram } from './run-program.ts'
import { writeSources } from './source-tree.ts'
import { contentsOf, expectGold, expectNothingStaged, expectNothingWrong } from './tree-state.ts'

/*
 * The disk reports an error at the first, second, third ... call on the target tree, whatever that call is for.
 * DROVER_FAULTS=full tries every call, otherwise every 37th.
 */

vi.setConfig({ testTimeout: 600_000 })

const STEP = process.env['DROVER_FAULTS'] === 'full' ? 1 : 37
const DONE = 12
const CALLS = 'open,read,write,fsync,close,rename,link,unlink,mkdir'
const EIO = 5

if (noShimReason !== null) console.log(`fail-at-call is skipped: ${noShimReason}`)

describe.skipIf(noShimReason !== null)('an error at any one call on the target tree', () => {
  it('is told in clear words, nothing is taken for done that is not, and the next run completes the tree', async () => {
    const folder = temporaryFolder()
    const source = join(folder, 'in')
    writeSources(source, { fileCount: 6, sizeBytes: (index) => index * 300 })
    const countFile = join(folder, 'count')
    const argsFor = (out: string): string[] => ['--in', source, '--out', out, '--threads', '1']
    const undisturbed = await runProgram(argsFor(join(folder, 'out')), {
      env: faultEnvironment({ calls: CALLS, path: join(folder, 'out'), action: 'none', countFile }),
    })
    expectExit(undisturbed, DONE)
    const gold = contentsOf(join(folder, 'out'))
    const callCount = statSync(countFile).size
    expect(callCount).toBeGreaterThan(80)

    for (let call = 1; call <= callCount; call += STEP) {
      const out = join(temporaryFolder(), 'out')
      const at = `(error at call ${call} of ${callCount})`
      const ended = await runProgram(argsFor(out), {
        env: faultEnvironment({ calls: CALLS, path: out, from: call, times: 1, action: EIO }),
      })
      expect(ended.signal, `the run ${at}`).toBe(null)
      expect(ended.stderr, `the run ${at}`).not.toMatch(/\n\s+at .*:\d+|node:|unhandled|UNEXPECTED|a fault of Drover/i)
      expect(ended.exitCode === DONE || /EIO|i\/o error/.test(ended.stderr), `${at} ${ended.stderr}`).toBe(true)
      if (ended.exitCode === DONE) await expectGold(out, gold, `${at} ${ended.stderr}`)
      if (existsSync(out)) {
        await expectNothingWrong(out, gold, at)
        expectNothingStaged(out, `${at} ${ended.stderr}`)
      }

      const resumed = await runHere(argsFor(out))
      expectExit(resumed, DONE, at)
      await expectGold(out, gold, at)
      rmSync(out, { recursive: true })
    }
  })
})
