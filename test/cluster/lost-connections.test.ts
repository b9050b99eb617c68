// Covers: Connections that the server of a queue ends.
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { parseClusterUrl } from '../../src/cluster/queue/cluster-url.ts'
import { openQueue } from '../../src/cluster/queue/open-queue.ts'
import type { MigrationError } from '../../src/errors/migration-error.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { startPostgres } from './servers/postgres-server.ts'

const folder = suiteFolder()
/** `npm run test:cluster` opens many. */
const QUEUES = process.env['DROVER_CLUSTER'] === 'full' ? 40 : 8
const ROUNDS = 3000

// A connection that ends while it is in use, but between two queries, tells so by an event. Nobody heard it, and that ended the process.
it('connections that Postgres ends while a queue is opened cost another try or that queue, and never the process', async () => {
  const server = await startPostgres(join(folder, 'server'))
  onTestFinished(() => server.stop())
  const address = { server: parseClusterUrl(server.url), queue: 'drover' }
  const first = await openQueue(address)
  await first.close()

  const terminator = new Client({ connectionString: server.url })
  await terminator.connect()
  onTestFinished(() => terminator.end())
  const opened = new AbortController()
  const opening = Promise.allSettled(
    Array.from({ length: QUEUES }, () => openQueue(address).then((queue) => queue.close())),
  ).finally(() => opened.abort())
  // Long enough to meet most of them in the middle of it. On a busy machine it may be longer than they go on trying.
  for (let round = 0; round < ROUNDS && !opened.signal.aborted; round++) {
    await terminator.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
  }
  const ends = await opening
  const codes = ends.map((end) => (end.status === 'fulfilled' ? 'opened' : (end.reason as MigrationError).code))
  expect(['opened', 'QUEUE_UNREACHABLE']).toEqual(expect.arrayContaining([...new Set(codes)]))
}, 60_000)
