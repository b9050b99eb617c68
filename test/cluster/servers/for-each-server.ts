import { startPostgres } from './postgres-server.ts'
import { startRedis, whyNoRedis } from './redis-server.ts'
import { sharedDatabase } from './shared-database.ts'

const noRedis = whyNoRedis()
if (noRedis !== null) {
  // Where nobody reads, a skipped test is a broken one.
  if (process.env['CI'] === 'true') throw new Error(noRedis)
  console.warn(noRedis)
}

/**
 * Both servers that a queue can lie on, for `describe.each`: `share` gives a database of its own on the server of all test files, `start` a
 * server that may be killed.
 */
export const SERVERS = [
  { name: 'Redis', start: startRedis, share: () => sharedDatabase('redis'), isMissing: noRedis !== null },
  { name: 'Postgres', start: startPostgres, share: () => sharedDatabase('postgres'), isMissing: false },
]

/**
 * One server that is there, and in `npm run test:cluster` both: for what a cluster does alike wherever its queue lies. Whole runs, what a cluster
 * survives, its state and refusals are tried on both in the suite too.
 */
export const SERVERS_OF_CHOICE =
  process.env['DROVER_CLUSTER'] === 'full' ? SERVERS : SERVERS.filter(({ isMissing }) => !isMissing).slice(0, 1)
