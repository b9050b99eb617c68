import { inject } from 'vitest'
import type { QueueDatabase } from './child-server.ts'

/** A new database on the server that all test files share: see support/shared-servers.ts. */
export async function sharedDatabase(kind: 'redis' | 'postgres'): Promise<QueueDatabase> {
  const answer = await fetch(`${inject('sharedServers')}/${kind}`)
  const url = await answer.text()
  if (!answer.ok) throw new Error(url)
  return { url, stop: () => Promise.resolve() }
}
