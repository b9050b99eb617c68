import { mergeShards, type ShardReportFile } from '../../control/shards/merge-shards.ts'
import type { Report } from '../../model/report.ts'
import { findShardReports } from '../report/find-shard-reports.ts'
import { readReport } from '../report/read-report.ts'
import { wrongUse } from '../settings/wrong-use.ts'

/**
 * `migrate report merge DIR_OR_FILES`: reads the reports of all shards as one.
 * @param words target trees, folders with reports, or reports.
 * @throws MigrationError where they do not belong together or some are missing.
 */
export function readMerged(words: readonly string[], workingFolder: string): Report {
  if (words.length === 0) throw wrongUse('the reports to merge are missing', 'for example: migrate report merge new/')
  const files = words.flatMap((word) => findShardReports(word, workingFolder))
  return mergeShards(files.map(({ path, name }): ShardReportFile => ({ path, name, report: readReport(path, name) })))
}
