import { describe, it } from 'vitest'
import { clusterSuite } from './cluster-suite.ts'
import { expectSurvivesKills } from './scenarios.ts'
import { SERVERS } from './servers/for-each-server.ts'

/** `npm run test:cluster`: 20 runs on each server, each with up to three blows at random. */
const RUNS = Number(process.env['DROVER_CLUSTER_RUNS'] ?? 20)
const SEED = Number(process.env['DROVER_CLUSTER_SEED'] ?? 1)

describe.skipIf(process.env['DROVER_CLUSTER'] !== 'full').each(SERVERS)(
  'on $name, whatever is killed',
  ({ name, start, isMissing }) => {
    describe.skipIf(isMissing)('three nodes', () => {
      const suite = clusterSuite(start)

      it.each(Array.from({ length: RUNS }, (_, run) => SEED + run))(
        'make the tree of one machine, seed %i',
        async (seed) => {
          const startMs = performance.now()
          const blows = await expectSurvivesKills(suite.get(), seed)
          const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
          console.log(
            `${name}, seed ${seed}: same tree as one machine after ${seconds} s (${blows || 'no blow came in time'})`,
          )
        },
      )
    })
  },
)
