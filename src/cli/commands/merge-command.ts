import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { mergeShards, type ShardReportFile } from '../../control/shards/merge-shards.ts'
import { MigrationError } from '../../errors/migration-error.ts'
import { printableName } from '../../errors/printable-name.ts'
import type { Report } from '../../model/report.ts'
import { BOOKKEEPING_FOLDER } from '../../model/paths/path-inside.ts'
import { GuardedTree } from '../../storage/guarded-tree.ts'
import { readReport } from '../report/read-report.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/**
 * `migrate report merge DIR_OR_FILES`: reads the reports of all shards as one.
 * @param words target trees, folders with reports, or reports.
 * @throws MigrationError where they do not belong together or some are missing.
 */
export function readMerged(words: readonly string[], workingFolder: string): Report {
  if (words.length === 0) throw wrongUse('the reports to merge are missing', 'for example: migrate report merge new/')
  const files = words.flatMap((word) => findReports(word, workingFolder))
  return mergeShards(files.map(({ path, name }): ShardReportFile => ({ path, name, report: readReport(path, name) })))
}

interface NamedPath {
  readonly path: string
  readonly name: string
}

function findReports(word: string, workingFolder: string): NamedPath[] {
  const path = resolve(workingFolder, word)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [{ path, name: printableName(word) }]
  const below = join(BOOKKEEPING_FOLDER, 'reports')
  const tree = new GuardedTree(path)
  const folder = tree.hasFolder(join(path, below)) ? join(word, below) : word
  const found = readdirSync(resolve(workingFolder, folder))
    .filter((name) => SHARD_REPORT.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => ({ path: resolve(workingFolder, folder, name), name: printableName(join(folder, name)) }))
  // Reports that a target tree keeps are the tree's own; a file that the user names may be whatever he likes.
  for (const report of found) tree.statFile(report.path)
  if (found.length > 0) return found
  throw new MigrationError('SHARD_MISSING', `there is no report of a shard in ${printableName(folder)}`, {
    phase: 'plan',
    hint: 'each shard leaves one in <out>/.migrate/reports when it ends: migrate --in old/ --out new/ --shard 1/8',
  })
}

/** As `.migrate/reports` has them. */
const SHARD_REPORT = /-\d+of\d+\.json$/
