import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What `dist` is made of. */
const SOURCES = ['src', 'bin', 'workers', 'package.json', 'package-lock.json', 'tsconfig.json', 'rolldown.config.mjs']
const STAMP = 'node_modules/.cache/drover/built-from'

/**
 * Worker threads and the command line run from `dist`, so it is built before any test: unless it is what the last call here made of
 * the very same files.
 */
export default function buildOnce(): void {
  const sources = describeSources()
  const isBuilt = existsSync('dist/bin/migrate.js') && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources
  if (isBuilt) return
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  mkdirSync(dirname(STAMP), { recursive: true })
  // A new file: where folders were copied by links, the stamp of another copy stays as it is.
  rmSync(STAMP, { force: true })
  writeFileSync(STAMP, describeSources())
}

/** Changes with every write to a source, and with every build that is not made here. */
function describeSources(): string {
  const hash = createHash('sha256')
  const look = (path: string): void => {
    const stats = statSync(path)
    if (stats.isDirectory()) for (const name of readdirSync(path).toSorted()) look(join(path, name))
    else hash.update(`${path} ${stats.size} ${stats.mtimeMs} ${stats.ino}\n`)
  }
  for (const path of SOURCES) look(path)
  if (existsSync('dist/bin/migrate.js')) look('dist/bin/migrate.js')
  return hash.digest('hex')
}
