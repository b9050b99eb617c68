import { join } from 'node:path'
import type { MigrateHooks } from '../model/events.ts'
import type { MigrateOptions } from '../model/options.ts'
import type { Report } from '../model/report.ts'
import { migrateOnCluster } from '../control/migrate-on-cluster.ts'
import { checkCluster } from './check-settings.ts'
import { requireAddress } from './cluster-options.ts'
import type { Settings } from './resolve-settings.ts'
import { writeReports } from './report/write-reports.ts'

/** `migrate run --cluster`: coordinates, and leaves the report in the target tree, where the dashboard finds it. */
export async function runOnCluster(settings: Settings, options: MigrateOptions, hooks: MigrateHooks): Promise<Report> {
  const checked = checkCluster(settings)
  const { root, shardFiles } = checked
  const report = await migrateOnCluster(
    options,
    { address: requireAddress(checked, 'migrate --in old/ --out new/'), root, shardFiles },
    hooks,
  )
  // A report that cannot be written there costs nobody the run; those that the user asked for are written besides.
  await writeReports(report, [join(report.targetRoot, '.migrate', 'reports', `${report.runId}.json`)])
  return report
}
