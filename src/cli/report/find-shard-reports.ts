import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { GuardedTree } from '../../storage/local/guarded-tree.ts'
import { printableName } from '../../errors/printable-name.ts'

interface NamedPath {
  readonly path: string
  readonly name: string
}

/**
 * The reports of shards that a word of the command line stands for.
 * @param word a target tree, a folder with reports, or a report.
 * @throws MigrationError SHARD_MISSING where a folder has none.
 */
export function findShardReports(word: string, workingFolder: string): NamedPath[] {
  const path = resolve(workingFolder, word)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [{ path, name: printableName(word) }]
  const { reports } = bookkeepingPaths(path)
  const tree = new GuardedTree(path)
  const folder = tree.hasFolder(reports) ? join(word, relative(path, reports)) : word
  const found = readdirSync(resolve(workingFolder, folder))
    .filter((name) => SHARD_REPORT.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => ({ path: resolve(workingFolder, folder, name), name: printableName(join(folder, name)) }))
  // Reports that a target tree keeps are the tree's own; a file that the user names may be anything.
  for (const report of found) tree.headOf(report.path)
  if (found.length > 0) return found
  throw new MigrationError('SHARD_MISSING', `there is no report of a shard in ${printableName(folder)}`, {
    phase: 'plan',
    hint: 'each shard leaves one in <out>/.migrate/reports when it ends: migrate --in old/ --out new/ --shard 1/8',
  })
}

/** As `.migrate/reports` has them. */
const SHARD_REPORT = /-\d+of\d+\.json$/
