import { join } from 'node:path'
import type { MigrateHooks } from '../../model/events.ts'
import type { MigrateOptions } from '../../options/options.ts'
import type { Report } from '../../model/report.ts'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { migrateOnCluster } from '../../control/coordinator/migrate-on-cluster.ts'
import { checkCluster } from '../settings/check-settings.ts'
import { requireAddress } from '../settings/cluster-options.ts'
import type { Settings } from '../settings/resolve-settings.ts'
import { renderReport } from '../report/render-report.ts'

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
  await saveForDashboard(report).catch(() => undefined)
  return report
}

async function saveForDashboard(report: Report): Promise<void> {
  const { tree, reports } = bookkeepingPaths(report.targetRoot)
  await tree.makeFolder(reports)
  const path = join(reports, `${report.runId}.json`)
  await tree.removeFile(path)
  await tree.write(path, await renderReport(report, 'json'))
}
