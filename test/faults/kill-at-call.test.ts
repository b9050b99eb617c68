import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { runHere } from '../support/run-here.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { faultEnvironment, noShimReason } from './fault-shim.ts'
import { expectExit, runProgram } from './run-program.ts'
import { writeSources } from './source-tree.ts'
import { contentsOf, expectGold, expectNothingLeft, expectNothingWrong } from './tree-state.ts'

/*
 * The process is killed just before its first, second, third ... call that changes the target tree or makes it durable.
 * DROVER_FAULTS=full tries every call, otherwise every 17th.
 */

vi.setConfig({ testTimeout: 600_000 })

const STEP = process.env['DROVER_FAULTS'] === 'full' ? 1 : 17
const DONE = 12
const CALLS = 'fsync,rename,link,unlink,mkdir,write'

if (noShimReason !== null) console.log(`kill-at-call is skipped: ${noShimReason}`)

describe.skipIf(noShimReason !== null)('a process that is killed before any one call on its target tree', () => {
  it('leaves nothing wrong, and the next run completes the tree', async () => {
    const folder = temporaryFolder()
    const source = join(folder, 'in')
    writeSources(source, { fileCount: 9, sizeBytes: (index) => index * 300 })
    const countFile = join(folder, 'count')
    const argsFor = (out: string): string[] => ['--in', source, '--out', out, '--threads', '1']
    const undisturbed = await runProgram(argsFor(join(folder, 'out')), {
      env: faultEnvironment({ calls: CALLS, path: join(folder, 'out'), action: 'none', countFile }),
    })
    expectExit(undisturbed, DONE)
    const gold = contentsOf(join(folder, 'out'))
    const callCount = statSync(countFile).size
    expect(callCount).toBeGreaterThan(40)

    for (let call = 1; call <= callCount; call += STEP) {
      const out = join(temporaryFolder(), 'out')
      const at = `(killed at call ${call} of ${callCount})`
      rmSync(countFile, { force: true })
      const killed = await runProgram(argsFor(out), {
        env: faultEnvironment({ calls: CALLS, path: out, from: call, action: 'kill', countFile }),
      })
      // Files that happen to be committed together take a call or two less, so a run may end before it comes to this one. One that was
      // killed needs no count: a thread may have taken a number and not yet counted it.
      const endedBefore = killed.signal === null && statSync(countFile).size < call
      expect(endedBefore ? killed.exitCode : killed.signal, `${killed.stderr} ${at}`).toBe(
        endedBefore ? DONE : 'SIGKILL',
      )
      if (existsSync(out)) await expectNothingWrong(out, gold, at)

      const resumed = await runHere(argsFor(out))
      expectExit(resumed, DONE, at)
      await expectGold(out, gold, at)
      expectNothingLeft(out, at)
      rmSync(out, { recursive: true })
    }
  })
})
