import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import {
  expectCoordinatorMayDie,
  expectNodeMayDie,
  expectOneCoordinator,
  expectRunsAgain,
  expectServerMayDie,
  expectZombieLoses,
  prepareSources,
  type Gold,
} from './scenarios.ts'
import type { QueueServer } from './servers/child-server.ts'
import { SERVERS } from './servers/for-each-server.ts'

/** Waiting for leases to run out takes a while: once in the short suite, everything in `npm run test:cluster`. */
const isShort = process.env['DROVER_CLUSTER'] !== 'full'

describe.each(SERVERS)('on $name', ({ name, start, isMissing }) => {
  describe.skipIf(isMissing)('a cluster', () => {
    const folder = suiteFolder()
    let server: QueueServer
    let bed: ClusterBed
    let gold: Gold
    beforeAll(async () => {
      server = await start(join(folder, 'server'))
      bed = new ClusterBed(folder, server.url)
      gold = await prepareSources(bed)
    })
    afterAll(async () => {
      await bed?.remove()
      await server?.stop()
    })

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') console.log(bed.said())
      await bed.endNodes('SIGKILL')
    })

    it.skipIf(isShort && name !== 'Redis')('survives a node that is killed in the middle of a shard', async () => {
      const recoveryMs = await expectNodeMayDie(bed, gold)
      console.log(`another node had the shard of a killed one after ${(recoveryMs / 1000).toFixed(1)} s`)
    })
    it('survives its server', () => expectServerMayDie(bed, gold, server, 3000), 40_000)
    it('survives its coordinator', () => expectCoordinatorMayDie(bed, gold))
    it.skipIf(isShort)('lets zombies lose', () => expectZombieLoses(bed, gold))
    it.skipIf(isShort)('has one coordinator at a time', () => expectOneCoordinator(bed, gold))
    it('runs again', () => expectRunsAgain(bed, gold))
  })
})
