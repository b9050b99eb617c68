import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { suiteFolder } from '../faults/suite-folder.ts'
import { ClusterBed } from './cluster-bed.ts'
import { prepareSources, type Gold } from './scenarios.ts'
import type { QueueDatabase, QueueServer } from './servers/child-server.ts'

/** What the tests of a suite share, from the first of them on. */
export interface ClusterSuite<Server extends QueueDatabase = QueueServer> {
  readonly server: Server
  readonly bed: ClusterBed
  readonly gold: Gold
}

/**
 * Prepares a server, a bed and what one machine makes of its sources for the suite that calls it, and ends all of it behind the last
 * test. Nodes end with their test; where it failed, what they said is shown.
 */
export function clusterSuite<Server extends QueueDatabase>(
  start: (folder: string) => Promise<Server>,
  fileCount?: number,
): { readonly get: () => ClusterSuite<Server> } {
  const folder = suiteFolder()
  let server: Server | undefined
  let bed: ClusterBed | undefined
  let gold: Gold | undefined
  beforeAll(async () => {
    server = await start(join(folder, 'server'))
    bed = new ClusterBed(folder, server.url)
    gold = await prepareSources(bed, fileCount)
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(bed?.said())
    await bed?.endNodes('SIGKILL')
  })
  afterAll(async () => {
    await bed?.remove()
    await server?.stop()
  })
  return {
    get: () => {
      if (server === undefined || bed === undefined || gold === undefined) throw new Error('the suite has not begun')
      return { server, bed, gold }
    },
  }
}
