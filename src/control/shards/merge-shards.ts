import { dirname, join } from 'node:path'
import { hashTree } from '../../commit/tree-hash.ts'
import type { ErrorCode } from '../../errors/error-codes.ts'
import { isSystemError, MigrationError } from '../../errors/migration-error.ts'
import { noNotices } from '../../formats/format.ts'
import type { Report } from '../../model/report.ts'
import type { UnseenColumn } from '../../model/task-result.ts'
import type { ShardReport } from '../../model/shard.ts'
import { noStageTimes } from '../../model/no-stage-times.ts'
import { joinModels } from '../../report/cpu-model.ts'
import { GuardedTree } from '../../storage/local/guarded-tree.ts'
import { computeRates } from '../../report/rates.ts'
import { addNumbers, unseenInBoth, warnOfUnseen } from '../../report/run-tally.ts'
import { damaged, mergeShardTargets, readShardTargets } from './shard-targets.ts'

/** A report of a shard, and where it was read. */
export interface ShardReportFile {
  readonly path: string
  /** The path as messages show it. */
  readonly name: string
  readonly report: Report
}

/**
 * One report of the whole tree out of those of all its shards: counts are added up, the time is that of the slowest.
 * @throws MigrationError WRONG_USE for a report of no shard, SHARDS_DIFFER, SHARD_TWICE, SHARD_MISSING, SHARD_DAMAGED.
 */
export function mergeShards(files: readonly ShardReportFile[]): Report {
  const parts = files.map(asPart)
  checkDivision(parts)
  parts.sort((a, b) => a.shard.index - b.shard.index)
  for (const part of parts) checkTargets(part)
  return addUp(parts, hashWhole(parts))
}

interface Part extends ShardReportFile {
  readonly shard: ShardReport
  /** The folder of both. */
  readonly tree: GuardedTree
  /** Of the list of targets. */
  readonly listPath: string
  readonly listName: string
}

function asPart(file: ShardReportFile): Part {
  const { shard } = file.report
  if (shard === null) {
    throw refuse(
      'WRONG_USE',
      `${file.name} is the report of a whole run, not of a shard`,
      'give the reports in <out>/.migrate/reports',
    )
  }
  return {
    ...file,
    shard,
    tree: new GuardedTree(dirname(file.path)),
    listPath: join(dirname(file.path), shard.targetsFile),
    listName: join(dirname(file.name), shard.targetsFile),
  }
}

/** All of one plan, in one division, each shard once. */
function checkDivision(parts: readonly Part[]): void {
  const [first] = parts
  if (first === undefined)
    throw refuse('SHARD_MISSING', 'there is no report of a shard', 'give the target tree, or reports')
  const byIndex = new Map<number, Part>()
  for (const part of parts) {
    const difference = differenceOf(first, part)
    if (difference !== null) {
      throw refuse(
        'SHARDS_DIFFER',
        `${first.name} and ${part.name} are ${difference}`,
        'run every shard with the same options, on the same sources, with the same number of shards',
      )
    }
    const other = byIndex.get(part.shard.index)
    if (other !== undefined) {
      throw refuse(
        'SHARD_TWICE',
        `${other.name} and ${part.name} are both of shard ${part.shard.index} of ${part.shard.count}`,
        'give each shard once',
      )
    }
    byIndex.set(part.shard.index, part)
  }
  checkAllThere(first, byIndex)
}

function differenceOf(a: Part, b: Part): string | null {
  if (a.report.planHash !== b.report.planHash) return 'of different plans: the options or the mapping differ'
  if (a.report.manifestHash !== b.report.manifestHash) return 'of different lists of sources'
  if (a.shard.count !== b.shard.count) return `of different divisions: ${a.shard.count} and ${b.shard.count} shards`
  const isSameTree = a.shard.treeFiles === b.shard.treeFiles && a.shard.treeBytes === b.shard.treeBytes
  return isSameTree ? null : 'of trees of different sizes'
}

const SHOWN_MISSING = 10

function checkAllThere({ shard }: Part, byIndex: ReadonlyMap<number, Part>): void {
  const missing = Array.from({ length: shard.count }, (_, at) => at + 1).filter((index) => !byIndex.has(index))
  if (missing.length > 0) {
    const shown = missing.slice(0, SHOWN_MISSING).map((index) => `${index}/${shard.count}`)
    const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : ''
    throw refuse(
      'SHARD_MISSING',
      `no report of shard ${shown.join(', ')}${more}`,
      `run it, or wait until it has ended: migrate ... --shard ${shown[0]}`,
    )
  }
  const files = [...byIndex.values()].reduce((sum, part) => sum + part.shard.files, 0)
  if (files === shard.treeFiles) return
  throw refuse(
    files < shard.treeFiles ? 'SHARD_MISSING' : 'SHARD_TWICE',
    `all shards together have ${files} files, and the tree has ${shard.treeFiles}`,
    'run all shards with the same version of Drover',
  )
}

/** The list must be the one that belongs to the report. */
function checkTargets({ report, shard, name, tree, listPath, listName }: Part): void {
  if (report.files.converted + report.files.alreadyDone !== shard.targetCount)
    throw damaged(name, 'its counts do not add up')
  let hash: string
  try {
    hash = hashTree(readShardTargets(tree, listPath, listName))
  } catch (error) {
    if (error instanceof RangeError) throw damaged(listName, 'its lines are out of order')
    if (isSystemError(error) && error.code === 'ENOENT')
      throw damaged(name, `${listName}, which belongs to it, is not there`)
    throw error
  }
  if (hash !== shard.targetsHash) throw damaged(listName, 'its hash is not the one that the report names')
}

/** The tree hash that one run over the whole tree has; null where targets are missing. */
function hashWhole(parts: readonly Part[]): string | null {
  const hash = hashTree(
    mergeShardTargets(parts.map(({ tree, listPath, listName }) => readShardTargets(tree, listPath, listName))),
  )
  const targetCount = parts.reduce((sum, { shard }) => sum + shard.targetCount, 0)
  return targetCount === parts[0]?.shard.treeFiles ? hash : null
}

function addUp(parts: readonly Part[], treeHash: string | null): Report {
  const reports = parts.map(({ report }) => report)
  // checkDivision has seen to it that there is one.
  const first = reports[0] as Report
  const sum = (numberOf: (report: Report) => number): number =>
    reports.reduce((total, report) => total + numberOf(report), 0)
  const realMs = Math.max(...reports.map(({ time }) => time.realMs))
  const records = { read: 0, written: 0, rejected: 0, filtered: 0 }
  const notices = noNotices()
  const stageNs = noStageTimes()
  const files = { total: 0, converted: 0, alreadyDone: 0, failed: 0, notStarted: 0 }
  const rejectCodes: Record<string, number> = {}
  let unseenColumns: readonly UnseenColumn[] | null = null
  for (const report of reports) {
    addNumbers(records, report.records)
    addNumbers(notices, report.notices)
    addNumbers(stageNs, report.stageNs)
    addNumbers(files, report.files)
    if (report.unseenColumns !== null) unseenColumns = unseenInBoth(unseenColumns, report.unseenColumns)
    for (const [code, count] of Object.entries(report.rejectCodes)) rejectCodes[code] = (rejectCodes[code] ?? 0) + count
  }
  const sourceBytes = sum((report) => report.sourceBytes)
  return {
    ...first,
    runId: 'merged',
    startedAt: reports.flatMap(({ startedAt }) => startedAt ?? []).toSorted()[0] ?? null,
    cpu: joinModels(reports.map(({ cpu }) => cpu)),
    threads: sum((report) => report.threads),
    isDurable: reports.every((report) => report.isDurable),
    treeHash,
    shard: null,
    merged: describeShards(parts),
    files,
    splitFiles: sum((report) => report.splitFiles),
    records,
    notices,
    rejectCodes,
    unseenColumns: unseenColumns === null ? null : [...unseenColumns],
    standingRejects: {
      files: sum((report) => report.standingRejects.files),
      records: sum((report) => report.standingRejects.records),
    },
    sourceBytes,
    targetBytes: sum((report) => report.targetBytes),
    time: { realMs, userMs: sum(({ time }) => time.userMs), systemMs: sum(({ time }) => time.systemMs) },
    rates: computeRates(sourceBytes, records.read, realMs),
    stageNs,
    // What bound each shard stands beside it; verdicts do not add up.
    measured: null,
    failures: reports.flatMap((report) => report.failures),
    warnings: [
      ...warnOfUnseen(unseenColumns),
      ...parts.flatMap(({ report, shard }) =>
        report.warnings.map(({ code, message }) => ({ code, message: `shard ${shard.index}: ${message}` })),
      ),
    ],
    stopped: reports.find(({ stopped }) => stopped !== null)?.stopped ?? null,
  }
}

function describeShards(parts: readonly Part[]): Report['merged'] {
  const shards = parts.map(({ report, shard }) => ({
    index: shard.index,
    host: shard.host,
    files: shard.files,
    bytes: shard.bytes,
    realMs: report.time.realMs,
    secondsPerGb: report.rates?.secondsPerGb ?? null,
    verdict: report.measured?.verdict?.kind ?? null,
  }))
  return {
    shards,
    bytesImbalance: imbalanceOf(shards.map(({ bytes }) => bytes)),
    timeImbalance: imbalanceOf(shards.map(({ realMs }) => realMs)),
  }
}

function imbalanceOf(amounts: readonly number[]): number {
  const mean = amounts.reduce((sum, amount) => sum + amount, 0) / amounts.length
  return mean === 0 ? 0 : Math.max(...amounts) / mean - 1
}

function refuse(code: ErrorCode, message: string, hint: string): MigrationError {
  return new MigrationError(code, message, { phase: 'plan', hint })
}
