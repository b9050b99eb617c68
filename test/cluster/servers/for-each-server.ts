import { startPostgres } from './postgres-server.ts'
import { startRedis, whyNoRedis } from './redis-server.ts'

const noRedis = whyNoRedis()
if (noRedis !== null) {
  // Where nobody reads, a skipped test is a broken one.
  if (process.env['CI'] === 'true') throw new Error(noRedis)
  console.warn(noRedis)
}

/** Both servers that a queue can lie on, for `describe.each`. */
export const SERVERS = [
  { name: 'Redis', start: startRedis, isMissing: noRedis !== null },
  { name: 'Postgres', start: startPostgres, isMissing: false },
]
