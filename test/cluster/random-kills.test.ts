import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import { expectSurvivesKills, prepareSources, type Gold } from './scenarios.ts'
import type { QueueServer } from './servers/child-server.ts'
import { SERVERS } from './servers/for-each-server.ts'

/** `npm run test:cluster`: 20 runs on each server, each with up to three blows at random. */
const RUNS = Number(process.env['DROVER_CLUSTER_RUNS'] ?? 20)
const SEED = Number(process.env['DROVER_CLUSTER_SEED'] ?? 1)

describe.skipIf(process.env['DROVER_CLUSTER'] !== 'full').each(SERVERS)(
  'on $name, whatever is killed',
  ({ name, start, isMissing }) => {
    describe.skipIf(isMissing)('three nodes', () => {
      const folder = suiteFolder()
      let server: QueueServer
      let bed: ClusterBed
      let gold: Gold
      beforeAll(async () => {
        server = await start(join(folder, 'server'))
        bed = new ClusterBed(folder, server.url)
        gold = await prepareSources(bed)
      })
      afterEach(async ({ task }) => {
        if (task.result?.state === 'fail') console.log(bed.said())
        await bed.endNodes('SIGKILL')
      })
      afterAll(async () => {
        await bed?.remove()
        await server?.stop()
      })

      it.each(Array.from({ length: RUNS }, (_, run) => SEED + run))(
        'make the tree of one machine, seed %i',
        async (seed) => {
          const startMs = performance.now()
          const blows = await expectSurvivesKills(bed, gold, server, seed)
          const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
          console.log(
            `${name}, seed ${seed}: same tree as one machine after ${seconds} s (${blows || 'no blow came in time'})`,
          )
        },
      )
    })
  },
)
