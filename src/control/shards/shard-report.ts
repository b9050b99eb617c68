import { hostname } from 'node:os'
import { join } from 'node:path'
import { bookkeepingPaths } from '../../commit/bookkeeping-paths.ts'
import { toWireError, type WireError } from '../../errors/migration-error.ts'
import type { Report } from '../../model/report.ts'
import type { ShardNumber, ShardReport, ShardTarget } from '../../model/shard.ts'
import { WRITE_LENGTH } from '../../model/policy.ts'
import type { TreeFiles } from '../../storage/tree-files.ts'
import type { Plan } from '../plan/make-plan.ts'
import type { PlannedShard } from './take-shard.ts'
import type { TargetLedger } from '../target-ledger.ts'

/*
 * Each shard leaves its report in `.migrate/reports`, and beside it the list of its targets in the order of the tree hash. With these two
 * `migrate report merge` can prove that no file is missing or there twice, and work out the tree hash of the whole, in one pass over all lists
 * side by side, without the target tree and without memory for it.
 */

/** The name of a shard's report, without `.json`: `<manifestHash>-2of8`. */
export function shardReportName(manifestHash: string, { index, count }: ShardNumber): string {
  return `${manifestHash}-${index}of${count}`
}

/** What the report of a shard says beside that of a whole run. */
export function describeShard(plan: Plan, shard: PlannedShard, ledger: TargetLedger): ShardReport {
  const { files, failed } = plan.discovery
  return {
    ...shard,
    host: hostname(),
    files: files.length + failed.length,
    bytes: files.sumBytes(),
    targetsHash: ledger.treeHash(),
    targetCount: ledger.targetCount,
    targetsFile: `${shardReportName(plan.manifestHash, shard)}.targets.ndjson`,
  }
}

/**
 * Removes the shard's own report of an earlier run, which must not stand for this one should it be killed, and reports of other plans and
 * other divisions: nobody at work on the tree has one of those.
 */
export async function removeOldReports(plan: Plan, shard: ShardNumber): Promise<void> {
  const { tree, reports: folder } = bookkeepingPaths(plan.targetRoot)
  const own = shardReportName(plan.manifestHash, shard)
  for (const name of await tree.list(folder)) {
    const match = SHARD_FILE.exec(name)
    if (match === null) continue
    const isOther = match[1] !== plan.manifestHash || Number(match[2]) !== shard.count
    if (isOther || name.startsWith(`${own}.`)) await tree.removeFile(join(folder, name))
  }
}

/** Names of reports and lists, and what a kill may leave of them. */
const SHARD_FILE = /^([0-9a-f]{64})-\d+of(\d+)\.(?:json|targets\.ndjson)(?:\.next)?$/

/**
 * Writes list and report, each whole or not at all; the report comes last, and stands for both. Nothing for a whole run.
 * @returns what went wrong, which must cost the user no more than these files; or null.
 */
export async function saveShardReport(plan: Plan, report: Report, ledger: TargetLedger): Promise<WireError | null> {
  if (report.shard === null) return null
  try {
    await writeListAndReport(plan, report, report.shard, ledger)
    return null
  } catch (error) {
    const wire = toWireError(error, { phase: 'commit' })
    const message = `the report of this shard cannot be written, so "migrate report merge" will miss it: ${wire.message}`
    return { ...wire, message }
  }
}

async function writeListAndReport(plan: Plan, report: Report, shard: ShardReport, ledger: TargetLedger): Promise<void> {
  const paths = bookkeepingPaths(plan.targetRoot)
  const changedFolders = await paths.tree.makeFolder(paths.reports)
  const { fsync } = plan.options
  await writeWhole(paths.tree, join(paths.reports, shard.targetsFile), targetLines(plan, ledger), fsync)
  const name = `${shardReportName(plan.manifestHash, shard)}.json`
  await writeWhole(paths.tree, join(paths.reports, name), [`${JSON.stringify(report, null, 2)}\n`], fsync)
  if (fsync) for (const folder of new Set([paths.reports, ...changedFolders])) await paths.tree.syncFolder(folder)
}

function* targetLines(plan: Plan, ledger: TargetLedger): Generator<string> {
  let text = ''
  for (const { index, path, sizeBytes, hash } of ledger.inOrder()) {
    const target: ShardTarget = { source: plan.discovery.files.path(index), path, sizeBytes, hash }
    text += `${JSON.stringify(target)}\n`
    if (text.length < WRITE_LENGTH) continue
    yield text
    text = ''
  }
  yield text
}

async function writeWhole(tree: TreeFiles, path: string, texts: Iterable<string>, isDurable: boolean): Promise<void> {
  const nextPath = `${path}.next`
  await tree.removeFile(nextPath)
  await tree.write(nextPath, texts, isDurable)
  await tree.rename(nextPath, path)
}
