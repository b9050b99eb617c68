import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { expectExit } from '../faults/run-program.ts'
import { contentsOf, expectGold } from '../faults/tree-state.ts'
import type { NodeProcess } from './cluster-bed.ts'
import { clusterSuite } from './cluster-suite.ts'
import { countTargets, expectWhole } from './scenarios.ts'
import { SERVERS_OF_CHOICE } from './servers/for-each-server.ts'

const preload = (name: string): string => `--import ${join(import.meta.dirname, name)}`

describe.each(SERVERS_OF_CHOICE)('on $name', ({ share, isMissing }) => {
  describe.skipIf(isMissing)('a cluster', () => {
    const suite = clusterSuite(share, 60)

    it('makes a target again that was removed between its commit record and its rename', async () => {
      const { bed, gold } = suite.get()
      const env = {
        NODE_OPTIONS: preload('lose-staged-file.mjs'),
        DROVER_TEST_LOSE: 'file-12.ndjson',
        DROVER_TEST_LOSE_ONCE: join(bed.folder, 'lost'),
      }
      await bed.startNodes(2, { env })
      const out = bed.newOut()
      const ended = await bed.coordinate(out)
      expect(ended.stderr).toContain('made again: 1 of the files')
      await expectWhole(out, gold, ended, countTargets(gold))
    })

    // Some ten nodes die for it, each after 15 s: only in the long suite.
    it.skipIf(process.env['DROVER_CLUSTER'] !== 'full')(
      'fails only the file that brings every node down',
      async () => {
        const { bed, gold } = suite.get()
        const env = { NODE_OPTIONS: preload('kill-node-at-file.mjs'), DROVER_TEST_KILL_AT: 'file-20.csv' }
        const out = bed.newOut()
        const over = new AbortController()
        const keepAlive = async (): Promise<void> => {
          let node: NodeProcess = bed.startNode({ env })
          while (!over.signal.aborted) {
            if (!node.isRunning) node = bed.startNode({ env })
            await sleep(100)
          }
        }
        const nodes = [keepAlive(), keepAlive()]
        const ended = await bed.coordinate(out, ['--shard-files', '30'])
        over.abort()
        await Promise.all(nodes)
        expect(ended.stderr).toContain('NODE_KILLED')
        expectExit(ended, 11)
        const { 'a/file-20.ndjson': _, ...others } = gold
        const { '.migrate/rejects/a/file-20.csv.ndjson': __, ...rest } = others
        expect(contentsOf(out)).toEqual(rest)
        await bed.endNodes('SIGKILL')
        await bed.startNodes(1)
        await bed.coordinate(out)
        await expectGold(out, gold)
      },
      900_000,
    )
  })
})
