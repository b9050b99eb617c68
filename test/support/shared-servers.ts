import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import type { QueueServer } from '../cluster/servers/child-server.ts'
import { startPostgres } from '../cluster/servers/postgres-server.ts'
import { startRedis } from '../cluster/servers/redis-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where test files ask for a database: see cluster/servers/shared-database.ts. */
    readonly sharedServers: string
  }
}

/** More than one for each connection of all test files that work at a time. */
const MOST_CONNECTIONS = ['max_connections=400']
const REDIS_DATABASES = 256

/**
 * One Redis and one Postgres for all test files that neither kill nor set up their server. Each starts when the first of them asks for a
 * database, each time another one, and ends with the last test.
 */
export default async function shareServers(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-test-servers-'))
  const started: Promise<QueueServer>[] = []
  const startedOnce = (start: () => Promise<QueueServer>): (() => Promise<QueueServer>) => {
    let server: Promise<QueueServer> | undefined
    return () => {
      if (server === undefined) started.push((server = start()))
      return server
    }
  }
  const redis = startedOnce(() => startRedis(join(folder, 'redis'), { more: ['--databases', String(REDIS_DATABASES)] }))
  const postgres = startedOnce(() => startPostgres(join(folder, 'postgres'), { more: MOST_CONNECTIONS }))
  let databases = 0
  const makers: Readonly<Record<string, () => Promise<string>>> = {
    '/redis': async () => {
      const { url } = await redis()
      // Number 0 belongs to nobody.
      return `${url}/${(databases++ % (REDIS_DATABASES - 1)) + 1}`
    },
    '/postgres': async () => {
      const { url } = await postgres()
      const name = `test_${++databases}`
      const client = new Client({ connectionString: url })
      await client.connect()
      await client.query(`CREATE DATABASE ${name}`)
      await client.end()
      return url.replace(/\/postgres$/, `/${name}`)
    },
  }
  const desk = createServer((request, response) => {
    const make = makers[request.url ?? '']
    Promise.resolve(make?.() ?? Promise.reject(new Error(`no ${request.url}`))).then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  desk.listen(0, '127.0.0.1')
  await once(desk, 'listening')
  project.provide('sharedServers', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`)
  return async () => {
    desk.closeAllConnections()
    desk.close()
    for (const server of await Promise.allSettled(started)) if (server.status === 'fulfilled') await server.value.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
