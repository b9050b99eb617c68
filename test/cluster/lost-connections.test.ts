import { join } from 'node:path'
import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { parseClusterUrl } from '../../src/cluster/cluster-url.ts'
import { openQueue } from '../../src/cluster/open-queue.ts'
import { suiteFolder } from '../faults/suite-folder.ts'
import { startPostgres } from './servers/postgres-server.ts'

const folder = suiteFolder()
const QUEUES = 40
const ROUNDS = 3000

// A connection that ends while it is in use, but between two queries, tells so by an event. Nobody heard it, and that ended the process.
it('connections that Postgres ends while a queue is opened cost another try, and not the process', async () => {
  const server = await startPostgres(join(folder, 'server'))
  onTestFinished(() => server.stop())
  const address = { server: parseClusterUrl(server.url), queue: 'drover' }
  const first = await openQueue(address)
  await first.close()

  const terminator = new Client({ connectionString: server.url })
  await terminator.connect()
  onTestFinished(() => terminator.end())
  const opening = Array.from({ length: QUEUES }, () => openQueue(address).then((queue) => queue.close()))
  // Long enough to meet most of them in the middle of it, and much shorter than they go on trying.
  for (let round = 0; round < ROUNDS; round++) {
    await terminator.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
  }
  expect((await Promise.allSettled(opening)).filter(({ status }) => status === 'rejected')).toEqual([])
}, 60_000)
