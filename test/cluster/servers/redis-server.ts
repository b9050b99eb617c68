import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChildServer, freePort, type QueueServer } from './child-server.ts'

/**
 * A real Redis for tests: `redis-server` of the PATH, or on Debian and Ubuntu the packages, fetched without root and without any change to the system.
 * A server in REDIS_URL serves those tests that neither kill nor restart it.
 */

interface RedisProgram {
  readonly command: string
  readonly libraries: string | undefined
}

/** Why there is no Redis here, with what to do about it; null: there is one. */
export function whyNoRedis(): string | null {
  try {
    findRedis()
    return null
  } catch (error) {
    return `Redis is missing, so these tests were skipped: ${String(error)}. Install redis-server, or put it on the PATH.`
  }
}

let found: RedisProgram | undefined

function findRedis(): RedisProgram {
  found ??= findOnPath() ?? fetchFromDebian()
  return found
}

function findOnPath(): RedisProgram | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    for (const name of ['redis-server', 'valkey-server']) {
      const command = join(folder, name)
      if (existsSync(command)) return { command, libraries: undefined }
    }
  }
  return undefined
}

const PACKAGES = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2']

/** Kept between runs: it takes some seconds and 7 MB. */
function fetchFromDebian(): RedisProgram {
  const folder = join(tmpdir(), `drover-test-redis-${process.getuid?.() ?? 0}`)
  const program = programIn(folder)
  if (program !== undefined) return program
  const work = mkdtempSync(join(tmpdir(), 'drover-fetch-redis-'))
  try {
    const apt = ['-o', `Dir::State=${work}/state`, '-o', `Dir::Cache=${work}/cache`]
    for (const path of ['state/lists/partial', 'cache/archives/partial', 'root'])
      mkdirSync(join(work, path), { recursive: true })
    const run = (command: string, args: readonly string[], cwd = work): void => {
      execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 })
    }
    run('apt-get', [...apt, '-o', 'Dir::State::status=/var/lib/dpkg/status', '-qq', 'update'])
    run('apt-get', [...apt, '-qq', 'download', ...PACKAGES], join(work, 'cache'))
    for (const name of readdirSync(join(work, 'cache'))) {
      if (name.endsWith('.deb')) run('dpkg', ['-x', join(work, 'cache', name), join(work, 'root')])
    }
    try {
      renameSync(join(work, 'root'), folder)
    } catch {
      // Another test process was first.
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  const fetched = programIn(folder)
  if (fetched === undefined) throw new Error('the packages of Debian hold no redis-server')
  return fetched
}

function programIn(folder: string): RedisProgram | undefined {
  const command = join(folder, 'usr/bin/redis-server')
  if (!existsSync(command)) return undefined
  const libraries = readdirSync(join(folder, 'usr/lib'))
    .map((name) => join(folder, 'usr/lib', name))
    .join(':')
  return { command, libraries }
}

interface RedisStart {
  /** Where it listens, besides 127.0.0.1. */
  readonly host?: string
  /** Words before the program: those that run it on another host of the test. */
  readonly prefix?: readonly string[]
  /** Further settings, as words of the command line. */
  readonly more?: readonly string[]
}

/** Starts a Redis that keeps every acknowledged write. @param folder for its data. */
export async function startRedis(
  folder: string,
  { host = '127.0.0.1', prefix = [], more = [] }: RedisStart = {},
): Promise<QueueServer> {
  const { command, libraries } = findRedis()
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const args = ['--port', String(port), '--bind', host, ...(host === '127.0.0.1' ? [] : ['127.0.0.1']), '--dir', folder]
  const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--protected-mode', 'no']
  const env = libraries === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries }
  const [first = '', ...words] = [...prefix, command, ...args, ...settings, ...more]
  const server = new ChildServer(first, words, { isUp: 'Ready to accept connections' }, { env })
  await server.start()
  return {
    url: `redis://${host}:${port}`,
    start: () => server.start(),
    kill: () => server.end('SIGKILL'),
    stop: () => server.end('SIGKILL'),
  }
}
