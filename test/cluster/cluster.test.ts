import { describe, it } from 'vitest'
import { clusterSuite } from './cluster-suite.ts'
import {
  expectCoordinatorMayDie,
  expectNodeMayDie,
  expectOneCoordinator,
  expectRunsAgain,
  expectServerMayDie,
  expectZombieLoses,
} from './scenarios.ts'
import { SERVERS } from './servers/for-each-server.ts'

/** Waiting for leases to run out takes a while: once in the short suite, everything in `npm run test:cluster`. */
const isShort = process.env['DROVER_CLUSTER'] !== 'full'

describe.each(SERVERS)('on $name', ({ name, start, isMissing }) => {
  describe.skipIf(isMissing)('a cluster', () => {
    const suite = clusterSuite(start)

    it.skipIf(isShort && name !== 'Redis')('survives a node that is killed in the middle of a shard', async () => {
      const recoveryMs = await expectNodeMayDie(suite.get())
      console.log(`another node had the shard of a killed one after ${(recoveryMs / 1000).toFixed(1)} s`)
    })
    it('survives its server', () => expectServerMayDie(suite.get(), 3000), 40_000)
    it('survives its coordinator', () => expectCoordinatorMayDie(suite.get()))
    it.skipIf(isShort)('lets zombies lose', () => expectZombieLoses(suite.get()))
    it.skipIf(isShort)('has one coordinator at a time', () => expectOneCoordinator(suite.get()))
    it('runs again', () => expectRunsAgain(suite.get()))
  })
})
