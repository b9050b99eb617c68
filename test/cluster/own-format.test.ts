import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectExit, runProgram } from '../faults/run-program.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { contentsOf, expectNothingLeft } from '../faults/tree-state.ts'
import { ClusterBed } from './cluster-bed.ts'
import type { QueueDatabase } from './servers/child-server.ts'
import { SERVERS_OF_CHOICE } from './servers/for-each-server.ts'

/* A cluster with a format that a module brings (LTSV): nodes load what their own settings name, never what a plan names. */

const MODULE = join(import.meta.dirname, '../formats/ltsv/ltsv.ts')

describe.each(SERVERS_OF_CHOICE)('on $name', ({ share, isMissing }) => {
  describe.skipIf(isMissing)('a cluster whose targets are in a format of a module', () => {
    const folder = suiteFolder()
    let server: QueueDatabase | undefined
    let bed: ClusterBed | undefined
    beforeAll(async () => {
      server = await share()
      bed = new ClusterBed(folder, server.url)
      for (let file = 0; file < 30; file++)
        writeFileSync(join(bed.source, `f${file}.csv`), `id,n\n${`${file},x y\n`.repeat(500)}`)
    })
    afterEach(async () => bed?.endNodes('SIGKILL'))
    afterAll(async () => {
      await bed?.remove()
      await server?.stop()
    })

    it('is served by a node that has the module; another one refuses the plan by name', async () => {
      if (bed === undefined) throw new Error('the suite has not begun')
      const own = ['--formats', MODULE, '--format-option', 'ltsv.duplicates=rename']
      const args = ['--in', bed.source, '--to', 'ltsv', ...own]
      const gold = bed.newOut()
      expectExit(await runProgram([...args, '--out', gold]), 0)
      const stranger = bed.startNode()
      await stranger.saw('node-joined')
      const out = bed.newOut()
      const running = runProgram([...args, '--out', out, '--cluster', bed.url])
      const line = await stranger.saw('node-job-refused')
      expect(line.msg).toContain('the plan makes targets of the format ltsv, which is not known here')
      await bed.endNodes('SIGTERM')
      const node = bed.startNode({ env: { MIGRATE_FORMATS: MODULE } })
      expectExit(await running, 0)
      expect(node.lines.some(({ event }) => event === 'node-shard-ended')).toBe(true)
      expect(contentsOf(out)).toEqual(contentsOf(gold))
      expectNothingLeft(out)
    })
  })
})
